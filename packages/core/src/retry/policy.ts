/** When to try again. Pure: the caller brings the attempt number, the elapsed time and the randomness. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number
  /** Delay before the second attempt; doubles with each further one. */
  readonly initialDelayMs: number
  readonly maxDelayMs: number
  /** No further attempt starts once this much time has passed since the first. */
  readonly maxElapsedMs: number
  /** Share of the delay that is random, 0 to 1: spreads callers that failed together. */
  readonly jitter: number
}

export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 5,
  initialDelayMs: 100,
  maxDelayMs: 5_000,
  maxElapsedMs: 60_000,
  jitter: 0.2,
}

export type RetryDecision =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly reason: 'not-retryable' | 'attempts-exhausted' | 'time-exhausted' }

/**
 * Decides what follows a failed attempt.
 *
 * @param failure.failedAttempts attempts made so far, at least 1
 * @param failure.retryAfterMs what the other side asked for (`Retry-After`): no attempt comes sooner. Default: nothing
 * @param random a number in [0, 1)
 */
export function decideRetry(
  policy: RetryPolicy,
  failure: {
    readonly failedAttempts: number
    readonly elapsedMs: number
    readonly retryable: boolean
    readonly retryAfterMs?: number | undefined
  },
  random: number,
): RetryDecision {
  if (!failure.retryable) return { retry: false, reason: 'not-retryable' }
  if (failure.failedAttempts >= policy.maxAttempts) return { retry: false, reason: 'attempts-exhausted' }
  const exponential = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** (failure.failedAttempts - 1))
  const ownDelayMs = Math.round(exponential * (1 - policy.jitter * random))
  const delayMs = Math.max(ownDelayMs, failure.retryAfterMs ?? 0)
  if (failure.elapsedMs + delayMs > policy.maxElapsedMs) return { retry: false, reason: 'time-exhausted' }
  return { retry: true, delayMs }
}
