import type * as Kafkajs from 'kafkajs'
import type { KafkaConnection } from '../../../config/kafka.js'
import { type TidewaterError, toTidewaterError } from '../../../errors.js'
import type {
  BatchReport,
  CloseOptions,
  DriverProducer,
  DriverProducerOptions,
  KafkaAdmin,
  ProduceBatch,
  ProduceRecord,
} from '../../port.js'
import { type Deadline, Deadlines } from '../deadline.js'
import { DeliveryLedger } from '../delivery-ledger.js'
import { PartitionLanes } from '../partition-lanes.js'
import { deliveryTimeout, producerClosed } from '../protocol-errors.js'
import { checkRecord, endOfRequest, refusedAsTooLarge } from '../record-check.js'
import { type Segment, sendSplitting } from '../split-send.js'
import { TopicPartitions } from '../topic-partitions.js'
import { createKafkajsAdmin } from './admin.js'
import { createClient } from './client.js'
import { kafkajsError } from './errors.js'
import { ProduceSessions } from './produce-session.js'
import { SegmentSender } from './segment-sender.js'

export async function createKafkajsProducer(
  kafkajs: typeof Kafkajs,
  connection: KafkaConnection,
  options: DriverProducerOptions,
): Promise<DriverProducer> {
  const producer = new KafkajsProducer(kafkajs, connection, options)
  await producer.connect()
  return producer
}

class KafkajsProducer implements DriverProducer {
  readonly #sessions: ProduceSessions
  readonly #topics: TopicPartitions
  readonly #lanes = new PartitionLanes()
  readonly #deadlines = new Deadlines()
  readonly #sender: SegmentSender
  readonly #running = new Set<Promise<BatchReport>>()
  #admin: Promise<KafkaAdmin> | undefined
  #closed: Promise<void> | undefined

  constructor(
    readonly kafkajs: typeof Kafkajs,
    readonly connection: KafkaConnection,
    readonly options: DriverProducerOptions,
  ) {
    const requestTimeoutMs = Math.min(connection.requestTimeoutMs, options.deliveryTimeoutMs)
    const client = createClient(kafkajs, connection, requestTimeoutMs)
    this.#sessions = new ProduceSessions(() =>
      client.producer({
        idempotent: options.idempotent,
        allowAutoTopicCreation: false,
        createPartitioner: () => partitionOfMessage,
        // This driver does the retrying, which kafkajs bounds by a count instead of a time. kafkajs refuses idempotence
        // without any retry of its own.
        retry: { retries: options.idempotent ? 1 : 0, initialRetryTime: 50 },
      }),
    )
    this.#topics = new TopicPartitions(async (topic) => {
      const { partitions } = await (await this.#connectedAdmin()).describeTopic(topic)
      return partitions.map(({ partition }) => partition)
    })
    this.#sender = new SegmentSender(
      kafkajs,
      connection,
      options,
      requestTimeoutMs,
      this.#sessions,
      this.#topics,
    )
  }

  async connect(): Promise<void> {
    try {
      await this.#sessions.current()
    } catch (thrown) {
      throw kafkajsError(thrown, { action: 'Connecting', brokers: this.connection.brokers })
    }
  }

  async partitionsOf(topic: string): Promise<readonly number[]> {
    if (this.#closed !== undefined) throw producerClosed()
    return this.#topics.refresh(topic)
  }

  async send(batch: ProduceBatch): Promise<BatchReport> {
    if (this.#closed !== undefined) throw producerClosed()
    const sending = this.#deadlines.run(this.options.deliveryTimeoutMs, (deadline) =>
      // One batch per partition at a time: kafkajs compresses batches side by side and would let them overtake.
      this.#lanes.run(batch.topic, batch.partition, () => this.#sendNow(batch, deadline)),
    )
    this.#running.add(sending)
    try {
      return await sending
    } finally {
      this.#running.delete(sending)
    }
  }

  close({ abandon = false }: CloseOptions = {}): Promise<void> {
    if (abandon) this.#abandon()
    this.#closed ??= this.#closeNow()
    return this.#closed
  }

  #abandon(): void {
    this.#deadlines.expireAll()
    // Before the sends have ended: those that wait for an answer notice by this that there is none to come.
    void this.#sessions.close()
  }

  async #closeNow(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#sessions.close()
    const admin = await this.#admin?.catch(() => undefined)
    await admin?.close()
  }

  async #sendNow({ topic, partition, records }: ProduceBatch, deadline: Deadline): Promise<BatchReport> {
    const ledger = new DeliveryLedger(records.length)
    const attempt = (segment: Segment) =>
      this.#sender.send({ topic, partition, records }, segment, ledger, deadline)
    const refuse = async (index: number) => {
      const limitBytes = await deadline.within(this.#maxMessageBytes(topic))
      ledger.fail(index, refusedAsTooLarge(records[index] as ProduceRecord, topic, limitBytes))
    }
    try {
      if (records.length > 0) await this.#whenKnown(topic, partition, deadline)
      await sendSplitting(this.#segments(records, ledger), 'own', attempt, refuse)
    } catch (thrown) {
      ledger.failRest(toTidewaterError(thrown, 'DELIVERY_FAILED'))
    }
    return ledger.report(topic, partition)
  }

  /** Runs of sendable records that fit in one request each; the others are failed here. */
  #segments(records: readonly ProduceRecord[], ledger: DeliveryLedger): Segment[] {
    const { maxRequestBytes } = this.options
    const segments: Segment[] = []
    const addRun = (first: number, end: number) => {
      for (let start = first; start < end; ) {
        const stop = endOfRequest(records, start, end, maxRequestBytes)
        segments.push({ first: start, end: stop })
        start = stop
      }
    }
    let runStart = 0
    records.forEach((record, index) => {
      const error = checkRecord(record, maxRequestBytes)
      if (error === undefined) return
      ledger.fail(index, error)
      addRun(runStart, index)
      runStart = index + 1
    })
    addRun(runStart, records.length)
    return segments
  }

  async #whenKnown(topic: string, partition: number, deadline: Deadline): Promise<void> {
    let lastError: TidewaterError | undefined
    for (let failedAttempts = 1; !this.#topics.has(topic, partition); failedAttempts++) {
      if (deadline.isOver) throw this.#timedOut(topic, partition, lastError)
      try {
        await deadline.within(this.#topics.require(topic, partition))
      } catch (thrown) {
        lastError = toTidewaterError(thrown)
        if (!lastError.retryable) throw lastError
        await deadline.pause(Math.min(100 * failedAttempts, 1_000))
      }
    }
  }

  async #maxMessageBytes(topic: string): Promise<number | undefined> {
    try {
      const configs = await (await this.#connectedAdmin()).topicConfigs?.(topic)
      const limit = Number(configs?.['max.message.bytes'])
      return Number.isInteger(limit) && limit > 0 ? limit : undefined
    } catch {
      // Reading configs takes a permission that producing doesn't need; the error then names the setting alone.
      return undefined
    }
  }

  #connectedAdmin(): Promise<KafkaAdmin> {
    this.#admin ??= createKafkajsAdmin(this.kafkajs, this.connection).catch((error) => {
      this.#admin = undefined
      throw error
    })
    return this.#admin
  }

  #timedOut(topic: string, partition: number, cause?: unknown): TidewaterError {
    return deliveryTimeout({ topic, partition }, this.options.deliveryTimeoutMs, false, cause)
  }
}

function partitionOfMessage({ message }: Kafkajs.PartitionerArgs): number {
  return message.partition as number
}
