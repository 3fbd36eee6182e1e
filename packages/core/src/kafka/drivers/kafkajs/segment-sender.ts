import type * as Kafkajs from 'kafkajs'
import type { KafkaConnection } from '../../../config/kafka.js'
import type { TidewaterError } from '../../../errors.js'
import { decideRetry, type RetryPolicy } from '../../../retry/policy.js'
import type { DriverProducerOptions, ProduceBatch } from '../../port.js'
import type { Deadline } from '../deadline.js'
import type { DeliveryLedger } from '../delivery-ledger.js'
import { acksOnWire } from '../producer-options.js'
import { deliveryTimeout, kafkaCode, withDoubt } from '../protocol-errors.js'
import type { Segment } from '../split-send.js'
import type { TopicPartitions } from '../topic-partitions.js'
import { compressionType } from './codecs.js'
import { kafkajsError } from './errors.js'
import { type MessagesOfPartition, toMessages } from './messages.js'
import type { ProduceSession, ProduceSessions } from './produce-session.js'

// Bounded by the delivery deadline alone: a broker that restarts within it loses nothing.
const resendPolicy: RetryPolicy = {
  maxAttempts: Number.POSITIVE_INFINITY,
  maxElapsedMs: Number.POSITIVE_INFINITY,
  initialDelayMs: 100,
  maxDelayMs: 1_000,
  jitter: 0.2,
}

/** The broker lost track of this producer id and wrote nothing: a new id starts clean. */
const staleProducerCodes: readonly unknown[] = [
  kafkaCode.outOfOrderSequence,
  kafkaCode.invalidProducerEpoch,
  kafkaCode.unknownProducerId,
]

/**
 * Answers to a produce request that say that nothing was written; none of them comes from anything else kafkajs asks
 * while it sends. Not among them: time-outs (7), a broken connection between brokers (13) and records that too few
 * replicas have yet (20), which the leader may keep; nor a leader that is none (6), which is also said of records that wait
 * for the replicas when the broker stops leading (Kafka's DelayedProduce).
 */
const unwrittenCodes: readonly unknown[] = [
  ...staleProducerCodes,
  kafkaCode.corruptMessage,
  kafkaCode.messageTooLarge,
  kafkaCode.recordListTooLarge,
  kafkaCode.notEnoughReplicas,
  kafkaCode.invalidRecord,
  kafkaCode.topicAuthorizationFailed,
  kafkaCode.clusterAuthorizationFailed,
]

/** One request's worth of records on its way. */
interface Delivery {
  readonly batch: ProduceBatch
  readonly segment: Segment
  readonly ledger: DeliveryLedger
  readonly deadline: Deadline
  /** A request of an attempt may have reached the broker, and what became of it is unknown. */
  mayBeWritten: boolean
  lastError?: TidewaterError
}

type Verdict = 'done' | 'too-large' | 'again' | 'again-in-new-session'

/** Sends a segment until it is acknowledged, refused, or the time is over. */
export class SegmentSender {
  readonly #compression: Kafkajs.CompressionTypes

  constructor(
    kafkajs: typeof Kafkajs,
    readonly connection: KafkaConnection,
    readonly options: DriverProducerOptions,
    readonly requestTimeoutMs: number,
    readonly sessions: ProduceSessions,
    readonly topics: TopicPartitions,
  ) {
    this.#compression = compressionType(kafkajs, options.compression)
  }

  /** @returns the pieces the broker found too large */
  async send(
    batch: ProduceBatch,
    segment: Segment,
    ledger: DeliveryLedger,
    deadline: Deadline,
  ): Promise<readonly Segment[]> {
    const delivery: Delivery = { batch, segment, ledger, deadline, mayBeWritten: false }
    for (let failedAttempts = 1; !deadline.isOver; failedAttempts++) {
      const session = await this.#session(delivery)
      const verdict = session === undefined ? 'again' : await this.#sendOn(session, delivery)
      if (verdict === 'done') return []
      if (verdict === 'too-large') return [segment]
      await this.#backOff(delivery, failedAttempts)
    }
    this.#giveUp(delivery)
    return []
  }

