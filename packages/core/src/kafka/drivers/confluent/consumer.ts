import type { EventEmitter } from 'node:events'
import type { Message } from '@confluentinc/kafka-javascript'
import type { KafkaConnection } from '../../../config/kafka.js'
import type { TidewaterError } from '../../../errors.js'
import type { ConsumedBatch, ConsumedRecord, ConsumerOptions, KafkaConsumer } from '../../port.js'
import { ConsumerRun } from '../consumer-run.js'
import { describeTopicWith } from './admin.js'
import { answerOf, type ConfluentModule, ConnectionLog, connectClient, connectionConfig } from './client.js'
import { confluentError } from './errors.js'

/** Longest wait for records, and so for an abort to be seen: the wait holds a thread of libuv's pool. */
const pollMs = 200
const maxBatchRecords = 2_000

/** The library's types lack some of what its consumer has. */
interface NativeConsumer extends EventEmitter {
  connect(options: object, done: (error: unknown, result: unknown) => void): void
  getMetadata(options: object, done: (error: unknown, result: unknown) => void): void
  disconnect(done: () => void): void
  subscribe(topics: readonly string[]): void
  consume(count: number, done: (error: unknown, messages: Message[]) => void): void
  commitCb(offsets: readonly object[], done: (error: unknown) => void): void
  setDefaultConsumeTimeout(timeoutMs: number): void
  setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void
}

/** @throws TidewaterError `BROKER_UNREACHABLE` or `TOPIC_NOT_FOUND` */
export async function createConfluentConsumer(
  confluent: ConfluentModule,
  connection: KafkaConnection,
  options: ConsumerOptions,
): Promise<KafkaConsumer> {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 30_000
  const config = {
    ...connectionConfig(connection),
    'group.id': options.groupId,
    'session.timeout.ms': sessionTimeoutMs,
    'heartbeat.interval.ms': Math.floor(sessionTimeoutMs / 10),
    'auto.offset.reset': options.startFrom,
    'enable.auto.commit': false,
  } as const
  const consumer = new confluent.KafkaConsumer(config as never) as unknown as NativeConsumer
  const log = new ConnectionLog(consumer, connection.auth)
  const toError = (thrown: unknown, action: string, topic?: string) => {
    const named = topic === undefined ? { action } : { action, topic }
    return confluentError(thrown, { ...named, brokers: connection.brokers, detail: log.lastFailure })
  }
  await connectClient(consumer, log, connection)
  try {
    await requireTopics(confluent, consumer, options.topics, connection.requestTimeoutMs, toError)
    consumer.setDefaultConsumeTimeout(pollMs)
    consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
    consumer.subscribe([...options.topics])
  } catch (thrown) {
    await new Promise<void>((resolve) => consumer.disconnect(resolve))
    throw toError(thrown, 'Subscribing')
  }
  return new ConfluentConsumer(consumer, toError)
}

type ToError = (thrown: unknown, action: string, topic?: string) => TidewaterError

async function requireTopics(
  confluent: ConfluentModule,
  consumer: NativeConsumer,
  topics: readonly string[],
  timeoutMs: number,
  toError: ToError,
): Promise<void> {
  const admin = confluent.AdminClient.createFrom(consumer as never)
  for (const topic of topics) {
    try {
      await describeTopicWith(admin, topic, timeoutMs)
    } catch (thrown) {
      throw toError(thrown, 'Subscribing', topic)
    }
  }
}

class ConfluentConsumer implements KafkaConsumer {
  readonly #run = new ConsumerRun(() => new Promise((resolve) => this.consumer.disconnect(() => resolve())))

  constructor(
    readonly consumer: NativeConsumer,
    readonly toError: ToError,
  ) {}

  run(onBatch: (batch: ConsumedBatch) => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#run.start(signal, async () => {
      while (!this.#run.isStopping) {
        for (const batch of batchesOf(await this.#poll())) {
          await this.#run.handle(async () => {
            await onBatch(batch)
            await this.#commit(batch)
          })
        }
      }
    })
  }

  close(): Promise<void> {
    return this.#run.close()
  }

  async #poll(): Promise<Message[]> {
    try {
      return await answerOf<Message[]>((done) => this.consumer.consume(maxBatchRecords, done))
    } catch (thrown) {
      const error = this.toError(thrown, 'Consuming')
      // librdkafka recovers from these by itself; the next poll goes on.
      if (error.retryable) return []
      throw error
    }
  }

  async #commit({ topic, partition, records }: ConsumedBatch): Promise<void> {
    const last = records.at(-1)
    if (last === undefined) return
    const offset = Number(last.offset) + 1
    try {
      await answerOf<void>((done) =>
        this.consumer.commitCb([{ topic, partition, offset }], (error) => done(error, undefined)),
      )
    } catch (thrown) {
      const error = this.toError(thrown, 'Committing', topic)
      // The partition went to another member, which starts from the last commit; this one joins the group again.
      if (!(error.code === 'CONSUME_FAILED' && error.retryable)) throw error
    }
  }
}

/** One batch per partition, each in offset order. */
function batchesOf(messages: readonly Message[]): ConsumedBatch[] {
  const batches = new Map<string, { topic: string; partition: number; records: ConsumedRecord[] }>()
  for (const message of messages) {
    const id = `${message.partition}:${message.topic}`
    let batch = batches.get(id)
    if (batch === undefined) {
      batch = { topic: message.topic, partition: message.partition, records: [] }
      batches.set(id, batch)
    }
    batch.records.push(toRecord(message))
  }
  return [...batches.values()]
}

function toRecord({ offset, timestamp, key, value, headers }: Message): ConsumedRecord {
  return {
    offset: BigInt(offset),
    timestampMs: timestamp ?? 0,
    key: typeof key === 'string' ? Buffer.from(key) : (key ?? null),
    value,
    headers: toHeaders(headers),
  }
}

function toHeaders(headers: Message['headers']): Record<string, Uint8Array> {
  const result: Record<string, Uint8Array> = {}
  for (const header of headers ?? []) {
    for (const [name, value] of Object.entries(header)) {
      result[name] = typeof value === 'string' ? Buffer.from(value) : value
    }
  }
  return result
}
