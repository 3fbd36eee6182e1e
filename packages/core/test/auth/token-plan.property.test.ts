import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CredentialsStep,
  planCredentials,
  planToken,
  refreshRetryDelayMs,
  type TokenPolicy,
} from '../../src/auth/token-plan.js'

const nowMs = 1_800_000_000_000
const policies: fc.Arbitrary<TokenPolicy> = fc.record({
  refreshAheadMs: fc.integer({ min: 1_000, max: 3_600_000 }),
  minSessionMs: fc.integer({ min: 1_000, max: 600_000 }),
})
const lives = fc.integer({ min: 1_000, max: 12 * 3_600_000 })
const jitters = fc.double({ min: 0, max: 1, noNaN: true })
const urgency: Record<CredentialsStep, number> = { use: 0, 'refresh-beside': 1, 'refresh-first': 2 }

describe('planToken', () => {
  it('never outlives the credentials, nor 15 minutes, and lasts whole seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000, max: 3_600_000 }), (leftMs) => {
        const plan = planToken(nowMs + leftMs, nowMs)
        if (leftMs < 1_000) {
          expect(plan).toBeUndefined()
          return
        }
        expect(Number.isInteger(plan?.lifetimeSeconds)).toBe(true)
        expect(plan?.lifetimeSeconds).toBeGreaterThanOrEqual(1)
        expect(plan?.lifetimeSeconds).toBeLessThanOrEqual(900)
        expect(plan?.expiresAtMs).toBeLessThanOrEqual(nowMs + leftMs)
        // Nothing is given away: less than the one second that rounding costs.
        expect(nowMs + Math.min(leftMs, 900_000) - (plan?.expiresAtMs ?? 0)).toBeLessThan(1_000)
      }),
    )
  })

  it('counts from the second that X-Amz-Date names', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), (ms) => {
        const plan = planToken(undefined, nowMs + ms)
        expect(plan).toEqual({ lifetimeSeconds: 900, expiresAtMs: nowMs + 900_000 })
      }),
    )
  })
})

describe('planCredentials', () => {
  it('only becomes more urgent as time goes', () => {
    fc.assert(
      fc.property(
        policies,
        lives,
        jitters,
        fc.array(jitters, { maxLength: 20 }),
        (policy, lifeMs, jitter, moments) => {
          const window = { obtainedAtMs: nowMs, expiresAtMs: nowMs + lifeMs }
          const steps = [...moments, 0, 1]
            .sort((a, b) => a - b)
            .map((share) => urgency[planCredentials(window, policy, nowMs + share * lifeMs, jitter).step])
          expect(steps).toEqual([...steps].sort((a, b) => a - b))
        },
      ),
    )
  })

  it('uses fresh credentials of more than some seconds, however short they live, and none at their end', () => {
    fc.assert(
      fc.property(policies, lives, jitters, (policy, lifeMs, jitter) => {
        const window = { obtainedAtMs: nowMs, expiresAtMs: nowMs + lifeMs }
        const at = (ms: number) => planCredentials(window, policy, ms, jitter).step
        if (lifeMs >= 2_000) expect(at(nowMs)).toBe('use')
        expect(at(nowMs + lifeMs)).toBe('refresh-first')
        expect(at(nowMs + lifeMs - 999)).toBe('refresh-first')
      }),
    )
  })

  it('refreshes beside at most a quarter before the time ahead, and first only below the shortest session', () => {
    fc.assert(
      fc.property(policies, lives, jitters, fc.nat(3_600_000), (policy, lifeMs, jitter, earlierMs) => {
        const window = { obtainedAtMs: nowMs, expiresAtMs: nowMs + lifeMs }
        // In whole milliseconds, as a clock has them: between the epoch and now a fraction would be rounded away.
        const stepBefore = (thresholdMs: number) => {
          const leftMs = Math.floor(thresholdMs) + 1 + earlierMs
          return planCredentials(window, policy, window.expiresAtMs - leftMs, jitter).step
        }
        // Each threshold on its own: a policy may want longer sessions than its time ahead.
        expect(stepBefore(1.25 * policy.refreshAheadMs)).not.toBe('refresh-beside')
        expect(stepBefore(policy.minSessionMs)).not.toBe('refresh-first')
      }),
    )
  })

  it('spreads a fleet that got its credentials together', () => {
    const window = { obtainedAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 }
    const policy = { refreshAheadMs: 300_000, minSessionMs: 60_000 }
    const at = nowMs + 3_600_000 - 330_000
    expect(planCredentials(window, policy, at, 0).step).toBe('use')
    expect(planCredentials(window, policy, at, 1).step).toBe('refresh-beside')
  })

  it('never refreshes what does not expire', () => {
    const policy = { refreshAheadMs: 300_000, minSessionMs: 60_000 }
    const window = { obtainedAtMs: 0, expiresAtMs: undefined }
    expect(planCredentials(window, policy, nowMs, 0.5).step).toBe('use')
  })
})

it('waits longer after each failed refresh, up to 30 seconds, and never twice the same for two clients', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), jitters, (failures, random) => {
      const delayMs = refreshRetryDelayMs(failures, random)
      expect(delayMs).toBeGreaterThanOrEqual(500)
      expect(delayMs).toBeLessThanOrEqual(30_000)
      expect(refreshRetryDelayMs(failures + 1, random)).toBeGreaterThanOrEqual(delayMs)
    }),
  )
})
