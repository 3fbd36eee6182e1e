/** The order of a round: the list begun further on in each, over all rounds once through it, so that nobody always goes first. */
export function rotated<T>(list: readonly T[], round: number, rounds: number): T[] {
  const start = Math.floor((list.length * (round % rounds)) / rounds)
  return [...list.slice(start), ...list.slice(0, start)]
}
