const bucketsPerDoubling = 8
/** Upper bound of the first bucket: 1/16 ms. */
const firstBoundLog2 = -4
/** The last bucket begins at 2^20 ms, about 17 minutes: longer than any delivery may take. */
const doublings = 24

/** Slots of a histogram. */
export const latencyBuckets = doublings * bucketsPerDoubling + 1

/** A quantile is at most this many times the true one, for what lies between 1/16 ms and 17 minutes. */
export const latencyFactor = 2 ** (1 / bucketsPerDoubling)

/**
 * Latencies counted in buckets, each 9 % wider than the one before. The buckets may lie in memory shared with a thread,
 * and histograms add up.
 */
export class LatencyHistogram {
  readonly #buckets: Float64Array

  /** @param buckets `latencyBuckets` slots; default: new ones, empty */
  constructor(buckets: Float64Array = new Float64Array(latencyBuckets)) {
    this.#buckets = buckets
  }

  record(latencyMs: number): void {
    const bucket = Math.ceil((Math.log2(latencyMs) - firstBoundLog2) * bucketsPerDoubling)
    // Of 0 the logarithm is -Infinity, which belongs into the first bucket too.
    const index = Math.max(0, Math.min(latencyBuckets - 1, bucket))
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1
  }

  add(other: LatencyHistogram): void {
    for (const [index, count] of other.#buckets.entries()) {
      this.#buckets[index] = (this.#buckets[index] ?? 0) + count
    }
  }

  get count(): number {
    return this.#buckets.reduce((sum, count) => sum + count, 0)
  }

  /**
   * The latency that a share `quantile` (0 to 1) of the recorded ones do not exceed, rounded up to its bucket's bound;
   * undefined without any.
   */
  quantileMs(quantile: number): number | undefined {
    const total = this.count
    if (total === 0) return undefined
    const rank = Math.max(1, Math.ceil(quantile * total))
    let seen = 0
    for (const [index, count] of this.#buckets.entries()) {
      seen += count
      if (seen >= rank) return 2 ** (firstBoundLog2 + index / bucketsPerDoubling)
    }
    return undefined
  }
}
