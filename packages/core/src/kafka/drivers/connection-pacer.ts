/**
 * Spreads the new connections of one process: MSK takes 100 a second per broker with IAM, from all clients together (AWS:
 * Amazon MSK quota), and refuses the rest.
 */
export class ConnectionPacer {
  readonly #intervalMs: number
  readonly #burst: number
  /** When the next connection after the burst may start; runs ahead of the clock while many wait. */
  #nextAtMs = Number.NEGATIVE_INFINITY

  /** In no second there are more than the two together. */
  constructor(connectionsPerSecond: number, burst: number) {
    this.#intervalMs = 1_000 / connectionsPerSecond
    this.#burst = burst
  }

  /**
   * Takes the next places.
   *
   * @param connections how many a client may open at once
   * @returns how long to wait before connecting, in milliseconds
   */
  reserve(nowMs: number, connections: number): number {
    const earliestMs = nowMs - (this.#burst - 1) * this.#intervalMs
    const firstMs = Math.max(this.#nextAtMs, earliestMs)
    this.#nextAtMs = firstMs + connections * this.#intervalMs
    // They open together, so that the last of them decides.
    return Math.max(0, this.#nextAtMs - this.#intervalMs - nowMs)
  }
}
