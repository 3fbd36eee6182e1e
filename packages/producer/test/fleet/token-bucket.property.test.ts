import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenBucket } from '../../src/fleet/token-bucket.js'

const rate = fc.double({ min: 0.001, max: 1_000_000, noNaN: true })
const waits = fc.array(fc.double({ min: 0, max: 2_000, noNaN: true }), { minLength: 1, maxLength: 50 })
const capacity = (ratePerSecond: number) => Math.max(1, ratePerSecond / 4)
/** Sums of fractions are not exact to the last digit. */
const rounding = 1e-6

test('in no stretch of time does it give more than the rate, and a quarter of a second’s worth', () => {
  fc.assert(
    fc.property(rate, waits, (ratePerSecond, waitsMs) => {
      const bucket = new TokenBucket(ratePerSecond, 0)
      let nowMs = 0
      const taken = waitsMs.map((waitMs) => {
        nowMs += waitMs
        return { nowMs, records: bucket.take(Number.MAX_SAFE_INTEGER, nowMs) }
      })
      for (const [index, from] of taken.entries()) {
        const stretch = taken.slice(index)
        const records = stretch.reduce((sum, one) => sum + one.records, 0)
        const elapsedMs = nowMs - from.nowMs
        const most = (ratePerSecond * elapsedMs) / 1_000 + capacity(ratePerSecond)
        expect(records).toBeLessThanOrEqual(most * (1 + rounding))
      }
    }),
  )
})

test('asked often enough, it gives what the rate says, less than one record short', () => {
  fc.assert(
    fc.property(rate, waits, (ratePerSecond, waitsMs) => {
      const bucket = new TokenBucket(ratePerSecond, 0)
      let nowMs = 0
      let records = 0
      // Whole tokens are taken before the bucket can be full; the fraction left needs room below one more.
      const shortMs = (Math.max(capacity(ratePerSecond) - 1, 0.01) / ratePerSecond) * 1_000
      for (const waitMs of waitsMs) {
        nowMs += Math.min(waitMs, shortMs)
        records += bucket.take(Number.MAX_SAFE_INTEGER, nowMs)
      }
      expect(records).toBeGreaterThan((ratePerSecond * nowMs) / 1_000 - 1 - rounding * (1 + records))
    }),
  )
})

test('after the delay it names there is a record, and not before', () => {
  fc.assert(
    fc.property(
      rate,
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (ratePerSecond, share) => {
        const bucket = new TokenBucket(ratePerSecond, 0, share)
        const delayMs = bucket.delayMs(0)
        expect(bucket.take(1, delayMs * (1 - rounding) - rounding)).toBe(0)
        expect(bucket.take(1, delayMs * (1 + rounding) + rounding)).toBe(1)
      },
    ),
  )
})
