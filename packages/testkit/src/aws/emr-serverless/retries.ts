/** Of a streaming run, unless it says otherwise. */
const defaultFailuresPerHour = 5
const hourMs = 3_600_000

export interface RetryRules {
  readonly mode: 'BATCH' | 'STREAMING'
  readonly maxAttempts?: number | undefined
  readonly maxFailedAttemptsPerHour?: number | undefined
}

/**
 * Whether a run whose latest attempt has failed is tried again: a batch until its attempts are used up, a stream until it
 * has failed too often within an hour.
 *
 * @param failedAtMs ends of all failed attempts
 */
export function mayTryAgain(rules: RetryRules, failedAtMs: readonly number[], nowMs: number): boolean {
  if (rules.mode === 'BATCH') return failedAtMs.length < (rules.maxAttempts ?? 1)
  const recent = failedAtMs.filter((atMs) => atMs > nowMs - hourMs)
  return recent.length < (rules.maxFailedAttemptsPerHour ?? defaultFailuresPerHour)
}
