import { TidewaterError } from '@tidewater/core'
import { expect, test } from 'vitest'
import { ReconnectBackoff } from '../../src/native/reconnect-backoff.js'

const error = new TidewaterError('BROKER_UNREACHABLE', 'gone')

/** When each of the tries of 5 s is made by somebody who would try every 10 ms. */
function triesOf(backoff: ReconnectBackoff, address: string): number[] {
  const tries: number[] = []
  for (let nowMs = 0; nowMs < 5_000; nowMs += 10) {
    if (backoff.reasonToWait(address, nowMs) !== undefined) continue
    tries.push(nowMs)
    backoff.failed(address, error, nowMs)
  }
  return tries
}

test('a broker that stays away is tried ever more seldom, once a second in the end', () => {
  const backoff = new ReconnectBackoff()
  expect(triesOf(backoff, 'one:9092')).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500, 4_500])
  expect(backoff.timesInARow('one:9092')).toBe(8)
  expect(backoff.reasonToWait('one:9092', 5_000)).toBe(error)
})

test('one is left alone, not the others, and not after it came back', () => {
  const backoff = new ReconnectBackoff()
  triesOf(backoff, 'one:9092')
  expect(backoff.reasonToWait('other:9092', 5_000)).toBeUndefined()
  backoff.connected('one:9092')
  expect(backoff.reasonToWait('one:9092', 5_000)).toBeUndefined()
  expect(triesOf(backoff, 'one:9092')[1]).toBe(100)
})
