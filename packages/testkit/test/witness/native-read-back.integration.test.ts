// What our producer writes, as clients read it that share no code with it.
import { avroSchema, type Compression, type KafkaConnection, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { createProducer } from '@tidewater/producer'
import { nativeDriver } from '@tidewater/producer/native'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalStack, startLocal } from '../../src/index.js'
import { type JavaRecord, readByJava, readByPlatformatic } from './peer-readers.js'
import { expected, inOrder, type ReadRecord, readRecord } from './read-record.js'

const nowMs = 1_700_000_000_000
const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const sizes = [0, 1, 63, 64, 127, 128, 8_191, 8_192, 70_000]

const records = [
  { value: null, key: Buffer.from('tombstone'), timestampMs: nowMs },
  { value: Buffer.alloc(0), key: Buffer.alloc(0), timestampMs: nowMs - 86_400_000 },
  { value: null, timestampMs: 1 },
  {
    value: allBytes,
    key: allBytes,
    headers: { '': '', ütf: '日本', bytes: allBytes },
    timestampMs: nowMs + 1,
  },
  {
    value: Buffer.from('v'),
    headers: Object.fromEntries(sizes.slice(0, 8).map((size) => [`of ${size}`, Buffer.alloc(size, 7)])),
    timestampMs: nowMs,
  },
  ...sizes.map((size, index) => ({
    value: Buffer.alloc(size, `value ${index}`),
    key: Buffer.alloc(size, `key ${index}`),
    timestampMs: nowMs - index * 3_600_000,
  })),
  // Offsets that take two bytes, and values that compress.
  ...Array.from({ length: 300 }, (_, index) => ({
    value: Buffer.from(`the same again and again, number ${index}`),
    key: index % 3 === 0 ? null : Buffer.from(`key-${index % 5}`),
    timestampMs: nowMs + index,
  })),
]

const topicOf = (compression: Compression) => `written-${compression}`
const expectedOf = (compression: Compression) => expected(topicOf(compression), 0, records)

let stack: LocalStack
let connection: KafkaConnection
const expectedCount = records.length
let byJava: readonly JavaRecord[]
const keyed = 'keyed'
const keyedPartitions = 7

beforeAll(async () => {
  stack = await startLocal()
  connection = kafkaConnection({ brokers: stack.bootstrapBrokers })
  const topics = nativeDriver.compressions.map(topicOf)
  const admin = await kafkajsDriver.createAdmin(connection)
  // The records' times lie in the past: by default the broker deletes them at its first look, half a minute after its start.
  const configs = { 'retention.ms': '-1' }
  for (const topic of topics) await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, configs })
  await admin.createTopic({ topic: keyed, partitions: keyedPartitions, replicationFactor: 1 })
  await admin.close()
  for (const compression of nativeDriver.compressions) await write(compression)
  await writeKeyed()
  byJava = await readByJava(stack.bootstrapBrokers, [...topics, keyed])
})
afterAll(() => stack.stop())

async function write(compression: Compression): Promise<void> {
  const producer = await nativeDriver.createProducer(connection, {
    acks: 'all',
    idempotent: true,
    compression,
    deliveryTimeoutMs: 30_000,
    maxRequestBytes: 1_000_000,
  })
  const report = await producer.send({ topic: topicOf(compression), partition: 0, records })
  expect(report.failed).toEqual([])
  await producer.close()
}

/** Keys of every length to 40, of bytes with and without the sign bit. */
const keys = Array.from({ length: 400 }, (_, index) =>
  Buffer.alloc(index % 41, Buffer.from([index, index * 37, 255 - index, index >> 3])),
)

async function writeKeyed(): Promise<void> {
  const schema = avroSchema({ type: 'record', name: 'numbered', fields: [{ name: 'number', type: 'int' }] })
  await using producer = await createProducer({ brokers: stack.bootstrapBrokers, topic: keyed, schema })
  for (const [number, key] of keys.entries()) await producer.write({ number }, { key })
}

const withoutJava = ({ timestampType: _, keyPartition: __, ...record }: JavaRecord): ReadRecord => record

describe.each(nativeDriver.compressions)('%s', (compression) => {
  test("Kafka's Java client reads every record as it was written", () => {
    const read = byJava.filter(({ topic }) => topic === topicOf(compression))
    expect(inOrder(read.map(withoutJava))).toEqual(expectedOf(compression))
    expect(new Set(read.map(({ timestampType }) => timestampType))).toEqual(new Set(['CreateTime']))
  })

  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const readsZstd = major > 22 || (major === 22 && minor >= 15)
  // 1.x is the last for Node 20; 2.x says it needs 22.19.
  const versions = ['1.35.0', ...(major > 22 || (major === 22 && minor >= 19) ? ['2.12.1'] : [])]
  test.each(versions)('@platformatic/kafka %s does, unless its Node lacks the codec', async (version) => {
    const reading = readByPlatformatic(version, stack.bootstrapBrokers, topicOf(compression), records.length)
    if (compression === 'zstd' && !readsZstd)
      await expect(reading).rejects.toThrowError('zstd is not supported')
    else expect(inOrder(await reading)).toEqual(expectedOf(compression))
  })

  test('kafkajs does, unless it lacks the codec', async () => {
    const reading = readByKafkajs(topicOf(compression))
    if (kafkajsDriver.compressions.includes(compression))
      expect(inOrder(await reading)).toEqual(expectedOf(compression))
    else await expect(reading).rejects.toMatchObject({ code: 'DRIVER_UNSUPPORTED_OPTION' })
  })
})

async function readByKafkajs(topic: string): Promise<ReadRecord[]> {
  const consumer = await kafkajsDriver.createConsumer(connection, {
    groupId: `witness-${topic}`,
    topics: [topic],
    startFrom: 'earliest',
  })
  const read: ReadRecord[] = []
  const done = new AbortController()
  try {
    await consumer.run(async ({ partition, records }) => {
      read.push(...records.map((record) => readRecord(topic, partition, record)))
      if (read.length >= expectedCount) done.abort()
    }, done.signal)
  } finally {
    await consumer.close()
  }
  return read
}

test("keys are where Java's producer puts them", () => {
  const read = byJava.filter(({ topic }) => topic === keyed)
  expect(read.map(({ key }) => key).sort()).toEqual(keys.map((key) => key.toString('hex')).sort())
  expect(read.map(({ partition }) => partition)).toEqual(read.map(({ keyPartition }) => keyPartition))
  expect(new Set(read.map(({ partition }) => partition)).size).toBe(keyedPartitions)
})
