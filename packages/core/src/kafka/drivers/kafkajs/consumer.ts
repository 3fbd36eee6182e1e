import type * as Kafkajs from 'kafkajs'
import type { KafkaConnection } from '../../../config/kafka.js'
import { messageOf } from '../../../errors.js'
import { abortableSleep } from '../../../retry/run.js'
import type { ConsumedBatch, ConsumedRecord, ConsumerOptions, KafkaConsumer } from '../../port.js'
import { ConsumerRun } from '../consumer-run.js'
import { brokerError, kafkaCode, topicNotFound } from '../protocol-errors.js'
import { createClient } from './client.js'
import { kafkajsError } from './errors.js'

export async function createKafkajsConsumer(
  kafkajs: typeof Kafkajs,
  connection: KafkaConnection,
  options: ConsumerOptions,
): Promise<KafkaConsumer> {
  // kafkajs drops why no coordinator was found; its log has it.
  const group: GroupLog = { refusal: undefined }
  const client = createClient(kafkajs, connection, connection.requestTimeoutMs, (text) => {
    if (/group authorization failed/i.test(text)) group.refusal = text
  })
  const sessionTimeout = options.sessionTimeoutMs ?? 30_000
  const consumer = client.consumer({
    groupId: options.groupId,
    sessionTimeout,
    // Kafka's own clients send a third of a session apart; kafkajs sends between batches only, so it needs more chances.
    heartbeatInterval: Math.floor(sessionTimeout / 10),
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.startFrom === 'earliest' })
    await whenCoordinated(client.admin(), options.groupId, group, connection.requestTimeoutMs)
  } catch (thrown) {
    await consumer.disconnect().catch(() => undefined)
    const error = mapped(thrown, connection, group, 'Subscribing')
    throw error.code === 'TOPIC_NOT_FOUND' ? topicNotFound(options.topics.join(', ')) : error
  }
  return new KafkajsConsumer(consumer, connection, group, Math.floor(sessionTimeout / 10))
}

const coordinatorPollMs = 100

/**
 * Waits until the group has a coordinator. A cluster's first group has none until the topic of the offsets is made; kafkajs
 * asks twice within a tenth of a second, and then ends the consumer for good. Whatever else is wrong, `run` will say.
 */
async function whenCoordinated(
  admin: Kafkajs.Admin,
  groupId: string,
  group: GroupLog,
  timeoutMs: number,
): Promise<void> {
  const endsAtMs = performance.now() + timeoutMs
  try {
    await admin.connect()
    while (!(await isCoordinated(admin, groupId)) && group.refusal === undefined) {
      if (performance.now() > endsAtMs) return
      await abortableSleep(coordinatorPollMs)
    }
  } finally {
    await admin.disconnect()
  }
}

async function isCoordinated(admin: Kafkajs.Admin, groupId: string): Promise<boolean> {
  try {
    await admin.describeGroups([groupId])
    return true
  } catch (thrown) {
    // kafkajs says the same for "not yet" and for "not for you"; its log tells them apart.
    return !/group coordinator/i.test(messageOf(thrown))
  }
}

class KafkajsConsumer implements KafkaConsumer {
  readonly #run = new ConsumerRun(() => this.consumer.disconnect())

  constructor(
    readonly consumer: Kafkajs.Consumer,
    readonly connection: KafkaConnection,
    readonly group: GroupLog,
    readonly heartbeatMs: number,
  ) {}

  run(onBatch: (batch: ConsumedBatch) => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#run.start(signal, async () => {
      this.consumer.on(this.consumer.events.CRASH, ({ payload }) => {
        // kafkajs starts again by itself after what it can recover from.
        if (!payload.restart) this.#run.fail(mapped(payload.error, this.connection, this.group, 'Consuming'))
      })
      await this.consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => this.#run.handle(() => this.#eachBatch(payload, onBatch)),
      })
      await this.#run.stopped
    })
  }

  close(): Promise<void> {
    return this.#run.close()
  }

  async #eachBatch(
    { batch, heartbeat, resolveOffset }: Kafkajs.EachBatchPayload,
    onBatch: (batch: ConsumedBatch) => Promise<void>,
  ): Promise<void> {
    const last = batch.messages.at(-1)
    // Nothing but control records or records compaction removed: move on without a hand-over.
    if (last === undefined) return resolveOffset(batch.lastOffset())
    // kafkajs sends heartbeats between batches only; a slow handler would lose its partitions.
    const beating = setInterval(() => heartbeat().catch(() => undefined), this.heartbeatMs)
    try {
      await onBatch({
        topic: batch.topic,
        partition: batch.partition,
        records: batch.messages.map(toRecord),
      })
    } finally {
      clearInterval(beating)
    }
    await this.#commit(batch.topic, batch.partition, (BigInt(last.offset) + 1n).toString())
    resolveOffset(last.offset)
  }

  async #commit(topic: string, partition: number, offset: string): Promise<void> {
    try {
      await this.consumer.commitOffsets([{ topic, partition, offset }])
    } catch (thrown) {
      const error = mapped(thrown, this.connection, this.group, 'Committing', topic)
      // The partition went to another member, which starts from the last commit; kafkajs joins the group again.
      if (!(error.code === 'CONSUME_FAILED' && error.retryable)) throw error
    }
  }
}

function toRecord({ offset, timestamp, key, value, headers }: Kafkajs.KafkaMessage): ConsumedRecord {
  return { offset: BigInt(offset), timestampMs: Number(timestamp), key, value, headers: toHeaders(headers) }
}

function toHeaders(headers: Kafkajs.IHeaders | undefined): Record<string, Uint8Array> {
  const result: Record<string, Uint8Array> = {}
  for (const [name, values] of Object.entries(headers ?? {})) {
    const value = Array.isArray(values) ? values.at(-1) : values
    result[name] = typeof value === 'string' ? Buffer.from(value) : (value ?? Buffer.alloc(0))
  }
  return result
}

interface GroupLog {
  /** What a broker said when it would not tell who coordinates the group. */
  refusal: string | undefined
}

function mapped(
  thrown: unknown,
  connection: KafkaConnection,
  { refusal }: GroupLog,
  action: string,
  topic?: string,
) {
  if (refusal !== undefined)
    return brokerError(kafkaCode.groupAuthorizationFailed, refusal, { action }, thrown)
  const subject = topic === undefined ? { action } : { action, topic }
  return kafkajsError(thrown, { ...subject, brokers: connection.brokers })
}
