// This project's own drivers against the local broker with IAM: with the policies that are made here, over sessions that
// end, and when all come at once.
import { setTimeout as pause } from 'node:timers/promises'
import { iamPolicy, type KafkaDriver, type PolicyRequest } from '@tidewater/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLocal } from '../../src/index.js'
import { countRecords, createTopic, readValues } from '../kafka-records.js'
import { consume, iamConnection, numbered, producerOptions, upTo } from './own-clients.js'
import { drivers, OwnStage } from './own-stage.js'
import { clusterArn, everything } from './policies.js'

const flowSeconds = 25
const least = (request: Record<string, unknown>) => [
  iamPolicy({ clusterArn, ...request } as PolicyRequest).document,
]

const users = {
  admin: least({ role: 'topic-admin', topics: ['trip-*'] }),
  producer: least({ role: 'idempotent-producer', topics: ['trip-*'] }),
  consumer: least({ role: 'consumer', topics: ['trip-*'], groups: ['trip-*'] }),
  flow: [everything],
}

let stage: OwnStage<keyof typeof users>
beforeAll(async () => {
  stage = await OwnStage.open(users, {
    clusterArn,
    // More than kafkajs's ten seconds of margin, and short enough for two of librdkafka's nine tenths.
    sessionSeconds: 12,
    roles: [{ name: 'brief', policies: [everything] }],
  })
})
afterAll(() => stage?.stack.stop())

test(`${flowSeconds} s in sessions of 12 s: each driver's records arrive in order, once each`, async () => {
  await Promise.all(drivers.map(expectSteadyFlow))
})

async function expectSteadyFlow(driver: KafkaDriver): Promise<void> {
  const topic = `flow-${driver.name}`
  await createTopic(stage.stack.bootstrapBrokers, topic)
  const connection = iamConnection(stage.stack.iam, stage.user(driver, 'flow'))
  const producer = await driver.createProducer(connection, producerOptions)
  let count = Number.POSITIVE_INFINITY
  const consumed = consume(driver, connection, topic, () => count)
  const reports: ReturnType<typeof producer.send>[] = []
  const batchSize = 10
  for (const endsAtMs = performance.now() + flowSeconds * 1_000; performance.now() < endsAtMs; ) {
    const records = numbered(reports.length * batchSize, batchSize)
    reports.push(producer.send({ topic, partition: 0, records }))
    await pause(20)
  }
  const settled = await Promise.all(reports)
  expect(settled.flatMap(({ failed }) => failed)).toEqual([])
  count = settled.length * batchSize + 1
  // By now the consumer knows how many there are, and this one it has not read yet.
  await producer.send({ topic, partition: 0, records: numbered(count - 1, 1) })
  await producer.close()
  expect(await consumed).toEqual(upTo(count))
  expect(await readValues(stage.stack.bootstrapBrokers, topic, count)).toEqual(upTo(count))
  const again = (await stage.decisions(driver, 'flow')).filter(({ kind }) => kind === 'reauthentication')
  // Of the producer and of the consumer, two at least.
  expect(again.length).toBeGreaterThanOrEqual(4)
  expect(await stage.denials(driver, 'flow')).toEqual([])
}

describe.each(drivers)('the driver $name', (driver) => {
  const as = (who: keyof typeof users) => iamConnection(stage.stack.iam, stage.user(driver, who))

  test('creates, produces and consumes with the least of permissions', async () => {
    const topic = `trip-${driver.name}`
    const admin = await driver.createAdmin(as('admin'))
    await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 })
    await admin.close()
    const producer = await driver.createProducer(as('producer'), producerOptions)
    const report = await producer.send({ topic, partition: 0, records: numbered(0, 500) })
    await producer.close()
    expect(report).toMatchObject({ delivered: [{ firstIndex: 0, count: 500 }], failed: [] })
    expect(await consume(driver, as('consumer'), topic, () => 500)).toEqual(upTo(500))
    for (const who of ['admin', 'producer', 'consumer'] as const) {
      expect(await stage.denials(driver, who)).toEqual([])
      const entry = { kind: 'authentication', result: 'allowed', mechanism: 'OAUTHBEARER' }
      expect(await stage.decisions(driver, who)).toContainEqual(expect.objectContaining(entry))
    }
  })

  test('a session of eight seconds is enough to produce', async () => {
    const { expiration: _, ...brief } = await stage.stack.iam.assumeRole('brief', {
      sessionName: driver.name,
      durationSeconds: 8,
    })
    await createTopic(stage.stack.bootstrapBrokers, `brief-${driver.name}`)
    const connection = iamConnection(stage.stack.iam, brief)
    const producer = await driver.createProducer(connection, producerOptions)
    const report = await producer.send({
      topic: `brief-${driver.name}`,
      partition: 0,
      records: numbered(0, 3),
    })
    await producer.close()
    expect(report).toMatchObject({ delivered: [{ firstIndex: 0, count: 3 }], failed: [] })
  })
})

test('eight clients at once get in at five connections a second, by coming back', async () => {
  await Promise.all(drivers.map(expectAllAdmitted))
})

async function expectAllAdmitted(driver: KafkaDriver): Promise<void> {
  await using crowded = await startLocal({
    iam: { connectionsPerSecond: 5, logAllowedAuthorizations: false },
  })
  const { iam } = crowded
  await createTopic(crowded.bootstrapBrokers, 'crowd')
  const inCrowd = async () => {
    const connection = iamConnection(iam, iam, { connectTimeoutMs: 60_000, requestTimeoutMs: 60_000 })
    const producer = await driver.createProducer(connection, {
      ...producerOptions,
      deliveryTimeoutMs: 90_000,
    })
    const report = await producer.send({ topic: 'crowd', partition: 0, records: numbered(0, 1) })
    await producer.close()
    return report
  }
  const reports = await Promise.all(Array.from({ length: 8 }, inCrowd))
  expect(reports.flatMap(({ failed }) => failed)).toEqual([])
  expect(await countRecords(crowded.bootstrapBrokers, 'crowd')).toBe(8)
  const refused = (await iam.decisions()).filter(({ kind }) => kind === 'connection-refused')
  expect(refused).not.toEqual([])
}
