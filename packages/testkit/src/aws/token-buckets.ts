export interface BucketSize {
  /** Requests that may come at once. */
  readonly burst: number
  readonly refillPerSecond: number
}

/** How a service limits requests: a bucket for each operation named, and one for all. */
export interface ThrottleLimits {
  readonly operations: Readonly<Record<string, BucketSize>>
  readonly account: BucketSize
}

/** Counts requests against limits. The clock is an argument. */
export class TokenBuckets {
  readonly #limits: ThrottleLimits
  readonly #levels = new Map<string, { tokens: number; atMs: number }>()

  constructor(limits: ThrottleLimits) {
    this.#limits = limits
  }

  /** Whether the request may pass; one that may not uses nothing up. */
  take(operation: string, nowMs: number): boolean {
    const size = this.#limits.operations[operation]
    const buckets = [
      this.#level('account', this.#limits.account, nowMs),
      ...(size === undefined ? [] : [this.#level(`operation ${operation}`, size, nowMs)]),
    ]
    if (buckets.some(({ tokens }) => tokens < 1)) return false
    for (const bucket of buckets) bucket.tokens -= 1
    return true
  }

  #level(name: string, { burst, refillPerSecond }: BucketSize, nowMs: number) {
    const level = this.#levels.get(name) ?? { tokens: burst, atMs: nowMs }
    level.tokens = Math.min(burst, level.tokens + ((nowMs - level.atMs) / 1_000) * refillPerSecond)
    level.atMs = nowMs
    this.#levels.set(name, level)
    return level
  }
}
