import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatencyHistogram, latencyFactor } from '../../src/fleet/latency-histogram.js'

const latencies = fc.array(fc.double({ min: 1 / 16, max: 2 ** 20, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
})
const quantile = fc.double({ min: 0, max: 1, noNaN: true })

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

test('a quantile is at least the true one, and at most a bucket above it', () => {
  fc.assert(
    fc.property(latencies, quantile, (values, share) => {
      const sorted = values.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1] as number
      const found = histogramOf(values).quantileMs(share) as number
      expect(found).toBeGreaterThanOrEqual(exact * (1 - 1e-9))
      expect(found).toBeLessThanOrEqual(exact * latencyFactor * (1 + 1e-9))
    }),
  )
})

test('histograms add up to the histogram of everything, in any order', () => {
  fc.assert(
    fc.property(latencies, latencies, quantile, (some, others, share) => {
      const sum = histogramOf(some)
      sum.add(histogramOf(others))
      const reversed = histogramOf(others)
      reversed.add(histogramOf(some))
      const whole = histogramOf([...some, ...others])
      expect(sum.count).toBe(some.length + others.length)
      expect(sum.quantileMs(share)).toBe(whole.quantileMs(share))
      expect(reversed.quantileMs(share)).toBe(whole.quantileMs(share))
    }),
  )
})

test('what lies outside is counted in the first and the last bucket; nothing has no quantile', () => {
  expect(new LatencyHistogram().quantileMs(0.5)).toBeUndefined()
  const histogram = histogramOf([0, 1e-9, 1e12])
  expect(histogram.count).toBe(3)
  expect(histogram.quantileMs(0.5)).toBe(1 / 16)
  expect(histogram.quantileMs(1)).toBe(2 ** 20)
})
