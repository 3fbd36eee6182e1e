import { TidewaterError } from '@tidewater/core'
import { describe, expect, test, vi } from 'vitest'
import { partitionOfKey } from '../src/batch/partitioner.js'
import type { RecordRejection, UndeliveredRecords } from '../src/delivery/hooks.js'
import type { SendFailedError } from '../src/index.js'
import {
  producerOver,
  type Reading,
  reading,
  readingCodec,
  rejection,
  valuesIn,
} from './producer-under-test.js'
import { ScriptedDriver } from './scripted-driver.js'

describe('write', () => {
  test('delivers every record once, in order', async () => {
    const driver = new ScriptedDriver(1)
    const producer = await producerOver(driver, { batchRecords: 7 })
    for (let value = 0; value < 100; value++) producer.write(reading(value))
    await producer.close()
    expect(valuesIn(driver, 0)).toEqual(Array.from({ length: 100 }, (_, value) => value))
    expect(producer.stats()).toMatchObject({
      writtenRecords: 100,
      deliveredRecords: 100,
      failedRecords: 0,
      outstandingRecords: 0,
      bufferedBytes: 0,
      sentBatches: 15,
      partitions: [{ partition: 0, deliveredRecords: 100, minOffset: 0n, maxOffset: 99n }],
    })
    expect(driver.isClosed).toBe(true)
  })

  test('a lone record leaves by its linger, without a flush', async () => {
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver, { lingerMs: 1 })
    producer.write(reading(1))
    const batch = await driver.nextBatch()
    expect(batch.records).toHaveLength(1)
    expect(batch.records[0]?.timestampMs).toBe(1_750_000_000_000)
    batch.deliver()
    await producer.close()
  })

  test('what is written in the turn in which a linger ends leaves with it', async () => {
    vi.useFakeTimers()
    try {
      const driver = new ScriptedDriver(2, false)
      const producer = await producerOver(driver, { lingerMs: 5 })
      producer.write(reading(1), { partition: 0 })
      setTimeout(() => {
        producer.write(reading(2), { partition: 0 })
        producer.write(reading(3), { partition: 1 })
      }, 5)
      await vi.advanceTimersByTimeAsync(6)
      expect(driver.sent.map(({ records }) => records.length)).toEqual([2, 1])
      for (const batch of driver.sent) batch.deliver()
      await producer.close()
    } finally {
      vi.useRealTimers()
    }
  })

  test('a linger that ends when all is delivered, and more is written in the same turn, leaves no timer behind', async () => {
    vi.useFakeTimers()
    try {
      const driver = new ScriptedDriver(1, false)
      const producer = await producerOver(driver, { lingerMs: 5 })
      const timersBefore = vi.getTimerCount()
      producer.write(reading(1))
      const flushed = producer.flush()
      setTimeout(() => {
        driver.sent[0]?.deliver()
        void flushed.then(() => producer.write(reading(2)))
      }, 5)
      await vi.advanceTimersByTimeAsync(6)
      const flushedAgain = producer.flush()
      driver.sent[1]?.deliver()
      await flushedAgain
      expect(vi.getTimerCount()).toBe(timersBefore)
      await producer.close()
    } finally {
      vi.useRealTimers()
    }
  })

  test('key, partition, headers and timestamp reach the driver', async () => {
    const driver = new ScriptedDriver(5)
    const producer = await producerOver(driver)
    producer.write(reading(1), { key: 'clé', headers: { trace: 'x', raw: Buffer.from([1]) }, timestampMs: 5 })
    producer.write(reading(2), { key: Buffer.from('k'), partition: 3 })
    await producer.close()
    const keyed = driver.sent.find(({ records }) => records[0]?.timestampMs === 5)
    expect(keyed?.partition).toBe(partitionOfKey(Buffer.from('clé'), [0, 1, 2, 3, 4]))
    expect(keyed?.records[0]?.headers).toEqual({ trace: Buffer.from('x'), raw: Buffer.from([1]) })
    expect(driver.sent.some(({ partition }) => partition === 3)).toBe(true)
  })

  test('a custom partitioner decides, and may leave it', async () => {
    const driver = new ScriptedDriver(4)
    const producer = await producerOver(driver, {
      partitioner: ({ record }) => ((record as Reading).value < 10 ? 2 : undefined),
    })
    producer.write(reading(1))
    producer.write(reading(11))
    await producer.close()
    expect(valuesIn(driver, 2)).toEqual([1])
    expect(valuesIn(driver, 0)).toEqual([11])
  })

  test('a record that does not match throws at once, names the field, and nothing of it is kept', async () => {
    const driver = new ScriptedDriver(1)
    const producer = await producerOver(driver)
    expect(() => producer.write({ sensor: 'a', value: 'high' } as unknown as Reading)).toThrowError(
      /value.*high/,
    )
    producer.write(reading(1))
    await producer.close()
    expect(valuesIn(driver, 0)).toEqual([1])
    expect(producer.stats().writtenRecords).toBe(1)
  })

  test.each([
    [{ key: 7 }, 'RECORD_INVALID'],
    [{ timestampMs: 1.5 }, 'RECORD_INVALID'],
    [{ headers: { attempt: 1 } }, 'RECORD_INVALID'],
    [{ headers: { attempt: null } }, 'RECORD_INVALID'],
    [{ headers: null }, 'RECORD_INVALID'],
    [{ headers: [['a', 'b']] }, 'RECORD_INVALID'],
    [{ partition: 1 }, 'PARTITION_NOT_FOUND'],
  ])('options %j are refused with %s', async (options, code) => {
    const producer = await producerOver(new ScriptedDriver(1))
    let thrown: unknown
    try {
      producer.write(reading(1), options as object)
    } catch (error) {
      thrown = error
    }
    expect((thrown as TidewaterError).code).toBe(code)
    await producer.close()
    expect(producer.stats().writtenRecords).toBe(0)
  })

  test('a header that is neither text nor bytes is named', async () => {
    const producer = await producerOver(new ScriptedDriver(1))
    const headers = { trace: 'x', attempt: 1 } as unknown as Record<string, string>
    expect(() => producer.write(reading(1), { headers })).toThrowError(/header "attempt" .* got 1$/)
    await producer.close()
  })

  test('what cannot be encoded or is too large goes to deadLetter when there is one', async () => {
    const rejected: RecordRejection<Reading>[] = []
    const driver = new ScriptedDriver(1)
    const producer = await producerOver(driver, {
      maxRecordBytes: 100,
      deadLetter: (letter) => rejected.push(letter),
    })
    const wrong = { sensor: 5, value: 1 } as unknown as Reading
    producer.write(wrong, { key: 'k' })
    producer.write(reading(1, 'x'.repeat(200)))
    producer.write(reading(2))
    await producer.close()
    expect(rejected.map(({ error }) => error.code)).toEqual(['RECORD_INVALID', 'RECORD_TOO_LARGE'])
    expect(rejected[0]).toMatchObject({ topic: 'readings', record: wrong, options: { key: 'k' } })
    expect(valuesIn(driver, 0)).toEqual([2])
    expect(producer.stats()).toMatchObject({ writtenRecords: 1, deadLetteredRecords: 2 })
  })

  test('asks for a pause at a quarter of the bound, goes on when a batch is delivered, never exceeds the bound', async () => {
    const driver = new ScriptedDriver(1, false)
    const maxBufferedBytes = 1_048_576
    const producer = await producerOver(driver, {
      maxBufferedBytes,
      batchBytes: 100_000,
      maxRecordBytes: 10_000,
    })
    let written = 0
    const untilPause = (): Promise<void> =>
      producer.write(reading(written++, 'x'.repeat(5_000))) ?? untilPause()
    const pause = untilPause()
    expect(producer.stats().bufferedBytes).toBeGreaterThanOrEqual(maxBufferedBytes / 4)
    let resumed = false
    const watched = pause.then(() => {
      resumed = true
    })
    await Promise.resolve()
    expect(resumed).toBe(false)
    const delivering = (async () => {
      while (valuesIn(driver, 0).length < written) (await driver.nextBatch()).deliver()
    })()
    await watched
    const closed = producer.close()
    await delivering
    await closed
    expect(valuesIn(driver, 0)).toEqual(Array.from({ length: written }, (_, value) => value))
    expect(producer.stats().peakBufferedBytes).toBeLessThanOrEqual(maxBufferedBytes)
  })

  test('a caller that does not pause meets the bound, and loses nothing it was not told of', async () => {
    const driver = new ScriptedDriver(1)
    const maxBufferedBytes = 1_048_576
    const producer = await producerOver(driver, {
      maxBufferedBytes,
      batchBytes: 100_000,
      maxRecordBytes: 10_000,
    })
    let accepted = 0
    let refusal: unknown
    while (refusal === undefined) {
      try {
        void producer.write(reading(accepted, 'x'.repeat(5_000)))
        accepted++
      } catch (thrown) {
        refusal = thrown
      }
    }
    expect(refusal).toMatchObject({ retryable: true, details: { maxBufferedBytes } })
    await producer.close()
    expect(valuesIn(driver, 0)).toHaveLength(accepted)
  })
})

