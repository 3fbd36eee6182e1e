import type * as Kafkajs from 'kafkajs'
import type { KafkaConnection } from '../../../config/kafka.js'
import type { TidewaterError } from '../../../errors.js'
import { decideRetry, type RetryPolicy } from '../../../retry/policy.js'
import { abortableSleep } from '../../../retry/run.js'
import type { DriverProducerOptions, ProduceBatch } from '../../port.js'
import { withDeadline } from '../deadline.js'
import type { DeliveryLedger } from '../delivery-ledger.js'
import { deliveryTimeout, kafkaCode } from '../protocol-errors.js'
import type { Segment } from '../split-send.js'
import type { TopicPartitions } from '../topic-partitions.js'
import { compressionType } from './codecs.js'
import { kafkajsError } from './errors.js'
import { toMessages } from './messages.js'
import type { ProduceSession, ProduceSessions } from './produce-session.js'

const acksOnTheWire = { all: -1, leader: 1, none: 0 } as const

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

/** One request's worth of records on its way. */
interface Delivery {
  readonly batch: ProduceBatch
  readonly segment: Segment
  readonly ledger: DeliveryLedger
  readonly deadlineMs: number
  /** An earlier attempt broke after the request may have reached the broker. */
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
    deadlineMs: number,
  ): Promise<readonly Segment[]> {
    const delivery: Delivery = { batch, segment, ledger, deadlineMs, mayBeWritten: false }
    for (let failedAttempts = 1; ; failedAttempts++) {
      const session = await this.#session(delivery)
      const verdict = session === undefined ? 'again' : await this.#sendOn(session, delivery)
      if (verdict === 'done') return []
      if (verdict === 'too-large') return [segment]
      if (remainingMs(delivery) <= 0) {
        this.#giveUp(delivery)
        return []
      }
      await this.#backOff(delivery, failedAttempts)
    }
  }

  async #session(delivery: Delivery): Promise<ProduceSession | undefined> {
    try {
      return await withDeadline(this.sessions.current(), remainingMs(delivery))
    } catch (thrown) {
      delivery.lastError = this.#mapped(thrown, 'Connecting', delivery.batch.topic)
      return undefined
    }
  }

  /** Resends on one session while the outcome is open: only its producer id lets the broker drop a duplicate. */
  #sendOn(session: ProduceSession, delivery: Delivery): Promise<Verdict> {
    return session.hold(async () => {
      for (let failedAttempts = 1; ; failedAttempts++) {
        const verdict = await this.#attempt(session, delivery)
        if (verdict === 'again-in-new-session') {
          session.retire()
          return 'again'
        }
        if (verdict !== 'again') return verdict
        const isStuck = this.options.idempotent && delivery.mayBeWritten
        if (remainingMs(delivery) <= 0) {
          if (isStuck) session.retire()
          return 'again'
        }
        if (session.isRetired && !isStuck) return 'again'
        await this.#backOff(delivery, failedAttempts)
      }
    })
  }

  async #attempt(session: ProduceSession, delivery: Delivery): Promise<Verdict> {
    const { batch, segment, ledger } = delivery
    try {
      const sending = session.hold(() => session.producer.send(this.#request(batch, segment)))
      const metadata = await withDeadline(sending, remainingMs(delivery))
      if (metadata === undefined) {
        delivery.mayBeWritten = true
        return 'again'
      }
      ledger.deliverRange(segment.first, segment.end - segment.first, baseOffsetOf(metadata))
      return 'done'
    } catch (thrown) {
      return this.#judge(thrown, session, delivery)
    }
  }

  /** Decides what follows a failed attempt. */
  async #judge(thrown: unknown, session: ProduceSession, delivery: Delivery): Promise<Verdict> {
    const { batch, segment, ledger } = delivery
    const error = this.#mapped(thrown, 'Producing', batch.topic)
    delivery.lastError = error
    if (error.code === 'RECORD_TOO_LARGE') return 'too-large'
    if (error.code === 'BROKER_UNREACHABLE') delivery.mayBeWritten ||= isAfterSending(thrown)
    if (staleProducerCodes.includes(error.details.kafkaErrorCode) && !delivery.mayBeWritten) {
      return 'again-in-new-session'
    }
    if (error.code === 'TOPIC_NOT_FOUND') {
      // kafkajs asks for all topics it ever sent to at once, and one that was deleted fails the request for the others:
      // a new session has forgotten it.
      session.retire()
      await this.topics.refresh(batch.topic)
      return 'again-in-new-session'
    }
    if (error.retryable) return 'again'
    if (this.options.idempotent) session.retire()
    ledger.failRest(error, segment.first, segment.end)
    return 'done'
  }

  #request({ topic, partition, records }: ProduceBatch, { first, end }: Segment): Kafkajs.ProducerRecord {
    return {
      topic,
      acks: acksOnTheWire[this.options.acks],
      timeout: this.requestTimeoutMs,
      compression: this.#compression,
      messages: toMessages(records, first, end, partition, Date.now()),
    }
  }

  #giveUp({ batch, segment, ledger, mayBeWritten, lastError }: Delivery): void {
    const error = deliveryTimeout(batch, this.options.deliveryTimeoutMs, mayBeWritten, lastError)
    ledger.failRest(error, segment.first, segment.end)
  }

  async #backOff(delivery: Delivery, failedAttempts: number): Promise<void> {
    const failure = { failedAttempts, elapsedMs: 0, retryable: true }
    const decision = decideRetry(resendPolicy, failure, Math.random())
    if (decision.retry) await abortableSleep(Math.min(decision.delayMs, Math.max(0, remainingMs(delivery))))
  }

  #mapped(thrown: unknown, action: string, topic: string): TidewaterError {
    return kafkajsError(thrown, { action, topic, brokers: this.connection.brokers })
  }
}

function remainingMs({ deadlineMs }: Delivery): number {
  return deadlineMs - performance.now()
}

function baseOffsetOf(metadata: readonly Kafkajs.RecordMetadata[]): number {
  const baseOffset = metadata[0]?.baseOffset
  return baseOffset === undefined ? -1 : Number(baseOffset)
}

/** A refused connection never carried the request; any other break may have come after the broker wrote it. */
function isAfterSending(thrown: unknown): boolean {
  const text = String((thrown as { message?: unknown } | null)?.message)
  return !text.includes('ECONNREFUSED')
}
