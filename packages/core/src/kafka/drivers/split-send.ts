/** Records `first` up to `end` (exclusive) of a batch. */
export interface Segment {
  readonly first: number
  readonly end: number
}

/**
 * Sends a batch in order and, where the broker finds a piece too large, resends that piece in halves before anything
 * that follows it, down to single records. A broker limits the compressed batch, whose size the client can't foresee.
 *
 * @param attempt sends one segment, decides the fate of its records, and returns the pieces found too large
 * @param refuse decides the fate of a record that is too large alone
 */
export async function sendSplitting(
  segments: readonly Segment[],
  attempt: (segment: Segment) => Promise<readonly Segment[]>,
  refuse: (index: number) => Promise<void>,
): Promise<void> {
  const pending = [...segments].reverse()
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    const tooLarge = await attempt(segment)
    for (const piece of [...tooLarge].reverse()) {
      if (piece.end - piece.first === 1) {
        await refuse(piece.first)
        continue
      }
      const middle = piece.first + Math.ceil((piece.end - piece.first) / 2)
      pending.push({ first: middle, end: piece.end }, { first: piece.first, end: middle })
    }
  }
}
