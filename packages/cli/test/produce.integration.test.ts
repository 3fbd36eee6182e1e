import { expect, test } from 'vitest'
import { produce } from '../src/commands/produce.js'
import { fakeIo } from './fake-io.js'
import { RealTopics } from './real-topics.js'

const topics = new RealTopics()

const runningIo = () => fakeIo({ now: () => Date.now() })

test("the run book's arguments produce cycle times count records, and --json counts them", async () => {
  const topicName = await topics.create()
  const io = runningIo()
  await produce(
    { topicName, broker: topics.broker, cycle: 4, count: 250, clientId: 'writer-7', json: true },
    io,
  )
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
  expect(await topics.recordsIn(topicName)).toBe(1_000)
})

test('a run without end ends by the signal, and what it wrote is delivered and counted', async () => {
  const topicName = await topics.create()
  const io = runningIo()
  const running = produce(
    { topicName, broker: topics.broker, cycle: -1, ratePerSecond: 2_000, json: true },
    io,
  )
  await expect.poll(() => topics.recordsIn(topicName), { timeout: 20_000 }).toBeGreaterThan(100)
  io.abort()
  await running
  const document = JSON.parse(io.out())
  expect(document).toMatchObject({ stopped: true, failed: 0 })
  expect(document.delivered).toBe(document.written)
  expect(await topics.recordsIn(topicName)).toBe(document.delivered)
})

test('a run with an end that is stopped before says so', async () => {
  const topicName = await topics.create()
  const io = runningIo()
  const running = produce({ topicName, broker: topics.broker, count: 1_000_000, ratePerSecond: 1_000 }, io)
  await expect.poll(() => topics.recordsIn(topicName), { timeout: 20_000 }).toBeGreaterThan(10)
  io.abort()
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
})

test('a run for some time ends by itself', async () => {
  const topicName = await topics.create()
  const io = runningIo()
  await produce({ topicName, broker: topics.broker, durationMs: 500, ratePerSecond: 1_000, json: true }, io)
  const document = JSON.parse(io.out())
  expect(document).toMatchObject({ stopped: false, failed: 0 })
  expect(document.delivered).toBeGreaterThan(0)
  expect(await topics.recordsIn(topicName)).toBe(document.written)
})

test('a dry run connects to nothing', async () => {
  const io = runningIo()
  await produce({ topicName: 'flows', broker: '127.0.0.1:9', cycle: 2, count: 10, dryRun: true }, io)
  expect(io.out()).toContain('would produce 20 records to flows at 127.0.0.1:9')
})

test('an unknown driver is named with those there are', async () => {
  const io = runningIo()
  // What a command line may say, and a type would not.
  const driver = 'librdkafka' as 'native'
  await expect(produce({ topicName: 'flows', broker: topics.broker, driver }, io)).rejects.toThrowError(
    /driver: must be one of native, kafkajs, confluent, got "librdkafka"/,
  )
})
