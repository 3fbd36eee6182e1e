import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { KafkaDriver } from '../../../src/kafka/port.js'
import {
  Bench,
  bootstrapBrokers,
  connectionTo,
  countOf,
  coveredIndexes,
  defaultOptions,
  rejection,
  textRecords,
  textsOf,
  upTo,
} from './fixture.js'

/** @param brokers asked in each test: those of the environment unless the caller starts its own */
export function producerContract(name: string, driver: KafkaDriver, brokers = bootstrapBrokers): void {
  describe(`${name} producer`, () => {
    const bench = () => new Bench(driver, brokers())

    test('keeps bytes, nulls, headers and timestamps', async () => {
      const topic = await bench().topic()
      const producer = await bench().producer()
      const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      const report = await producer.send({
        topic,
        partition: 0,
        records: [
          { value: allBytes, key: Buffer.from('key'), timestampMs: 1_700_000_000_123 },
          { value: null, key: Buffer.from('tombstone') },
          { value: new Uint8Array(0), key: null },
          { value: Buffer.from('v'), key: new Uint8Array(0) },
          // A view into a larger buffer: the bytes around it stay out.
          { value: Buffer.from('xxinsidexx').subarray(2, 8) },
          { value: Buffer.from('h'), headers: { text: 'täxt', bytes: Uint8Array.of(0, 255), empty: '' } },
          { value: Buffer.from('old'), timestampMs: 1 },
        ],
      })
      expect(report.failed).toEqual([])
      const records = (await bench().readAll(topic)).get(0) ?? []
      expect(records).toHaveLength(7)
      const [first, tombstone, empty, emptyKey, view, headers, old] = records
      expect(Uint8Array.from(first?.value ?? [])).toEqual(allBytes)
      expect(Buffer.from(first?.key ?? []).toString()).toBe('key')
      expect(first?.timestampMs).toBe(1_700_000_000_123)
      expect(tombstone?.value).toBeNull()
      expect(empty?.value).toHaveLength(0)
      expect(empty?.key).toBeNull()
      expect(emptyKey?.key).toHaveLength(0)
      expect(textsOf(view && [view])).toEqual(['inside'])
      expect(Object.keys(headers?.headers ?? {}).sort()).toEqual(['bytes', 'empty', 'text'])
      expect(Buffer.from(headers?.headers.text ?? []).toString()).toBe('täxt')
      expect([...(headers?.headers.bytes ?? [])]).toEqual([0, 255])
      expect(headers?.headers.empty).toHaveLength(0)
      expect(old?.timestampMs).toBe(1)
      expect(tombstone?.timestampMs).toBeGreaterThan(1_700_000_000_123)
    })

    test('keeps the order of concurrent sends and reports the offsets the log has', async () => {
      const topic = await bench().topic(2)
      const producer = await bench().producer({ compression: 'gzip' })
      const batches = upTo(20).map((i) => textRecords(100, `b${i}`))
      const reports = await Promise.all(
        batches.map((records, i) => producer.send({ topic, partition: i % 2, records })),
      )
      const log = await bench().readAll(topic)
      for (const partition of [0, 1]) {
        const expected = batches.filter((_, i) => i % 2 === partition).flat()
        const records = log.get(partition) ?? []
        expect(textsOf(records)).toEqual(expected.map(({ value }) => value?.toString()))
        expect(records.map(({ offset }) => offset)).toEqual(upTo(1000).map(BigInt))
      }
      reports.forEach((report, i) => {
        expect(report).toEqual({
          topic,
          partition: i % 2,
          delivered: [{ firstIndex: 0, count: 100, baseOffset: BigInt(Math.floor(i / 2) * 100) }],
          failed: [],
        })
      })
    })

    test('sends a batch over maxRequestBytes in several requests', async () => {
      const topic = await bench().topic()
      const producer = await bench().producer({ maxRequestBytes: 10_000 })
      const records = upTo(100).map((i) => ({ value: Buffer.alloc(1_000, i) }))
      const report = await producer.send({ topic, partition: 0, records })
      expect(report.failed).toEqual([])
      expect(countOf(report.delivered)).toBe(100)
      const read = (await bench().readAll(topic)).get(0) ?? []
      expect(read.map(({ value }) => value?.[0])).toEqual(upTo(100))
    })

    test('an empty batch is delivered', async () => {
      const topic = await bench().topic()
      const report = await (await bench().producer()).send({ topic, partition: 0, records: [] })
      expect(report).toEqual({ topic, partition: 0, delivered: [], failed: [] })
    })

    test.each(['all', 'leader', 'none'] as const)('acks %s', async (acks) => {
      const topic = await bench().topic()
      const producer = await bench().producer({ acks, idempotent: false })
      const report = await producer.send({ topic, partition: 0, records: textRecords(50) })
      expect(report.failed).toEqual([])
      expect(report.delivered).toEqual([
        { firstIndex: 0, count: 50, baseOffset: acks === 'none' ? undefined : 0n },
      ])
      await producer.close()
      await expect
        .poll(async () => textsOf((await bench().readAll(topic)).get(0)).length, { timeout: 20_000 })
        .toBe(50)
    })

    test("a record over the topic's max.message.bytes fails alone", async () => {
      const topic = await bench().topic(1, { 'max.message.bytes': '20000' })
      const producer = await bench().producer()
      const records = [
        ...textRecords(40, 'before'),
        { value: Buffer.alloc(30_000, 1) },
        ...textRecords(40, 'after'),
        { value: Buffer.alloc(15_000, 2) },
      ]
      const report = await producer.send({ topic, partition: 0, records })
      expect(coveredIndexes(report)).toEqual(upTo(82))
      expect(report.failed).toHaveLength(1)
      expect(report.failed[0]).toMatchObject({ firstIndex: 40, count: 1 })
      const error = report.failed[0]?.error
      expect(error?.code).toBe('RECORD_TOO_LARGE')
      expect(error?.retryable).toBe(false)
      expect(error?.message).toMatch(/record of 300\d\d bytes is over max\.message\.bytes/)
      expect(error?.details).toMatchObject({ topic, limit: 'max.message.bytes' })
      // Only a driver that can read topic configs knows the limit's value.
      if ((await bench().admin()).topicConfigs !== undefined) expect(error?.details.limitBytes).toBe(20_000)
      expect(textsOf((await bench().readAll(topic)).get(0)).slice(0, 80)).toEqual([
        ...textRecords(40, 'before').map(({ value }) => value?.toString()),
        ...textRecords(40, 'after').map(({ value }) => value?.toString()),
      ])
    })

    test("a record over the client's maxRequestBytes fails alone, unsent", async () => {
      const topic = await bench().topic()
      const producer = await bench().producer({ maxRequestBytes: 5_000 })
      const records = [...textRecords(3), { value: Buffer.alloc(6_000) }, ...textRecords(3)]
      const report = await producer.send({ topic, partition: 0, records })
      expect(coveredIndexes(report)).toEqual(upTo(7))
      expect(report.failed[0]).toMatchObject({ firstIndex: 3, count: 1 })
      expect(report.failed[0]?.error.code).toBe('RECORD_TOO_LARGE')
      expect(report.failed[0]?.error.message).toMatch(/60\d\d bytes .* maxRequestBytes of 5000/)
    })

    test('a timestamp that Kafka would replace fails its record', async () => {
      const topic = await bench().topic()
      const producer = await bench().producer()
      const records = [{ value: Buffer.from('a'), timestampMs: 0 }, ...textRecords(1)]
      const report = await producer.send({ topic, partition: 0, records })
      expect(report.failed[0]?.error.code).toBe('RECORD_INVALID')
      expect(report.delivered).toEqual([{ firstIndex: 1, count: 1, baseOffset: 0n }])
    })

    test('partitionsOf lists the partitions, and names an unknown topic', async () => {
      const topic = await bench().topic(3)
      const producer = await bench().producer()
      expect(await producer.partitionsOf(topic)).toEqual([0, 1, 2])
      const error = await rejection(producer.partitionsOf('no-such-topic'))
      expect(error.code).toBe('TOPIC_NOT_FOUND')
      expect(error.message).toContain('no-such-topic')
    })

    test('an unknown topic fails the records, and the producer goes on', async () => {
      const topic = await bench().topic()
      const producer = await bench().producer()
      const report = await producer.send({ topic: 'no-such-topic', partition: 0, records: textRecords(5) })
      expect(report.delivered).toEqual([])
      expect(report.failed).toMatchObject([{ firstIndex: 0, count: 5 }])
      expect(report.failed[0]?.error.code).toBe('TOPIC_NOT_FOUND')
      const next = await producer.send({ topic, partition: 0, records: textRecords(5) })
      expect(countOf(next.delivered)).toBe(5)
    })

    test('a topic deleted under way fails its records, and other topics go on', async () => {
      const [gone, stays] = [await bench().topic(), await bench().topic()]
      const producer = await bench().producer({ deliveryTimeoutMs: 20_000 })
      for (const topic of [gone, stays]) {
        expect(
          countOf((await producer.send({ topic, partition: 0, records: textRecords(5) })).delivered),
        ).toBe(5)
      }
      await (await bench().admin()).deleteTopic(gone)
      const toGone = () => producer.send({ topic: gone, partition: 0, records: textRecords(5) })
      let report = await toGone()
      // The topic's broker may hear of it a moment after the controller has answered.
      while (report.failed.length === 0) report = await toGone()
      expect(report.delivered).toEqual([])
      expect(report.failed.map(({ error }) => error.code)).toEqual(['TOPIC_NOT_FOUND'])
      expect(
        countOf((await producer.send({ topic: stays, partition: 0, records: textRecords(5) })).delivered),
      ).toBe(5)
    })

    test('a partition out of range fails the records, until it is added', async () => {
      const topic = await bench().topic(2)
      const producer = await bench().producer()
      const report = await producer.send({ topic, partition: 2, records: textRecords(5) })
      expect(report.failed).toMatchObject([{ firstIndex: 0, count: 5 }])
      expect(report.failed[0]?.error.code).toBe('PARTITION_NOT_FOUND')
      expect(report.failed[0]?.error.message).toContain('no partition 2')
      await (await bench().admin()).addPartitions(topic, 3)
      await expect
        .poll(async () =>
          countOf((await producer.send({ topic, partition: 2, records: textRecords(1) })).delivered),
        )
        .toBe(1)
    })

    test.each(['all', 'none'] as const)(
      'a partition added under way is written to, acks %s',
      async (acks) => {
        const topic = await bench().topic(1)
        const producer = await bench().producer({ acks, idempotent: acks === 'all' })
        const before = await producer.send({ topic, partition: 0, records: textRecords(1, 'before') })
        expect(before.failed).toEqual([])
        await (await bench().admin()).addPartitions(topic, 2)
        await expect.poll(() => producer.partitionsOf(topic)).toEqual([0, 1])
        const report = await producer.send({ topic, partition: 1, records: textRecords(3, 'after') })
        expect(report.delivered).toEqual([
          { firstIndex: 0, count: 3, baseOffset: acks === 'none' ? undefined : 0n },
        ])
        await producer.close()
        await expect
          .poll(async () => textsOf((await bench().readAll(topic)).get(1)), { timeout: 20_000 })
          .toEqual(textRecords(3, 'after').map(({ value }) => value?.toString()))
      },
    )

    test('headers that are no headers fail their record alone, and name the header', async () => {
      const topic = await bench().topic()
      const producer = await bench().producer()
      const headers = [{ attempt: 1 }, { attempt: null }, null, ['x']] as unknown as Record<string, string>[]
      const records = [
        ...textRecords(2, 'before'),
        ...headers.map((wrong) => ({ value: Buffer.from('v'), headers: wrong })),
        ...textRecords(2, 'after'),
      ]
      const report = await producer.send({ topic, partition: 0, records })
      expect(coveredIndexes(report)).toEqual(upTo(8))
      expect(countOf(report.delivered)).toBe(4)
      for (const { error } of report.failed) expect(error.code).toBe('RECORD_INVALID')
      expect(report.failed[0]?.error.message).toBe('header "attempt" must be a string or bytes, got 1')
      expect(textsOf((await bench().readAll(topic)).get(0))).toEqual(
        [...textRecords(2, 'before'), ...textRecords(2, 'after')].map(({ value }) => value?.toString()),
      )
    })

    test('small batches beside a record that is too large are all delivered', async () => {
      const topic = await bench().topic(1, { 'max.message.bytes': '20000' })
      const producer = await bench().producer()
      // A library that merges them is refused for the sum of them.
      const sizes = [12_000, 12_000, 12_000, 30_000, 12_000, 12_000]
      const reports = await Promise.all(
        sizes.map((size) =>
          producer.send({ topic, partition: 0, records: [{ value: Buffer.alloc(size, 1) }] }),
        ),
      )
      expect(reports.map(({ delivered }) => countOf(delivered))).toEqual([1, 1, 1, 0, 1, 1])
      expect(reports[3]?.failed[0]?.error.code).toBe('RECORD_TOO_LARGE')
    })

    test('close that abandons reports every record at once, and nothing is written after it', async () => {
      const topic = await bench().topic()
      const producer = await bench().producer({ deliveryTimeoutMs: 60_000 })
      await producer.send({ topic, partition: 0, records: textRecords(1) })
      // Enough that no library has an answer to all of it by the time the first batch is acknowledged.
      const value = Buffer.alloc(5_000, 1)
      const sending = upTo(120).map((batch) => {
        const records = upTo(100).map((i) => ({ key: Buffer.from(`b${batch}-${i}`), value }))
        return producer.send({ topic, partition: 0, records })
      })
      await sending[0]
      // A close without it, already under way, is overtaken.
      const closing = producer.close()
      await producer.close({ abandon: true })
      await closing
      const reports = await Promise.all(sending)
      for (const report of reports) expect(coveredIndexes(report)).toEqual(upTo(100))
      const errors = reports.flatMap(({ failed }) => failed.map(({ error }) => error))
      expect(errors.length).toBeGreaterThan(0)
      for (const error of errors) expect(error.code).toBe('DELIVERY_TIMEOUT')
      const log = (await bench().readAll(topic)).get(0) ?? []
      expect(log.length - 1).toBeGreaterThanOrEqual(countOf(reports.flatMap(({ delivered }) => delivered)))
      // What was said not to be written isn't.
      const keys = new Set(log.map(({ key }) => String(key)))
      reports.forEach(({ failed }, batch) => {
        for (const { firstIndex, count, error } of failed) {
          if (error.details.mayBeWritten) continue
          for (const i of upTo(count)) expect(keys.has(`b${batch}-${firstIndex + i}`)).toBe(false)
        }
      })
    })

    test('close delivers what was sent before, and refuses what comes after', async () => {
      const topic = await bench().topic()
      const producer = await bench().producer()
      const sending = producer.send({ topic, partition: 0, records: textRecords(100) })
      await producer.close()
      expect(countOf((await sending).delivered)).toBe(100)
      const error = await rejection(producer.send({ topic, partition: 0, records: textRecords(1) }))
      expect(error.code).toBe('PRODUCER_CLOSED')
      expect((await rejection(producer.partitionsOf(topic))).code).toBe('PRODUCER_CLOSED')
      await producer.close()
    })

    test('an unreachable broker is named', async () => {
      const port = await unusedPort()
      const connection = connectionTo(`127.0.0.1:${port}`, { connectTimeoutMs: 1_500 })
      const error = await rejection(driver.createProducer(connection, defaultOptions))
      expect(error.code).toBe('BROKER_UNREACHABLE')
      expect(error.retryable).toBe(true)
      expect(error.message).toContain(`127.0.0.1:${port}`)
    })

    test('a broker that accepts and never answers is unreachable', async () => {
      const server = createServer()
      const port = await new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
      })
      try {
        const connection = connectionTo(`127.0.0.1:${port}`, {
          connectTimeoutMs: 1_500,
          requestTimeoutMs: 1_500,
        })
        expect((await rejection(driver.createProducer(connection, defaultOptions))).code).toBe(
          'BROKER_UNREACHABLE',
        )
      } finally {
        server.close()
      }
    })

    test('what the driver cannot do is refused before it connects', async () => {
      const connection = connectionTo('127.0.0.1:1')
      const contradiction = { ...defaultOptions, acks: 'leader' as const }
      expect((await rejection(driver.createProducer(connection, contradiction))).code).toBe('CONFIG_INVALID')
      for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
        if (driver.compressions.includes(compression)) continue
        const error = await rejection(driver.createProducer(connection, { ...defaultOptions, compression }))
        expect(error.code).toBe('DRIVER_UNSUPPORTED_OPTION')
        expect(error.message).toContain(`compression "${compression}"`)
        expect(error.details.supported).toEqual(driver.compressions)
      }
    })
  })
}

async function unusedPort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}
