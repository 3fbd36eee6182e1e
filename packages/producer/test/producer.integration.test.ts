import { avroCodec, driverNames } from '@tidewater/core'
import { Partitioners } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProducer, type DeliveryReport, SendFailedError } from '../src/index.js'
import { netflowGenerator, netflowSchema } from '../src/sample/index.js'
import { reading, readingCodec, readingSchema } from './producer-under-test.js'
import { RealBroker } from './real-broker.js'

const flowCodec = avroCodec(netflowSchema)

let broker: RealBroker
beforeAll(() => {
  broker = new RealBroker()
})
afterAll(() => broker?.close())

describe.each(driverNames)('the %s driver', (driver) => {
  test('every record arrives once, unchanged, at the offsets reported, and memory stays within its bound', async () => {
    const topic = await broker.createTopic(3)
    const reports: DeliveryReport[] = []
    const maxBufferedBytes = 4 * 1024 * 1024
    const producer = await createProducer({
      brokers: broker.brokers,
      topic,
      driver,
      schema: netflowSchema,
      maxBufferedBytes,
      onDelivery: (report) => reports.push(report),
    })
    const count = 60_000
    const flows = netflowGenerator({ seed: 3, writerId: 'w1', startTimeMs: 1_750_000_000_000 })
    let pauses = 0
    for (let written = 0; written < count; written++) {
      const pause = producer.write(flows.next())
      if (pause === undefined) continue
      pauses++
      await pause
    }
    await producer.close()

    const stats = producer.stats()
    expect(stats).toMatchObject({
      writtenRecords: count,
      deliveredRecords: count,
      failedRecords: 0,
      bufferedBytes: 0,
    })
    expect(pauses).toBeGreaterThan(0)
    expect(stats.peakBufferedBytes).toBeLessThanOrEqual(maxBufferedBytes)
    expect(reports.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(count)
    for (const { partition, latest } of await broker.offsets(topic)) {
      expect(stats.partitions[partition]).toMatchObject({
        deliveredRecords: Number(latest),
        minOffset: 0n,
        maxOffset: latest - 1n,
      })
    }

    const again = netflowGenerator({ seed: 3, writerId: 'w1', startTimeMs: 1_750_000_000_000 })
    const arrived = (await broker.readAll(topic)).map(({ value }) => flowCodec.decode(value as Uint8Array))
    arrived.sort((a, b) => a.export_proto_seqno - b.export_proto_seqno)
    expect(arrived).toEqual(Array.from({ length: count }, () => again.next()))
  })

  test('send says where each record landed', async () => {
    const topic = await broker.createTopic(3)
    await using producer = await createProducer({
      brokers: broker.brokers,
      topic,
      driver,
      schema: readingSchema,
    })
    const records = Array.from({ length: 300 }, (_, value) => reading(value))
    const deliveries = await producer.send(records, (_, index) => ({ partition: (index * 7) % 3 }))
    const arrived = await broker.readAll(topic)
    const valueAt = new Map(
      arrived.map((record) => [
        `${record.partition}:${record.offset}`,
        readingCodec.decode(record.value as Uint8Array).value,
      ]),
    )
    expect(deliveries.map(({ partition, offset }) => valueAt.get(`${partition}:${offset}`))).toEqual(
      records.map(({ value }) => value),
    )
  })

  test("records of a key lie, in order, in the partition Java's client would choose; headers and time come along", async () => {
    const topic = await broker.createTopic(5, { 'retention.ms': '-1' })
    const producer = await createProducer({ brokers: broker.brokers, topic, driver, schema: readingSchema })
    for (let value = 0; value < 1_000; value++) {
      producer.write(reading(value), {
        key: `gauge-${value % 20}`,
        headers: { unit: 'cm', raw: Buffer.from([0, 255]) },
        timestampMs: 1_750_000_000_000 + value,
      })
    }
    await producer.close()
    const arrived = await broker.readAll(topic)
    expect(arrived).toHaveLength(1_000)
    const witness = Partitioners.DefaultPartitioner()
    const partitionMetadata = Array.from({ length: 5 }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
      partitionErrorCode: 0,
    }))
    const lastOfKey = new Map<string, number>()
    for (const record of arrived) {
      const { value } = readingCodec.decode(record.value as Uint8Array)
      const key = String(record.key)
      expect(key).toBe(`gauge-${value % 20}`)
      expect(record.partition).toBe(witness({ topic, partitionMetadata, message: { key, value: null } }))
      expect(value).toBeGreaterThan(lastOfKey.get(key) ?? -1)
      lastOfKey.set(key, value)
      expect(record.timestampMs).toBe(1_750_000_000_000 + value)
      expect(String(record.headers.unit)).toBe('cm')
      expect(Buffer.from(record.headers.raw as Uint8Array)).toEqual(Buffer.from([0, 255]))
    }
  })

  test('a batch over the topic limit is sent in parts, in order; a record over it fails alone and is named', async () => {
    const topic = await broker.createTopic(1, { 'max.message.bytes': '20000' })
    await using producer = await createProducer({
      brokers: broker.brokers,
      topic,
      driver,
      schema: readingSchema,
      compression: 'none',
    })
    const records = Array.from({ length: 50 }, (_, value) =>
      reading(value, 'x'.repeat(value === 25 ? 30_000 : 2_000)),
    )
    const thrown = await producer.send(records).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(thrown).toBeInstanceOf(SendFailedError)
    const { failures, deliveries } = thrown as SendFailedError
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[25, 'RECORD_TOO_LARGE']])
    expect(deliveries.filter((delivery) => delivery !== undefined)).toHaveLength(49)
    const arrived = await broker.readAll(topic)
    const expected = records.map(({ value }) => value).filter((value) => value !== 25)
    expect(arrived.map(({ value }) => readingCodec.decode(value as Uint8Array).value)).toEqual(expected)
  })

  test('a lone record arrives by its linger, without flush', async () => {
    const topic = await broker.createTopic(1)
    let delivered!: (report: DeliveryReport) => void
    const report = new Promise<DeliveryReport>((resolve) => {
      delivered = resolve
    })
    await using producer = await createProducer({
      brokers: broker.brokers,
      topic,
      driver,
      schema: readingSchema,
      onDelivery: delivered,
    })
    producer.write(reading(1))
    expect(await report).toMatchObject({ topic, partition: 0, baseOffset: 0n, recordCount: 1 })
  })

  test('an unknown topic is TOPIC_NOT_FOUND', async () => {
    const creating = createProducer({
      brokers: broker.brokers,
      topic: 'no-such-topic',
      driver,
      schema: readingSchema,
    })
    await expect(creating).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
  })

  test('a broker that does not answer is BROKER_UNREACHABLE', async () => {
    const creating = createProducer({
      // The discard port: nothing listens there.
      brokers: '127.0.0.1:9',
      topic: 'readings',
      driver,
      schema: readingSchema,
      connectTimeoutMs: 1_000,
    })
    await expect(creating).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
  })
})