  async #session(delivery: Delivery): Promise<ProduceSession | undefined> {
    try {
      return await delivery.deadline.within(this.sessions.current())
    } catch (thrown) {
      delivery.lastError = this.#mapped(thrown, 'Connecting', delivery.batch.topic)
      return undefined
    }
  }

  /** Resends on one session while the outcome is open: only its producer id lets the broker drop a duplicate. */
  #sendOn(session: ProduceSession, delivery: Delivery): Promise<Verdict> {
    return session.hold(async () => {
      for (let failedAttempts = 1; !delivery.deadline.isOver; failedAttempts++) {
        const verdict = await this.#attempt(session, delivery)
        if (verdict === 'again-in-new-session') {
          session.retire()
          return 'again'
        }
        if (verdict !== 'again') return verdict
        if (session.isRetired && !this.#isBound(delivery)) return 'again'
        await this.#backOff(delivery, failedAttempts)
      }
      if (this.#isBound(delivery)) session.retire()
      return 'again'
    })
  }

  /** Its records would be written twice if they were sent on under another producer id. */
  #isBound({ mayBeWritten }: Delivery): boolean {
    return this.options.idempotent && mayBeWritten
  }

  async #attempt(session: ProduceSession, delivery: Delivery): Promise<Verdict> {
    const { batch, segment, ledger, deadline } = delivery
    const messages = toMessages(batch.records, segment.first, segment.end, batch.partition, Date.now())
    try {
      const sending = session.hold(() => session.producer.send(this.#request(batch, messages)))
      const answer = await deadline.within(sending)
      const baseOffset = answer && this.#baseOffset(answer, messages)
      if (baseOffset === undefined) return this.#unanswered(messages, delivery)
      ledger.deliverRange(segment.first, segment.end - segment.first, baseOffset)
      return 'done'
    } catch (thrown) {
      return this.#judge(thrown, messages, session, delivery)
    }
  }

  /** -1: not told; undefined: not delivered. */
  #baseOffset(
    answer: readonly Kafkajs.RecordMetadata[],
    { partition, wasEncoded }: MessagesOfPartition,
  ): number | undefined {
    // To a partition that its metadata doesn't list yet kafkajs sends nothing, and says that it is done.
    if (!wasEncoded) return undefined
    if (this.options.acks === 'none') return -1
    const baseOffset = answer.find((part) => part.partition === partition)?.baseOffset
    return baseOffset === undefined ? undefined : Number(baseOffset)
  }

  /** No error, and no answer either: the time is over, or kafkajs sent nothing. */
  #unanswered(messages: MessagesOfPartition, delivery: Delivery): Verdict {
    // What runs on must not be written once its failure is reported.
    messages.isCancelled = true
    delivery.mayBeWritten ||= messages.wasEncoded
    return this.#isBound(delivery) || delivery.deadline.isOver ? 'again' : 'again-in-new-session'
  }

  /** Decides what follows a failed attempt. */
  async #judge(
    thrown: unknown,
    messages: MessagesOfPartition,
    session: ProduceSession,
    delivery: Delivery,
  ): Promise<Verdict> {
    const error = this.#mapped(thrown, 'Producing', delivery.batch.topic)
    delivery.lastError = error
    if (error.code === 'RECORD_TOO_LARGE') return 'too-large'
    const { kafkaErrorCode } = error.details
    const isRefusal = messages.attempts === 1 && unwrittenCodes.includes(kafkaErrorCode)
    delivery.mayBeWritten ||= messages.wasEncoded && !isRefusal
    if (staleProducerCodes.includes(kafkaErrorCode) && !delivery.mayBeWritten) return 'again-in-new-session'
    if (error.code === 'TOPIC_NOT_FOUND') return this.#lookAgain(session, delivery)
    if (error.retryable) return 'again'
    return this.#fail(error, session, delivery)
  }

  /**
   * kafkajs asks for all topics it ever sent to at once, and one that was deleted fails the request for the others. A new
   * session has forgotten it, but may only take over what certainly isn't written.
   */
  async #lookAgain(session: ProduceSession, delivery: Delivery): Promise<Verdict> {
    try {
      await delivery.deadline.within(this.topics.refresh(delivery.batch.topic))
    } catch (thrown) {
      const error = this.#mapped(thrown, 'Looking up the topic', delivery.batch.topic)
      delivery.lastError = error
      if (error.code === 'TOPIC_NOT_FOUND') return this.#fail(error, session, delivery)
    }
    return this.#isBound(delivery) ? 'again' : 'again-in-new-session'
  }

  #fail(error: TidewaterError, session: ProduceSession, delivery: Delivery): Verdict {
    const { segment, ledger, mayBeWritten } = delivery
    if (this.options.idempotent) session.retire()
    ledger.failRest(mayBeWritten ? withDoubt(error) : error, segment.first, segment.end)
    return 'done'
  }

  #request({ topic }: ProduceBatch, messages: MessagesOfPartition): Kafkajs.ProducerRecord {
    return {
      topic,
      acks: acksOnWire[this.options.acks],
      timeout: this.requestTimeoutMs,
      compression: this.#compression,
      messages: messages as unknown as Kafkajs.Message[],
    }
  }

  #giveUp({ batch, segment, ledger, mayBeWritten, lastError }: Delivery): void {
    const error = deliveryTimeout(batch, this.options.deliveryTimeoutMs, mayBeWritten, lastError)
    ledger.failRest(error, segment.first, segment.end)
  }

  async #backOff({ deadline }: Delivery, failedAttempts: number): Promise<void> {
    const failure = { failedAttempts, elapsedMs: 0, retryable: true }
    const decision = decideRetry(resendPolicy, failure, Math.random())
    if (decision.retry) await deadline.pause(decision.delayMs)
  }

  #mapped(thrown: unknown, action: string, topic: string): TidewaterError {
    return kafkajsError(thrown, { action, topic, brokers: this.connection.brokers })
  }
}
