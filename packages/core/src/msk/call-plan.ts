import { decideRetry, type RetryDecision, type RetryPolicy } from '../retry/policy.js'

export const defaultCallPolicy: RetryPolicy = {
  maxAttempts: 6,
  initialDelayMs: 500,
  maxDelayMs: 20_000,
  maxElapsedMs: 120_000,
  jitter: 0.5,
}

/**
 * Decides what follows a failed call: the policy's back-off, but never sooner than the service asked for.
 *
 * @param retryAfterMs what the answer's Retry-After says
 * @param random a number in [0, 1)
 */
export function decideCallRetry(
  policy: RetryPolicy,
  failure: {
    readonly failedAttempts: number
    readonly elapsedMs: number
    readonly retryable: boolean
    readonly retryAfterMs: number | undefined
  },
  random: number,
): RetryDecision {
  const decision = decideRetry(policy, failure, random)
  if (!decision.retry || failure.retryAfterMs === undefined) return decision
  const delayMs = Math.max(decision.delayMs, failure.retryAfterMs)
  if (failure.elapsedMs + delayMs > policy.maxElapsedMs) return { retry: false, reason: 'time-exhausted' }
  return { retry: true, delayMs }
}
