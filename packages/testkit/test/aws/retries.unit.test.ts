import { expect, it } from 'vitest'
import { mayTryAgain } from '../../src/aws/emr-serverless/retries.js'

const minutes = (...ends: number[]) => ends.map((end) => end * 60_000)

it.each([
  [{ mode: 'BATCH' }, minutes(1), false],
  [{ mode: 'BATCH', maxAttempts: 3 }, minutes(1, 2), true],
  [{ mode: 'BATCH', maxAttempts: 3 }, minutes(1, 2, 3), false],
  [{ mode: 'STREAMING' }, minutes(1, 2, 3, 4), true],
  [{ mode: 'STREAMING' }, minutes(1, 2, 3, 4, 5), false],
  [{ mode: 'STREAMING', maxFailedAttemptsPerHour: 2 }, minutes(1, 62), true],
  [{ mode: 'STREAMING', maxFailedAttemptsPerHour: 1 }, minutes(1), false],
] as const)('%o after failures at %o: %s', (rules, failedAtMs, expected) => {
  expect(mayTryAgain(rules, failedAtMs, failedAtMs.at(-1) ?? 0)).toBe(expected)
})
