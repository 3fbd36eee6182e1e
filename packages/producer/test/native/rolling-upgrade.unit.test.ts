// Brokers of different releases behind one cluster, and brokers that change their release under a producer.
import { type DriverProducer, type DriverProducerOptions, kafkaConnection } from '@tidewater/core'
import { expect, onTestFinished, test } from 'vitest'
import { nativeDriver } from '../../src/native/index.js'
import { produceKey } from '../../src/native/wire/produce.js'
import { ScriptedCluster } from './scripted-cluster.js'

const apiVersionsKey = 18
const initProducerIdKey = 22
const addPartitionsKey = 24
const endTxnKey = 26

async function producerOf(
  cluster: ScriptedCluster,
  more: Partial<DriverProducerOptions> = {},
): Promise<DriverProducer> {
  const producer = await nativeDriver.createProducer(kafkaConnection({ brokers: cluster.addresses }), {
    acks: 'all',
    idempotent: true,
    compression: 'none',
    deliveryTimeoutMs: 20_000,
    maxRequestBytes: 1_000_000,
    ...more,
  })
  onTestFinished(() => producer.close({ abandon: true }))
  return producer
}

/** Sends the numbers, each in a batch of its own; resolves when all are delivered. */
async function deliver(producer: DriverProducer, partition: number, numbers: readonly number[]) {
  const sent = numbers.map((number) =>
    producer.send({ topic: 'flows', partition, records: [{ value: Buffer.from(String(number)) }] }),
  )
  const reports = await Promise.all(sent)
  expect(reports.flatMap(({ failed }) => failed)).toEqual([])
  expect(reports.flatMap(({ delivered }) => delivered).filter(({ mayBeRepeated }) => mayBeRepeated)).toEqual(
    [],
  )
}

const upTo = (end: number, first = 0) => Array.from({ length: end - first }, (_, index) => first + index)

test('each broker is asked in its own version, whichever was asked first', async () => {
  const cluster = await ScriptedCluster.start(3)
  const [, older, oldest] = cluster.brokers
  older?.maxVersions.set(produceKey, 11)
  oldest?.maxVersions.set(produceKey, 9)
  const producer = await producerOf(cluster)
  await Promise.all([0, 1, 2].map((partition) => deliver(producer, partition, upTo(20))))
  expect([1, 2, 3].map((nodeId) => cluster.versionsOf('produce', nodeId))).toEqual([[12], [11], [9]])
  for (const partition of [0, 1, 2]) expect(cluster.log(partition)).toEqual(upTo(20))
})

test('a broker that comes back as another release is asked anew', async () => {
  const cluster = await ScriptedCluster.start(1)
  const [broker] = cluster.brokers
  const producer = await producerOf(cluster)
  await deliver(producer, 0, upTo(10))
  for (const [max, first] of [
    [10, 10],
    [12, 20],
  ] as const) {
    broker?.maxVersions.set(produceKey, max)
    broker?.dropConnections()
    await deliver(producer, 0, upTo(first + 10, first))
  }
  expect(cluster.versionsOf('produce')).toEqual([12, 10, 12])
  expect(cluster.log(0)).toEqual(upTo(30))
})

test('UNSUPPORTED_VERSION is no refusal: the versions are asked again, and what was under way follows in its order', async () => {
  const cluster = await ScriptedCluster.start(1)
  const [broker] = cluster.brokers
  const producer = await producerOf(cluster)
  await deliver(producer, 0, upTo(5))
  if (broker !== undefined) broker.refusesBy = 'answering'
  broker?.maxVersions.set(produceKey, 10)
  await deliver(producer, 0, upTo(40, 5))
  expect(cluster.versionsOf('produce')).toEqual([12, 10])
  expect(cluster.log(0)).toEqual(upTo(40))
})

test('a broker that refuses the version of InitProducerId is left for another', async () => {
  const cluster = await ScriptedCluster.start(2)
  const producer = await producerOf(cluster)
  const [first] = cluster.brokers
  first?.maxVersions.set(initProducerIdKey, 3)
  if (first !== undefined) first.refusesBy = 'answering'
  await deliver(producer, 0, upTo(10))
  expect(cluster.asked.filter(({ key }) => key === initProducerIdKey).map(({ nodeId }) => nodeId)).toEqual([
    1, 2,
  ])
  expect(cluster.log(0)).toEqual(upTo(10))
})

test('a bootstrap broker that is too old is passed over; when all are, that is the error', async () => {
  const cluster = await ScriptedCluster.start(2)
  const [first, second] = cluster.brokers
  first?.maxVersions.set(initProducerIdKey, 3)
  await producerOf(cluster)
  second?.maxVersions.set(produceKey, 8)
  await expect(producerOf(cluster)).rejects.toMatchObject({
    code: 'KAFKA_PROTOCOL',
    retryable: false,
    message: expect.stringContaining(
      'needs InitProducerId v4 (Kafka 2.7 and later); the broker has v0 to v3',
    ),
  })
})

test('a transaction ends in the way it began, however the cluster is upgraded under it', async () => {
  const cluster = await ScriptedCluster.start(1)
  const producer = await producerOf(cluster, { transactionalId: 'loader', transactionTimeoutMs: 60_000 })
  const { transactions } = producer
  transactions?.begin()
  await deliver(producer, 0, upTo(5))
  cluster.transactionVersion = 2
  cluster.brokers[0]?.dropConnections()
  await deliver(producer, 0, upTo(10, 5))
  await transactions?.commit()
  expect([cluster.versionsOf('produce'), cluster.versionsOf('endTxn')]).toEqual([[11], [3]])
  transactions?.begin()
  await deliver(producer, 0, upTo(15, 10))
  await transactions?.commit()
  expect([cluster.versionsOf('produce'), cluster.versionsOf('endTxn')]).toEqual([
    [11, 12],
    [3, 5],
  ])
  expect(cluster.asked.filter(({ key }) => key === addPartitionsKey)).toHaveLength(1)
  expect(cluster.log(0)).toEqual(upTo(15))
})

test('a coordinator that refuses the version of EndTxn is connected to anew, until it takes it', async () => {
  const cluster = await ScriptedCluster.start(1)
  const [broker] = cluster.brokers
  const producer = await producerOf(cluster, { transactionalId: 'loader', transactionTimeoutMs: 60_000 })
  const { transactions } = producer
  transactions?.begin()
  await deliver(producer, 0, upTo(5))
  broker?.maxVersions.set(endTxnKey, 2)
  if (broker !== undefined) broker.refusesBy = 'answering'
  const committed = transactions?.commit()
  const timesAsked = (key: number) => cluster.asked.filter((one) => one.key === key).length
  await expect.poll(() => timesAsked(endTxnKey)).toBeGreaterThan(1)
  broker?.maxVersions.clear()
  await committed
  expect(cluster.log(0)).toEqual(upTo(5))
  // The first connections are those of control, batches and coordinator; each refusal ends the last of them.
  const refusals = timesAsked(endTxnKey) - 1
  expect(timesAsked(apiVersionsKey)).toBe(3 + refusals)
})
