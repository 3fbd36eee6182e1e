import { setTimeout as sleep } from 'node:timers/promises'
import { TidewaterError, toTidewaterError } from '../errors.js'
import { decideRetry, defaultRetryPolicy, type RetryPolicy } from './policy.js'

export interface RetryOptions {
  readonly policy?: Partial<RetryPolicy>
  readonly signal?: AbortSignal
  /** Called before each wait. */
  readonly onRetry?: (failure: { attempt: number; delayMs: number; error: TidewaterError }) => void
  /** Default: the error's own `retryable`. */
  readonly isRetryable?: (error: TidewaterError) => boolean
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
  const startedAtMs = performance.now()
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
        { failedAttempts: attempt, elapsedMs: performance.now() - startedAtMs, retryable },
        Math.random(),
      )
      if (!decision.retry) throw error
      options.onRetry?.({ attempt, delayMs: decision.delayMs, error })
      await abortableSleep(decision.delayMs, options.signal)
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
