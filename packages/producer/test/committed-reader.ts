// What another client sees of transactions: kafkajs, which has its own notion of what is committed.
import { randomUUID } from 'node:crypto'
import { type EachBatchPayload, type EachMessagePayload, Kafka, logLevel } from 'kafkajs'

function clientOf(brokers: string): Kafka {
  return new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
}

const endPrefix = 'end-'
/** A consumer that leaves waits for the fetch that is under way, by default up to 5 s. */
const maxWaitTimeInMs = 200
const readTimeoutMs = 120_000

/** The values that a reader of committed records sees, by partition, up to what is the topic's end now. */
export function readCommitted(brokers: string, topic: string): Promise<Map<number, Buffer[]>> {
  return readValues(brokers, topic, false)
}

/** As {@link readCommitted}, also what was taken back. */
export function readUncommitted(brokers: string, topic: string): Promise<Map<number, Buffer[]>> {
  return readValues(brokers, topic, true)
}

async function readValues(
  brokers: string,
  topic: string,
  readUncommitted: boolean,
): Promise<Map<number, Buffer[]>> {
  const client = clientOf(brokers)
  const admin = client.admin()
  await admin.connect()
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition)
  await admin.disconnect()
  // A record behind everything in each partition: a reader that has seen it has seen all that comes before.
  const marker = client.producer()
  await marker.connect()
  const endKey = `${endPrefix}${randomUUID()}`
  const messages = partitions.map((partition) => ({ partition, key: endKey, value: null }))
  await marker.send({ topic, messages })
  await marker.disconnect()
  const consumer = client.consumer({ groupId: `reader-${randomUUID()}`, readUncommitted, maxWaitTimeInMs })
  const values = new Map<number, Buffer[]>(partitions.map((partition) => [partition, []]))
  const unended = new Set(partitions)
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let overdue: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      // Says what it waits for: a partition whose end never comes holds a transaction that never ends.
      overdue = setTimeout(() => {
        reject(new Error(`no end of partitions ${[...unended].join(', ')} within ${readTimeoutMs} ms`))
      }, readTimeoutMs)
      const eachMessage = async ({ partition, message }: EachMessagePayload) => {
        const key = message.key?.toString()
        if (!key?.startsWith(endPrefix)) values.get(partition)?.push(message.value as Buffer)
        else if (key === endKey && unended.delete(partition) && unended.size === 0) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
  } finally {
    clearTimeout(overdue)
    await consumer.disconnect()
  }
  return values
}

/** What the group has committed of partition 0; -1 for nothing. */
export async function committedOffset(brokers: string, groupId: string, topic: string): Promise<number> {
  const admin = clientOf(brokers).admin()
  await admin.connect()
  try {
    const [fetched] = await admin.fetchOffsets({ groupId, topics: [topic] })
    return Number(fetched?.partitions.find(({ partition }) => partition === 0)?.offset ?? -1)
  } finally {
    await admin.disconnect()
  }
}

export interface ConsumedValue {
  readonly offset: bigint
  readonly value: Buffer
}

/**
 * Joins the group, hands over the first batch from the group's offset on, and leaves. Commits nothing itself.
 *
 * @param use is told the member's id
 */
export async function consumeOnce(
  brokers: string,
  groupId: string,
  topic: string,
  use: (values: ConsumedValue[], memberId: string) => Promise<void>,
): Promise<void> {
  const consumer = clientOf(brokers).consumer({ groupId, maxWaitTimeInMs })
  let memberId = ''
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    memberId = payload.memberId
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let used: Promise<void> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const eachBatch = async ({ batch }: EachBatchPayload) => {
        const messages = batch.messages.map(({ offset, value }) => ({
          offset: BigInt(offset),
          value: value as Buffer,
        }))
        // What isn't committed is handed over again until the consumer has left.
        used ??= use(messages, memberId).then(resolve, reject)
        await used
      }
      void consumer.run({ autoCommit: false, eachBatch })
    })
  } finally {
    await consumer.disconnect()
  }
}
