import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideRetry, type RetryPolicy } from '../../src/retry/policy.js'

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 50 }),
  initialDelayMs: fc.integer({ min: 0, max: 1_000 }),
  maxDelayMs: fc.integer({ min: 0, max: 60_000 }),
  maxElapsedMs: fc.integer({ min: 0, max: 600_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
})
const failures = fc.record({
  failedAttempts: fc.integer({ min: 1, max: 60 }),
  elapsedMs: fc.integer({ min: 0, max: 700_000 }),
  retryable: fc.boolean(),
})
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('decideRetry', () => {
  it('never exceeds a bound of the policy', () => {
    fc.assert(
      fc.property(policies, failures, randoms, (policy, failure, random) => {
        const decision = decideRetry(policy, failure, random)
        if (!decision.retry) return
        expect(failure.retryable).toBe(true)
        expect(failure.failedAttempts).toBeLessThan(policy.maxAttempts)
        expect(decision.delayMs).toBeGreaterThanOrEqual(0)
        expect(decision.delayMs).toBeLessThanOrEqual(policy.maxDelayMs)
        expect(failure.elapsedMs + decision.delayMs).toBeLessThanOrEqual(policy.maxElapsedMs)
      }),
    )
  })

  it('doubles the delay up to the maximum when there is no jitter', () => {
    const policy = { maxAttempts: 9, initialDelayMs: 100, maxDelayMs: 1_000, maxElapsedMs: 1e9, jitter: 0 }
    const delays = [1, 2, 3, 4, 5, 6].map((failedAttempts) =>
      decideRetry(policy, { failedAttempts, elapsedMs: 0, retryable: true }, 0.5),
    )
    expect(delays.map((decision) => decision.retry && decision.delayMs)).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ])
  })
})

describe('decideRetry with Retry-After', () => {
  it('never retries sooner than the service asked, beyond its time, or what cannot succeed', () => {
    const policy = {
      maxAttempts: 6,
      initialDelayMs: 500,
      maxDelayMs: 20_000,
      maxElapsedMs: 120_000,
      jitter: 0.5,
    }
    const failures = fc.record({
      failedAttempts: fc.integer({ min: 1, max: 8 }),
      elapsedMs: fc.nat(130_000),
      retryable: fc.boolean(),
      retryAfterMs: fc.option(fc.nat(200_000), { nil: undefined }),
    })
    fc.assert(
      fc.property(failures, randoms, (failure, random) => {
        const decision = decideRetry(policy, failure, random)
        if (!decision.retry) return
        expect(failure.retryable).toBe(true)
        expect(decision.delayMs).toBeGreaterThanOrEqual(failure.retryAfterMs ?? 0)
        expect(failure.elapsedMs + decision.delayMs).toBeLessThanOrEqual(policy.maxElapsedMs)
      }),
    )
  })
})
