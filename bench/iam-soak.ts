// Sessions that end every 20 seconds, credentials that end every minute, and producers and consumers of each driver at work
// throughout: what is lost, doubled or out of order at the end, and how often each authenticated anew.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { avroCodec, avroSchema, ensureTopic, iamPolicy, kafkaConnection, mskIam } from '@tidewater/core'
import { confluentDriver } from '@tidewater/core/confluent'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { createProducer } from '@tidewater/producer'
import { nativeDriver } from '@tidewater/producer/native'
import { type LocalIamStack, startLocal } from '@tidewater/testkit'
import { SequenceCheck } from './iam/sequence-check.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    'session-seconds': { type: 'string', default: '20' },
    'credential-seconds': { type: 'string', default: '60' },
    rate: { type: 'string', default: '2000' },
    driver: { type: 'string', default: 'native,kafkajs,confluent' },
    json: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
const rate = Number(values.rate)
const partitions = 3
const tickMs = 50
const schema = avroSchema({
  type: 'record',
  name: 'Numbered',
  fields: [{ name: 'sequence', type: 'long' }],
} as const)
const codec = avroCodec(schema)
// The native driver only produces: what it wrote, kafkajs reads.
const drivers = {
  native: { ...kafkajsDriver, ...nativeDriver },
  kafkajs: kafkajsDriver,
  confluent: confluentDriver,
}
type DriverName = keyof typeof drivers

const clusterArn = 'arn:aws:kafka:us-east-1:123456789012:cluster/soak/0f1e2d3c-4b5a-4687-8899-aabbccddeeff-1'
const topics = Object.keys(drivers).map((driver) => `soak-${driver}`)

const unhandled: string[] = []
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)))
process.on('uncaughtException', (error) => unhandled.push(String(error)))
// With the two above, a failure of this file itself would be counted, and the run would hang.
const fail = (thrown: unknown): never => {
  console.error(thrown)
  process.exit(1)
}

await using stack = await startLocal({
  iam: {
    sessionSeconds: Number(values['session-seconds']),
    clusterArn,
    // What the generator writes is what the broker enforces.
    roles: [
      {
        name: 'soak',
        policies: [
          iamPolicy({ role: 'idempotent-producer', clusterArn, topics }).document,
          iamPolicy({ role: 'consumer', clusterArn, topics, groups: topics }).document,
          iamPolicy({ role: 'topic-admin', clusterArn, topics }).document,
        ],
      },
    ],
  },
  onProgress: (message) => process.stderr.write(`${message}\n`),
})
const results = await Promise.all(
  values.driver.split(',').map((name) => soak(stack, name as DriverName)),
).catch(fail)
const decisions = await stack.iam.decisions()
const report = results.map((result) => ({
  ...result,
  reauthentications: decisions.filter(
    ({ kind, result: allowed, principal }) =>
      kind === 'reauthentication' && allowed === 'allowed' && principal?.endsWith(`/${result.driver}`),
  ).length,
  refused: decisions.filter(
    ({ kind, result: decided, principal }) =>
      kind !== 'session-ended' && decided === 'denied' && principal?.endsWith(`/${result.driver}`),
  ).length,
}))
if (values.json !== undefined) {
  await writeFile(values.json, JSON.stringify({ seconds, unhandled, report }, null, 2))
}
console.table(report)
for (const { kind, reason, result, principal } of decisions)
  if (result === 'denied' && kind !== 'session-ended')
    console.log(`refused: ${kind} of ${principal}: ${reason}`)
console.log(`unhandled errors: ${unhandled.length} ${unhandled.slice(0, 3).join(' | ')}`)
const isClean = report.every(
  ({ lost, duplicated, reordered, failed, consumerLost, consumerReordered }) =>
    lost + duplicated + reordered + failed + consumerLost + consumerReordered === 0,
)
process.exitCode = isClean && unhandled.length === 0 ? 0 : 1

async function soak({ iam, bootstrapBrokers }: LocalIamStack, driver: DriverName) {
  const topic = `soak-${driver}`
  const auth = mskIam({
    region: iam.region,
    // What STS does, with a session name that stays: each refresh brings another key for the same principal.
    credentials: () =>
      iam.assumeRole('soak', { sessionName: driver, durationSeconds: Number(values['credential-seconds']) }),
  })
  const connection = { brokers: iam.bootstrapBrokers, auth, tls: { caFile: iam.caFile } }
  const admin = await drivers[driver].createAdmin(kafkaConnection(connection))
  await ensureTopic(admin, { topic, partitions, replicationFactor: 1 })

  const consumed = new SequenceCheck(partitions)
  const consumer = await drivers[driver].createConsumer(kafkaConnection(connection), {
    groupId: `soak-${driver}`,
    topics: [topic],
    startFrom: 'earliest',
  })
  const stopConsumer = new AbortController()
  const consuming = consumer.run(async ({ partition, records }) => {
    for (const { value } of records)
      consumed.see(partition, Number(codec.decode(value as Uint8Array).sequence))
  }, stopConsumer.signal)
  consuming.catch((error) => unhandled.push(`${driver} consumer: ${error}`))

  const producer = await createProducer({ ...connection, driver, topic, schema })
  let written = 0
  const endAtMs = performance.now() + 1_000 * seconds
  while (performance.now() < endAtMs) {
    for (let record = 0; record < (rate * tickMs) / 1_000; record++) {
      const room = producer.write({ sequence: written }, { partition: written % partitions })
      written += 1
      if (room !== undefined) await room
    }
    await new Promise((resolve) => setTimeout(resolve, tickMs))
    if (written % (rate * 60) < (rate * tickMs) / 1_000)
      process.stderr.write(`${driver}: ${written} written, ${consumed.seen} consumed\n`)
  }
  await producer.close().catch((error) => unhandled.push(`${driver} close: ${error}`))
  const { deliveredRecords, failedRecords } = producer.stats()
  const offsets = await admin.topicOffsets(topic)
  await admin.close()

  for (let waitedMs = 0; waitedMs < 60_000 && consumed.seen < deliveredRecords; waitedMs += 100)
    await new Promise((resolve) => setTimeout(resolve, 100))
  stopConsumer.abort()
  await consuming.catch(() => undefined)

  // The log itself, read by another way in: in plain text, without sessions.
  const inLog = offsets.reduce((sum, { earliest, latest }) => sum + Number(latest - earliest), 0)
  const stored = await readLog(bootstrapBrokers, topic, inLog)
  return {
    driver,
    written,
    delivered: deliveredRecords,
    failed: failedRecords,
    inLog,
    lost: stored.missing(written),
    duplicated: stored.duplicated,
    reordered: stored.reordered,
    consumerLost: consumed.missing(written),
    consumerReordered: consumed.reordered,
    consumedTwice: consumed.duplicated,
  }
}

/** Reads what the offsets say is there, a duplicate included. */
async function readLog(brokers: string, topic: string, records: number): Promise<SequenceCheck> {
  const check = new SequenceCheck(partitions)
  if (records === 0) return check
  const consumer = await kafkajsDriver.createConsumer(kafkaConnection({ brokers }), {
    groupId: `verify-${topic}`,
    topics: [topic],
    startFrom: 'earliest',
  })
  const done = new AbortController()
  await consumer.run(async ({ partition, records: batch }) => {
    for (const { value } of batch) check.see(partition, Number(codec.decode(value as Uint8Array).sequence))
    if (check.seen >= records) done.abort()
  }, done.signal)
  return check
}
