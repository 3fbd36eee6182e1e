import { decideRetry, defaultRetryPolicy, type RetryDecision } from '@tidewater/core'

/**
 * When a worker that failed starts again: core's retry policy. A worker that ran for as long as the policy lasts (a
 * minute) has recovered from what was before, and its count begins anew.
 */
export class RestartBudget {
  #failures = 0
  #firstFailureMs = 0

  /** @param random in [0, 1) */
  next(run: { startedAtMs: number; nowMs: number; retryable: boolean }, random: number): RetryDecision {
    const { startedAtMs, nowMs, retryable } = run
    if (nowMs - startedAtMs >= defaultRetryPolicy.maxElapsedMs) this.#failures = 0
    if (this.#failures === 0) this.#firstFailureMs = nowMs
    this.#failures++
    const elapsedMs = nowMs - this.#firstFailureMs
    return decideRetry(defaultRetryPolicy, { failedAttempts: this.#failures, elapsedMs, retryable }, random)
  }
}
