/**
 * The order of a round: the list begun further on each time, spread over its length, so that nobody always goes first, and
 * nobody always runs while the broker tidies up after the same neighbour's beginning or end of the round.
 */
export function rotated<T>(list: readonly T[], round: number, rounds: number): T[] {
  const start = Math.floor((list.length * (round % rounds)) / rounds)
  return [...list.slice(start), ...list.slice(0, start)]
}
