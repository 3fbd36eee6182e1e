/** Records `first` up to `end` (exclusive) of a batch. */
export interface Segment {
  readonly first: number
  readonly end: number
}

/** Whether each attempt is a request of its own, or the library may put several segments into one. */
export type Requests = 'own' | 'merged'

/**
 * Sends a batch in order and, where the broker finds a piece too large, resends that piece in halves before anything
 * that follows it, down to single records. A broker limits the compressed batch, whose size the client can't foresee.
 * A single record is refused once it was too large in a request without any other.
 *
 * @param attempt sends one segment, without any other record beside it when `alone`, decides the fate of its records, and
 * returns the pieces found too large
 * @param refuse decides the fate of a record that is too large alone
 */
export async function sendSplitting(
  segments: readonly Segment[],
  requests: Requests,
  attempt: (segment: Segment, alone: boolean) => Promise<readonly Segment[]>,
  refuse: (index: number) => Promise<void>,
): Promise<void> {
  const pending = segments.map((segment) => ({ segment, alone: false })).reverse()
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { segment, alone } = next
    const wasAlone = alone || (requests === 'own' && segment.end - segment.first === 1)
    const tooLarge = await attempt(segment, alone)
    for (const piece of [...tooLarge].reverse()) {
      if (piece.end - piece.first === 1) {
        if (wasAlone) await refuse(piece.first)
        else pending.push({ segment: piece, alone: requests === 'merged' })
        continue
      }
      const middle = piece.first + Math.ceil((piece.end - piece.first) / 2)
      pending.push(
        { segment: { first: middle, end: piece.end }, alone: false },
        { segment: { first: piece.first, end: middle }, alone: false },
      )
    }
  }
}
