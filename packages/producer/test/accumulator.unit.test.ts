import { TidewaterError } from '@tidewater/core'
import { expect, test } from 'vitest'
import { Accumulator, type AccumulatorLimits } from '../src/batch/accumulator.js'
import type { RecordEncoder } from '../src/batch/batch.js'
import { bytesEncoder, bytesEncoders } from './bytes-encoder.js'

const defaults: AccumulatorLimits = {
  batchBytes: 1_000,
  batchRecords: 100,
  lingerMs: 10,
  maxBufferedBytes: 1_000_000,
  maxRecordBytes: 500,
  maxInFlightBatchesPerPartition: 1,
  deliveryTimeoutMs: 1_000,
}

function accumulatorAt(clock: { nowMs: number }, limits: Partial<AccumulatorLimits> = {}, partitions = [0]) {
  return new Accumulator<Uint8Array>(
    partitions,
    bytesEncoders,
    { ...defaults, ...limits },
    () => clock.nowMs,
    () => 0,
  )
}

const record = (size = 10) => Buffer.alloc(size, 1)
const append = (accumulator: Accumulator<Uint8Array>, value = record(), partition = 0) =>
  accumulator.append(partition, value, undefined, undefined, 1)

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (thrown) {
    return TidewaterError.isInstance(thrown) ? thrown.code : String(thrown)
  }
  return 'none'
}

test('a batch leaves after its linger', () => {
  const clock = { nowMs: 100 }
  const accumulator = accumulatorAt(clock)
  append(accumulator)
  expect(accumulator.nextDeadlineMs()).toBe(110)
  clock.nowMs = 109
  accumulator.advance()
  expect(accumulator.hasReady).toBe(false)
  clock.nowMs = 110
  accumulator.advance()
  expect(accumulator.takeReady()?.count).toBe(1)
})

test('the batches of other partitions leave with one whose linger is over, but for those that may not be sent', () => {
  const clock = { nowMs: 0 }
  const accumulator = accumulatorAt(clock, {}, [0, 1, 2])
  append(accumulator, record(), 2)
  clock.nowMs = 10
  accumulator.advance()
  const onItsWay = accumulator.takeReady()
  append(accumulator, record(), 0)
  clock.nowMs = 19
  append(accumulator, record(), 1)
  append(accumulator, record(), 2)
  clock.nowMs = 20
  accumulator.advance()
  expect([accumulator.takeReady(), accumulator.takeReady()].map((batch) => batch?.partition)).toEqual([0, 1])
  expect(accumulator.takeReady()).toBeUndefined()
  expect(onItsWay?.partition).toBe(2)
})

test('a full batch leaves at once, and the record it had no room for opens the next', () => {
  const accumulator = accumulatorAt({ nowMs: 0 }, { batchRecords: 3 })
  for (let count = 0; count < 4; count++) append(accumulator)
  expect(accumulator.takeReady()?.count).toBe(3)
  expect(accumulator.outstanding().map(({ count }) => count)).toEqual([3, 1])
})

test('while a batch is on its way the next one goes on filling past its linger', () => {
  const clock = { nowMs: 0 }
  const accumulator = accumulatorAt(clock)
  append(accumulator)
  clock.nowMs = 10
  accumulator.advance()
  const first = accumulator.takeReady()
  append(accumulator)
  clock.nowMs = 50
  accumulator.advance()
  append(accumulator)
  expect(accumulator.hasReady).toBe(false)
  if (first) accumulator.settle(first, true)
  expect(accumulator.takeReady()?.count).toBe(2)
})

test('partitions take turns', () => {
  const accumulator = accumulatorAt(
    { nowMs: 0 },
    { batchRecords: 1, maxInFlightBatchesPerPartition: 5 },
    [0, 1],
  )
  for (let count = 0; count < 3; count++) append(accumulator, record(), 0)
  for (let count = 0; count < 3; count++) append(accumulator, record(), 1)
  accumulator.closeAll()
  const order = [1, 2, 3, 4].map(() => accumulator.takeReady()?.partition)
  expect(order).toEqual([0, 1, 0, 1])
})

test('what waited too long is taken out, what is on its way is not', () => {
  const clock = { nowMs: 0 }
  const accumulator = accumulatorAt(clock)
  append(accumulator)
  accumulator.closeAll()
  const sent = accumulator.takeReady()
  append(accumulator)
  clock.nowMs = 500
  accumulator.closeAll()
  append(accumulator)
  clock.nowMs = 1_000
  const expired = accumulator.takeExpired()
  expect(expired.map(({ openedAtMs }) => openedAtMs)).toEqual([0])
  for (const batch of expired) accumulator.discard(batch)
  expect(accumulator.outstanding()).toHaveLength(2)
  expect(accumulator.outstanding()).toContain(sent)
})

