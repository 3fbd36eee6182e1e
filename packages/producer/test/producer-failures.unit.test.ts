import { TidewaterError } from '@tidewater/core'
import { describe, expect, test, vi } from 'vitest'
import type { DeliveryReport, UndeliveredRecords } from '../src/delivery/hooks.js'
import { SendFailedError } from '../src/index.js'
import {
  producerOver,
  type Reading,
  reading,
  readingCodec,
  rejection,
  valuesIn,
} from './producer-under-test.js'
import { ScriptedDriver } from './scripted-driver.js'

const brokerGone = () => new TidewaterError('DELIVERY_TIMEOUT', 'no answer', { retryable: true })

describe('failures', () => {
  test('are reported with their records, and by flush with counts per partition, once', async () => {
    const failures: UndeliveredRecords[] = []
    const driver = new ScriptedDriver(2, false)
    const producer = await producerOver(driver, { onDeliveryError: (failure) => failures.push(failure) })
    producer.write(reading(1), { partition: 0, key: 'k' })
    producer.write(reading(2), { partition: 1 })
    const flushed = rejection(producer.flush())
    for (const batch of [await driver.nextBatch(), await driver.nextBatch()]) {
      if (batch.partition === 0) batch.fail(brokerGone())
      else batch.deliver()
    }
    const error = await flushed
    expect(error.code).toBe('DELIVERY_FAILED')
    expect(error.details.partitions).toEqual([{ partition: 0, failedRecords: 1 }])
    expect(error.cause).toMatchObject({ code: 'DELIVERY_TIMEOUT' })
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({ partition: 0, records: [{ key: Buffer.from('k') }] })
    expect(readingCodec.decode(failures[0]?.records[0]?.value as Uint8Array).value).toBe(1)
    await producer.close()
    expect(producer.stats()).toMatchObject({ deliveredRecords: 1, failedRecords: 1, outstandingRecords: 0 })
  })

  test('the records handed to onDeliveryError stay as they were while writing goes on', async () => {
    const failures: UndeliveredRecords[] = []
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver, {
      onDeliveryError: (failure) => failures.push(failure),
      lingerMs: 0,
    })
    producer.write(reading(1))
    ;(await driver.nextBatch()).fail(brokerGone())
    await rejection(producer.flush())
    for (let value = 2; value < 10; value++) {
      producer.write(reading(value))
      const flushed = producer.flush()
      ;(await driver.nextBatch()).deliver()
      await flushed
    }
    expect(readingCodec.decode(failures[0]?.records[0]?.value as Uint8Array).value).toBe(1)
    await producer.close()
  })

  test('part of a batch can fail', async () => {
    const reports: DeliveryReport[] = []
    const failures: UndeliveredRecords[] = []
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver, {
      onDelivery: (report) => reports.push(report),
      onDeliveryError: (failure) => failures.push(failure),
    })
    for (let value = 0; value < 5; value++) producer.write(reading(value))
    const closed = rejection(producer.close())
    const tooLarge = new TidewaterError('RECORD_TOO_LARGE', 'too large')
    ;(await driver.nextBatch()).report({
      delivered: [
        { firstIndex: 0, count: 2, baseOffset: 40n },
        { firstIndex: 3, count: 2, baseOffset: 42n, mayBeRepeated: true },
      ],
      failed: [{ firstIndex: 2, count: 1, error: tooLarge }],
    })
    expect((await closed).details.failedRecords).toBe(1)
    expect(reports).toMatchObject([
      { baseOffset: 40n, recordCount: 2 },
      { baseOffset: 42n, recordCount: 2, mayBeRepeated: true },
    ])
    expect(reports[0]).not.toHaveProperty('mayBeRepeated')
    expect(failures.map(({ records }) => readingCodec.decode(records[0]?.value as Uint8Array).value)).toEqual(
      [2],
    )
    expect(producer.stats().partitions[0]).toMatchObject({
      deliveredRecords: 4,
      failedRecords: 1,
      minOffset: 40n,
      maxOffset: 43n,
    })
  })

  test.each([
    ['leaves a record out', { delivered: [{ firstIndex: 0, count: 1, baseOffset: 0n }], failed: [] }, 1],
    [
      'mentions one twice',
      {
        delivered: [
          { firstIndex: 0, count: 2, baseOffset: 0n },
          { firstIndex: 1, count: 1, baseOffset: 0n },
        ],
        failed: [],
      },
      2,
    ],
    ['mentions one too many', { delivered: [{ firstIndex: 0, count: 3, baseOffset: 0n }], failed: [] }, 2],
  ])('a report that %s does not pass for a delivery', async (_, report, failed) => {
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver)
    producer.write(reading(1))
    producer.write(reading(2))
    const closed = rejection(producer.close())
    ;(await driver.nextBatch()).report(report)
    expect((await closed).cause).toMatchObject({ code: 'INTERNAL' })
    expect(producer.stats()).toMatchObject({ failedRecords: failed, outstandingRecords: 0 })
  })

  test('a driver that rejects fails the batch', async () => {
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver)
    producer.write(reading(1))
    const closed = rejection(producer.close())
    ;(await driver.nextBatch()).reject(new TypeError('boom'))
    expect((await closed).cause).toMatchObject({ code: 'DELIVERY_FAILED', message: 'boom' })
  })

  test('records that cannot be sent in time fail without being sent', async () => {
    vi.useFakeTimers()
    try {
      const driver = new ScriptedDriver(1, false)
      const producer = await producerOver(driver, { deliveryTimeoutMs: 1_000, lingerMs: 0 })
      producer.write(reading(1))
      await vi.advanceTimersByTimeAsync(1)
      producer.write(reading(2))
      await vi.advanceTimersByTimeAsync(1_100)
      expect(driver.sent).toHaveLength(1)
      expect(producer.stats()).toMatchObject({ failedRecords: 1, outstandingRecords: 1 })
      driver.sent[0]?.deliver()
      const error = await rejection(producer.close())
      expect(error.cause).toMatchObject({ code: 'DELIVERY_TIMEOUT' })
      expect(valuesIn(driver, 0)).toEqual([1])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('send', () => {
  test('resolves with where each record landed, in their order', async () => {
    const driver = new ScriptedDriver(3)
    const producer = await producerOver(driver)
    const deliveries = await producer.send([reading(0), reading(1), reading(2), reading(3)], (_, index) => ({
      partition: index % 2,
    }))
    expect(deliveries.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 0n],
      [1, 0n],
      [0, 1n],
      [1, 1n],
    ])
    expect(await producer.send([])).toEqual([])
    await producer.close()
  })

  test('rejects with the failed indexes and the deliveries of the others; flush does not repeat them', async () => {
    const driver = new ScriptedDriver(2, false)
    const producer = await producerOver(driver)
    const wrong = { sensor: 1, value: 1 } as unknown as Reading
    const sent = rejection(
      producer.send([reading(0), wrong, reading(2)], (_, index) => ({ partition: index === 0 ? 0 : 1 })),
    )
    producer.write(reading(3), { partition: 1 })
    const flushed = rejection(producer.flush())
    for (const batch of [await driver.nextBatch(), await driver.nextBatch()]) {
      if (batch.partition === 0) batch.deliver()
      else batch.fail(brokerGone())
    }
    const error = await sent
    expect(error).toBeInstanceOf(SendFailedError)
    const { failures, deliveries } = error as SendFailedError
    expect(failures.map(({ index, error: { code } }) => [index, code])).toEqual([
      [1, 'RECORD_INVALID'],
      [2, 'DELIVERY_TIMEOUT'],
    ])
    expect(deliveries).toEqual([{ topic: 'readings', partition: 0, offset: 0n }, undefined, undefined])
    expect(error.details.failedIndexes).toEqual([1, 2])
    expect(() => JSON.stringify(error)).not.toThrow()
    expect((await flushed).details.partitions).toEqual([{ partition: 1, failedRecords: 1 }])
    await producer.close()
  })

  test('waits for room instead of meeting the bound', async () => {
    const driver = new ScriptedDriver(1)
    const maxBufferedBytes = 1_048_576
    const producer = await producerOver(driver, {
      maxBufferedBytes,
      batchBytes: 100_000,
      maxRecordBytes: 10_000,
    })
    const records = Array.from({ length: 1_000 }, (_, value) => reading(value, 'x'.repeat(5_000)))
    const deliveries = await producer.send(records)
    expect(deliveries.map(({ offset }) => offset)).toEqual(records.map((_, index) => BigInt(index)))
    expect(producer.stats().peakBufferedBytes).toBeLessThanOrEqual(maxBufferedBytes)
    await producer.close()
  })

  test('many at a time share the room instead of meeting the bound', async () => {
    const driver = new ScriptedDriver(1)
    const maxBufferedBytes = 1_048_576
    const producer = await producerOver(driver, {
      maxBufferedBytes,
      batchBytes: 100_000,
      maxRecordBytes: 100_000,
    })
    const sends = Array.from({ length: 60 }, (_, sender) =>
      producer.send([0, 1, 2].map((step) => reading(3 * sender + step, 'x'.repeat(30_000)))),
    )
    expect((await Promise.all(sends)).flat()).toHaveLength(180)
    expect(valuesIn(driver, 0).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 180 }, (_, value) => value),
    )
    expect(producer.stats().peakBufferedBytes).toBeLessThanOrEqual(maxBufferedBytes)
    await producer.close()
  })
})
