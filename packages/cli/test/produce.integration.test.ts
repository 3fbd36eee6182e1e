import { randomUUID } from 'node:crypto'
import { type KafkaAdmin, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { produce } from '../src/commands/produce.js'
import { fakeIo } from './fake-io.js'

let admin: KafkaAdmin
let broker: string
const topics: string[] = []

beforeAll(async () => {
  const brokers = process.env.TIDEWATER_BOOTSTRAP_BROKERS
  if (!brokers)
    throw new TypeError('TIDEWATER_BOOTSTRAP_BROKERS is not set: these tests need a real Kafka broker')
  broker = brokers
  admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers, clientId: 'cli-test' }))
})
afterAll(async () => {
  for (const topic of topics) await admin.deleteTopic(topic)
  await admin?.close()
})

async function newTopic(): Promise<string> {
  const topic = `cli-produce-${randomUUID()}`
  await admin.createTopic({ topic, partitions: 3, replicationFactor: 1 })
  topics.push(topic)
  return topic
}

async function recordsIn(topic: string): Promise<number> {
  return (await admin.topicOffsets(topic)).reduce((sum, { latest }) => sum + Number(latest), 0)
}

const runningIo = () => fakeIo({ now: () => Date.now() })

test("the run book's arguments produce cycle times count records, and --json counts them", async () => {
  const topicName = await newTopic()
  const io = runningIo()
  await produce({ topicName, broker, cycle: 4, count: 250, clientId: 'writer-7', json: true }, io)
  const document = JSON.parse(io.out())
  expect(document).toMatchObject({
    topic: topicName,
    writerId: 'writer-7',
    written: 1_000,
    delivered: 1_000,
    failed: 0,
  })
  expect(document.partitions).toHaveLength(3)
  expect(
    document.partitions.reduce((sum: number, one: { delivered: number }) => sum + one.delivered, 0),
  ).toBe(1_000)
  expect(await recordsIn(topicName)).toBe(1_000)
})

test('a run without end ends by the signal, and what it wrote is delivered and counted', async () => {
  const topicName = await newTopic()
  const io = runningIo()
  const running = produce({ topicName, broker, cycle: -1, ratePerSecond: 2_000, json: true }, io)
  await expect.poll(() => recordsIn(topicName), { timeout: 20_000 }).toBeGreaterThan(100)
  io.abort()
  await running
  const document = JSON.parse(io.out())
  expect(document).toMatchObject({ stopped: true, failed: 0 })
  expect(document.delivered).toBe(document.written)
  expect(await recordsIn(topicName)).toBe(document.delivered)
})

test('a run with an end that is stopped before says so', async () => {
  const topicName = await newTopic()
  const io = runningIo()
  const running = produce({ topicName, broker, count: 1_000_000, ratePerSecond: 1_000 }, io)
  await expect.poll(() => recordsIn(topicName), { timeout: 20_000 }).toBeGreaterThan(10)
  io.abort()
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
})

test('a run for some time ends by itself', async () => {
  const topicName = await newTopic()
  const io = runningIo()
  await produce({ topicName, broker, durationMs: 500, ratePerSecond: 1_000, json: true }, io)
  const document = JSON.parse(io.out())
  expect(document).toMatchObject({ stopped: false, failed: 0 })
  expect(document.delivered).toBeGreaterThan(0)
  expect(await recordsIn(topicName)).toBe(document.written)
})

test('a dry run connects to nothing', async () => {
  const io = runningIo()
  await produce({ topicName: 'flows', broker: '127.0.0.1:9', cycle: 2, count: 10, dryRun: true }, io)
  expect(io.out()).toContain('would produce 20 records to flows at 127.0.0.1:9')
})

test('an unknown driver is named with those there are', async () => {
  const io = runningIo()
  await expect(
    produce({ topicName: 'flows', broker, driver: 'librdkafka' as never }, io),
  ).rejects.toThrowError(/driver: must be one of native, kafkajs, confluent, got "librdkafka"/)
})