test('a record over maxRecordBytes is refused with size and limit, key included, and leaves nothing behind', () => {
  const accumulator = accumulatorAt({ nowMs: 0 })
  expect(() => accumulator.append(0, record(495), Buffer.alloc(6), undefined, 1)).toThrowError(
    'A record of 501 bytes is over maxRecordBytes (500)',
  )
  expect(codeOf(() => append(accumulator, record(100_000)))).toBe('RECORD_TOO_LARGE')
  expect(accumulator.bufferedBytes).toBe(0)
  expect(accumulator.outstanding()).toEqual([])
})

test('an encoder that throws halfway leaves the batch as it was', () => {
  let fails = false
  interface Wrapped {
    readonly bytes: Buffer
  }
  const encoder: RecordEncoder<Wrapped> = {
    encode: ({ bytes }) => bytes,
    encodeInto: ({ bytes }, buffer, position) => {
      if (!fails) return bytesEncoder.encodeInto(bytes, buffer, position)
      buffer.fill(0xff, position, position + 5)
      throw new TidewaterError('RECORD_INVALID', 'wrong')
    },
  }
  const accumulator = new Accumulator<Wrapped>(
    [0],
    { record: encoder, encoded: bytesEncoder },
    defaults,
    () => 0,
    () => 0,
  )
  const appendWrapped = () => accumulator.append(0, { bytes: record() }, undefined, undefined, 1)
  fails = true
  expect(codeOf(appendWrapped)).toBe('RECORD_INVALID')
  expect(accumulator.bufferedBytes).toBe(0)
  fails = false
  appendWrapped()
  fails = true
  expect(codeOf(appendWrapped)).toBe('RECORD_INVALID')
  fails = false
  appendWrapped()
  accumulator.closeAll()
  expect(
    accumulator
      .takeReady()
      ?.records()
      .map(({ value }) => value),
  ).toEqual([record(), record()])
})

test('a full buffer refuses, and takes records again once a batch is settled', () => {
  const accumulator = accumulatorAt(
    { nowMs: 0 },
    { maxBufferedBytes: 100_000, maxRecordBytes: 30_000, batchBytes: 30_100 },
  )
  let accepted = 0
  while (codeOf(() => append(accumulator, record(30_000))) === 'none') accepted++
  expect(accepted).toBe(3)
  expect(accumulator.bufferedBytes).toBeLessThanOrEqual(100_000)
  const batch = accumulator.takeReady()
  if (batch) accumulator.settle(batch, true)
  expect(codeOf(() => append(accumulator, record(30_000)))).toBe('none')
})

test('memory of a failed batch is not written to again, that of a delivered one is', () => {
  const accumulator = accumulatorAt({ nowMs: 0 })
  const memoryOfNext = (delivered: boolean) => {
    append(accumulator)
    accumulator.closeAll()
    const batch = accumulator.takeReady()
    const memory = batch?.slab.memory
    if (batch) accumulator.settle(batch, delivered)
    return memory
  }
  const first = memoryOfNext(true)
  expect(memoryOfNext(false)).toBe(first)
  expect(memoryOfNext(true)).not.toBe(first)
})

test("headers count against the buffer's bound, and are released with their batch", () => {
  const limits = { maxBufferedBytes: 200_000, maxRecordBytes: 50_000, batchBytes: 1_000_000 }
  const accumulator = accumulatorAt({ nowMs: 0 }, limits)
  const headers = { note: 'x'.repeat(40_000) }
  const appendWithHeaders = () => accumulator.append(0, record(), undefined, headers, 1)
  append(accumulator)
  for (let count = 0; count < 3; count++) appendWithHeaders()
  expect(accumulator.bufferedBytes).toBeGreaterThanOrEqual(3 * 40_000)
  const before = accumulator.bufferedBytes
  expect(codeOf(() => Array.from({ length: 5 }, appendWithHeaders))).toBe('BUFFER_FULL')
  expect(accumulator.bufferedBytes - before).toBeLessThanOrEqual(200_000 - before)
  accumulator.closeAll()
  const batch = accumulator.takeReady()
  if (batch) accumulator.settle(batch, true)
  expect(accumulator.bufferedBytes).toBe(0)
})