describe('the end', () => {
  test('close delivers what is buffered; afterwards nothing is taken', async () => {
    const driver = new ScriptedDriver(1)
    const producer = await producerOver(driver, { lingerMs: 60_000 })
    producer.write(reading(1))
    const closing = producer.close()
    expect(() => producer.write(reading(2))).toThrowError(
      expect.objectContaining({ code: 'PRODUCER_CLOSED' }),
    )
    expect((await rejection(producer.send([reading(2)]))).code).toBe('PRODUCER_CLOSED')
    expect(producer.close()).toBe(closing)
    await closing
    expect(valuesIn(driver, 0)).toEqual([1])
    await producer.flush()
  })

  test('await using closes', async () => {
    const driver = new ScriptedDriver(1)
    {
      await using producer = await producerOver(driver)
      producer.write(reading(1))
    }
    expect(valuesIn(driver, 0)).toEqual([1])
    expect(driver.isClosed).toBe(true)
  })

  test('close gives up at its time limit and reports what has no outcome', async () => {
    const failures: UndeliveredRecords[] = []
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver, {
      onDeliveryError: (failure) => failures.push(failure),
      batchRecords: 1,
    })
    producer.write(reading(1))
    producer.write(reading(2))
    producer.write(reading(3))
    const error = await rejection(producer.close({ timeoutMs: 5 }))
    expect(driver.isAbandoned).toBe(true)
    expect(error.details.failedRecords).toBe(3)
    expect(failures.flatMap(({ records }) => records)).toHaveLength(3)
    driver.sent[0]?.deliver()
    await Promise.resolve()
    expect(producer.stats()).toMatchObject({ failedRecords: 3, deliveredRecords: 0, bufferedBytes: 0 })
  })

  test('an earlier time limit counts while closing is under way, a later one does not', async () => {
    vi.useFakeTimers()
    try {
      const driver = new ScriptedDriver(1, false)
      const producer = await producerOver(driver)
      producer.write(reading(1))
      const closing = rejection(producer.close({ timeoutMs: 60_000 }))
      producer.close({ timeoutMs: 90_000 }).catch(() => {})
      await vi.advanceTimersByTimeAsync(500)
      producer.close({ timeoutMs: 1_000 }).catch(() => {})
      await vi.advanceTimersByTimeAsync(999)
      expect(producer.stats().outstandingRecords).toBe(1)
      await vi.advanceTimersByTimeAsync(1)
      expect((await closing).cause).toMatchObject({ code: 'DELIVERY_TIMEOUT', details: { timeoutMs: 1_000 } })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('the time limit also ends a driver that does not close', async () => {
    vi.useFakeTimers()
    try {
      const driver = new ScriptedDriver(1)
      const connected = await driver.createProducer()
      const closes: boolean[] = []
      vi.spyOn(driver, 'createProducer').mockResolvedValue({
        ...connected,
        close: ({ abandon = false } = {}) => {
          closes.push(abandon)
          return abandon ? Promise.resolve() : new Promise(() => {})
        },
      })
      const producer = await producerOver(driver)
      const closing = producer.close({ timeoutMs: 1_000 })
      await vi.advanceTimersByTimeAsync(1_000)
      await closing
      expect(closes).toEqual([false, true])
    } finally {
      vi.useRealTimers()
    }
  })

  test.each([Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40])(
    'a time limit of %s ms is one',
    async (timeoutMs) => {
      vi.useFakeTimers()
      try {
        const driver = new ScriptedDriver(1, false)
        const producer = await producerOver(driver)
        producer.write(reading(1))
        const closing = producer.close({ timeoutMs })
        await vi.advanceTimersByTimeAsync(10_000)
        driver.sent[0]?.deliver()
        await closing
        expect(valuesIn(driver, 0)).toEqual([1])
      } finally {
        vi.useRealTimers()
      }
    },
  )

  test.each([Number.NaN, -1, '5'])('a time limit of %j is refused, and nothing is closed', async (limit) => {
    const driver = new ScriptedDriver(1)
    const producer = await producerOver(driver)
    const closing = producer.close({ timeoutMs: limit as number })
    expect((await rejection(closing)).code).toBe('CONFIG_INVALID')
    producer.write(reading(1))
    await producer.close()
    expect(valuesIn(driver, 0)).toEqual([1])
  })

  test('aborting writes nothing of what was buffered', async () => {
    const abort = new AbortController()
    const failures: UndeliveredRecords[] = []
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver, {
      signal: abort.signal,
      onDeliveryError: (failure) => failures.push(failure),
    })
    producer.write(reading(1))
    producer.write(reading(2))
    abort.abort()
    expect(driver.sent).toEqual([])
    expect(failures.map(({ error, records }) => [error.code, records.length])).toEqual([['ABORTED', 2]])
    expect((await rejection(producer.close())).details.failedRecords).toBe(2)
    expect(driver.sent).toEqual([])
    expect(driver).toMatchObject({ isAbandoned: true, isClosed: true })
  })

  test('aborting fails what is not delivered and closes', async () => {
    const abort = new AbortController()
    const failures: UndeliveredRecords[] = []
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver, {
      signal: abort.signal,
      onDeliveryError: (failure) => failures.push(failure),
    })
    const sent = rejection(producer.send([reading(1)]))
    abort.abort(new TypeError('enough'))
    expect(((await sent) as SendFailedError).failures[0]?.error.code).toBe('ABORTED')
    expect(failures[0]?.error.code).toBe('ABORTED')
    expect(() => producer.write(reading(2))).toThrowError(
      expect.objectContaining({ code: 'PRODUCER_CLOSED' }),
    )
    await producer.close()
    expect(driver.isClosed).toBe(true)
  })

  test('aborting says which records may be written: those on their way', async () => {
    const abort = new AbortController()
    const failures: UndeliveredRecords[] = []
    const driver = new ScriptedDriver(1, false)
    const producer = await producerOver(driver, {
      signal: abort.signal,
      onDeliveryError: (failure) => failures.push(failure),
      batchRecords: 1,
    })
    producer.write(reading(1))
    producer.write(reading(2))
    expect(driver.sent).toHaveLength(1)
    abort.abort()
    const doubted = failures.filter(({ error }) => error.details.mayBeWritten === true)
    expect(failures).toHaveLength(2)
    expect(
      doubted.flatMap(({ records }) =>
        records.map(({ value }) => readingCodec.decode(value as Uint8Array).value),
      ),
    ).toEqual([1])
  })

  test('a signal that fired before is an error at once', async () => {
    const driver = new ScriptedDriver(1)
    const connecting = producerOver(driver, { signal: AbortSignal.abort() })
    expect((await rejection(connecting)).code).toBe('ABORTED')
  })

  test('a topic that does not exist is an error at once, and the connection is closed', async () => {
    const driver = new ScriptedDriver(1)
    const connected = await driver.createProducer()
    vi.spyOn(driver, 'createProducer').mockResolvedValue({
      ...connected,
      partitionsOf: () => Promise.reject(new TidewaterError('TOPIC_NOT_FOUND', 'no topic readings')),
    })
    expect((await rejection(producerOver(driver))).code).toBe('TOPIC_NOT_FOUND')
    expect(driver.isClosed).toBe(true)
  })

  test('partitions added while it runs are used', async () => {
    vi.useFakeTimers()
    try {
      const driver = new ScriptedDriver(1)
      const producer = await producerOver(driver, { partitionsMaxAgeMs: 1_000 })
      driver.partitions = [0, 1]
      await vi.advanceTimersByTimeAsync(1_000)
      producer.write(reading(1), { partition: 1 })
      const closed = producer.close()
      await vi.runAllTimersAsync()
      await closed
      expect(valuesIn(driver, 1)).toEqual([1])
    } finally {
      vi.useRealTimers()
    }
  })
})
