import { describe, expect, it } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import { runWithRetry } from '../../src/retry/run.js'

const quick = { initialDelayMs: 0, maxDelayMs: 0 }
const passing = () => new TidewaterError('BROKER_UNREACHABLE', 'down', { retryable: true })

describe('runWithRetry', () => {
  it('returns the first success and reports each retry', async () => {
    const retries: number[] = []
    const result = await runWithRetry(
      async (attempt) => {
        if (attempt < 3) throw passing()
        return attempt
      },
      { policy: quick, onRetry: ({ attempt }) => retries.push(attempt) },
    )
    expect(result).toBe(3)
    expect(retries).toEqual([1, 2])
  })

  it('throws the last error when the attempts are used up', async () => {
    let calls = 0
    const failing = runWithRetry(
      async () => {
        calls += 1
        throw passing()
      },
      { policy: { ...quick, maxAttempts: 4 } },
    )
    await expect(failing).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
    expect(calls).toBe(4)
  })

  it('does not repeat what is not retryable', async () => {
    let calls = 0
    const failing = runWithRetry(async () => {
      calls += 1
      throw new TypeError('bug')
    })
    await expect(failing).rejects.toMatchObject({ code: 'INTERNAL', message: 'bug' })
    expect(calls).toBe(1)
  })

  it('stops waiting when aborted', async () => {
    const controller = new AbortController()
    const running = runWithRetry(
      async () => {
        throw passing()
      },
      {
        policy: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxElapsedMs: 1e9 },
        signal: controller.signal,
        onRetry: () => controller.abort(),
      },
    )
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
