import { setTimeout as sleep } from 'node:timers/promises'
import { TidewaterError, toTidewaterError } from '../errors.js'
import { decideRetry, defaultRetryPolicy, type RetryPolicy } from './policy.js'

/** Time and chance, as arguments, so that waiting can be tested without it. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number
  /** Rejects with `ABORTED` when the signal fires first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** A number in [0, 1). */
  random(): number
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  sleep: abortableSleep,
  random: () => Math.random(),
}

export interface RetryOptions {
  readonly policy?: Partial<RetryPolicy>
  readonly signal?: AbortSignal
  /** Called before each wait. */
  readonly onRetry?: (failure: { attempt: number; delayMs: number; error: TidewaterError }) => void
  /** Default: the error's own `retryable`. */
  readonly isRetryable?: (error: TidewaterError) => boolean
  /** What the other side asked for by its error: no attempt comes sooner. Default: nothing. */
  readonly retryAfterMs?: (error: TidewaterError) => number | undefined
  /** Default: the real one. */
  readonly clock?: Clock
}

/**
 * Runs `operation` until it succeeds or the policy gives up, then throws the last error.
 *
 * @throws TidewaterError `ABORTED` when `signal` fires between or during attempts.
 */
export async function runWithRetry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const policy = { ...defaultRetryPolicy, ...options.policy }
  const clock = options.clock ?? realClock
  const startedAtMs = clock.nowMs()
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(options.signal)
    try {
      return await operation(attempt)
    } catch (thrown) {
      throwIfAborted(options.signal)
      const error = toTidewaterError(thrown)
      const retryable = options.isRetryable?.(error) ?? error.retryable
      const decision = decideRetry(
        policy,
        {
          failedAttempts: attempt,
          elapsedMs: clock.nowMs() - startedAtMs,
          retryable,
          retryAfterMs: options.retryAfterMs?.(error),
        },
        clock.random(),
      )
      if (!decision.retry) throw error
      options.onRetry?.({ attempt, delayMs: decision.delayMs, error })
      await clock.sleep(decision.delayMs, options.signal)
    }
  }
}

/** @throws TidewaterError `ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new TidewaterError('ABORTED', 'The operation was aborted', { cause: signal.reason })
  }
}

/** @throws TidewaterError `ABORTED` when the signal fires first. */
export async function abortableSleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, signal ? { signal } : {})
  } catch (thrown) {
    throw new TidewaterError('ABORTED', 'The operation was aborted', { cause: thrown })
  }
}
