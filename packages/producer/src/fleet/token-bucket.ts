/** How much a writer that came late may catch up at once, in time: a busy thread wakes a worker this late at most. */
const catchUpMs = 250

/**
 * Says how many records may be written now, so that they come evenly: `ratePerSecond` in the long run, and in any stretch
 * of time at most a quarter of a second's worth (at least one record) more.
 */
export class TokenBucket {
  readonly #perMs: number
  readonly #capacity: number
  #tokens: number
  #filledAtMs: number

  /**
   * @param nowMs of a clock that never goes back, as in the other calls
   * @param firstTokenShare how much of the first record's wait is over, 0 to 1: workers that start together at a low rate
   *   must not write together
   */
  constructor(ratePerSecond: number, nowMs: number, firstTokenShare = 0) {
    this.#perMs = ratePerSecond / 1_000
    this.#capacity = Math.max(1, this.#perMs * catchUpMs)
    this.#tokens = firstTokenShare
    this.#filledAtMs = nowMs
  }

  /** Takes up to `wanted` records' worth; returns how many there were, which may be 0. */
  take(wanted: number, nowMs: number): number {
    this.#fill(nowMs)
    const taken = Math.min(wanted, Math.floor(this.#tokens))
    this.#tokens -= taken
    return taken
  }

  /** How long until `take` has one. */
  delayMs(nowMs: number): number {
    this.#fill(nowMs)
    return Math.max(0, (1 - this.#tokens) / this.#perMs)
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs)
    this.#filledAtMs = nowMs
  }
}
