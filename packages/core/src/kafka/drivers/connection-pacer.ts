/**
 * Spreads the new connections of one process: MSK takes 100 a second per broker with IAM, from all clients together (AWS:
 * Amazon MSK quota), and refuses the rest. A client opens up to three to a broker at once.
 */
export class ConnectionPacer {
  readonly #intervalMs: number
  readonly #burst: number
  /** When the next client after the burst may start; runs ahead of the clock while many wait. */
  #nextAtMs = Number.NEGATIVE_INFINITY

  constructor(clientsPerSecond: number, burst: number) {
    this.#intervalMs = 1_000 / clientsPerSecond
    this.#burst = burst
  }

  /** Takes the next place. @returns how long to wait before connecting, in milliseconds */
  reserve(nowMs: number): number {
    const earliestMs = nowMs - (this.#burst - 1) * this.#intervalMs
    const placeMs = Math.max(this.#nextAtMs, earliestMs)
    this.#nextAtMs = placeMs + this.#intervalMs
    return Math.max(0, placeMs - nowMs)
  }
}
