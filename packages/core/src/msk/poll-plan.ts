/** How often to ask for a state that changes slowly. */
export interface PollPolicy {
  /** Time between two polls while all is well. */
  readonly intervalMs: number
  /** Longest time between two polls, reached by doubling while the service throttles or fails. */
  readonly maxIntervalMs: number
  /** When waiting ends, counted from its beginning. The last poll is at that time. */
  readonly timeoutMs: number
  /** Share of a delay that is random, 0 to 1: spreads waiters that began together. */
  readonly jitter: number
}

export interface PollSituation {
  readonly elapsedMs: number
  /** Polls in a row, up to the last one, that were throttled or failed in passing. */
  readonly failuresInARow: number
  readonly retryAfterMs: number | undefined
}

export type PollDecision =
  | { readonly poll: true; readonly delayMs: number }
  | { readonly poll: false; readonly reason: 'time-exhausted' }

/**
 * Decides when to ask again. MSK's describe calls are throttled per account, so waiters that were throttled step back,
 * each by a different time, and return to the interval with the first answer.
 *
 * @param random a number in [0, 1)
 */
export function decidePoll(policy: PollPolicy, situation: PollSituation, random: number): PollDecision {
  const remainingMs = policy.timeoutMs - situation.elapsedMs
  if (remainingMs <= 0) return { poll: false, reason: 'time-exhausted' }
  const backedOffMs = Math.min(policy.maxIntervalMs, policy.intervalMs * 2 ** situation.failuresInARow)
  const jitteredMs = Math.round(backedOffMs * (1 - policy.jitter * random))
  const delayMs = Math.max(jitteredMs, situation.retryAfterMs ?? 0)
  // One poll at the very end, so that what became ready meanwhile isn't reported as late.
  return { poll: true, delayMs: Math.min(delayMs, Math.ceil(remainingMs)) }
}
