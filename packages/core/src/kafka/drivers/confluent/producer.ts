import type { DeliveryReport, IAdminClient, MessageHeader, Producer } from '@confluentinc/kafka-javascript'
import type { KafkaConnection } from '../../../config/kafka.js'
import { type TidewaterError, toTidewaterError } from '../../../errors.js'
import type {
  BatchReport,
  CloseOptions,
  DriverProducer,
  DriverProducerOptions,
  ProduceBatch,
  ProduceRecord,
} from '../../port.js'
import { type Deadline, Deadlines } from '../deadline.js'
import { DeliveryLedger } from '../delivery-ledger.js'
import { PartitionLanes } from '../partition-lanes.js'
import { deliveryTimeout, producerClosed, withDoubt } from '../protocol-errors.js'
import { checkRecord, refusedAsTooLarge } from '../record-check.js'
import { type Segment, sendSplitting } from '../split-send.js'
import { TopicPartitions } from '../topic-partitions.js'
import { describeTopicWith } from './admin.js'
import { type ConfluentModule, ConnectionLog, connectClient } from './client.js'
import { DeliverySlots, maxSlotRecords, type SlotHandle } from './delivery-slots.js'
import { codeOf, confluentError, fatalError, isEndedByFatal, localCode } from './errors.js'
import { producerConfig } from './producer-config.js'

/** @throws TidewaterError `BROKER_UNREACHABLE` */
export async function createConfluentProducer(
  confluent: ConfluentModule,
  connection: KafkaConnection,
  options: DriverProducerOptions,
): Promise<DriverProducer> {
  const client = new confluent.Producer({ ...producerConfig(connection, options), dr_cb: true })
  const log = new ConnectionLog(client, connection.auth)
  await connectClient(client, log, connection)
  client.setPollInBackground(true)
  return new ConfluentProducer(client, confluent.AdminClient.createFrom(client), connection, options, log)
}

class ConfluentProducer implements DriverProducer {
  readonly #slots = new DeliverySlots()
  readonly #lanes = new PartitionLanes()
  readonly #deadlines = new Deadlines()
  /** Segments in librdkafka's hands, by lane. */
  readonly #handedOver = new Map<string, Set<Promise<void>>>()
  readonly #topics: TopicPartitions
  readonly #running = new Set<Promise<void>>()
  #closed: Promise<void> | undefined
  #isAbandoned = false

  constructor(
    readonly client: Producer,
    admin: IAdminClient,
    readonly connection: KafkaConnection,
    readonly options: DriverProducerOptions,
    readonly log: ConnectionLog,
  ) {
    const onReport = (error: unknown, report: DeliveryReport): void => {
      // Reports and log lines come by ways of their own: the cause may be the later one.
      if (isEndedByFatal(error) && log.fatalCause === undefined)
        void log.fatal.then(() => onReport(error, report))
      else this.#slots.onReport(error, report.opaque as number, report.offset)
    }
    client.on('delivery-report', onReport)
    this.#topics = new TopicPartitions(async (topic) => {
      try {
        const { partitions } = await describeTopicWith(admin, topic, connection.requestTimeoutMs)
        return partitions.map(({ partition }) => partition)
      } catch (thrown) {
        throw this.#mapped(thrown, 'Describing the topic', topic)
      }
    })
  }

  async partitionsOf(topic: string): Promise<readonly number[]> {
    if (this.#closed !== undefined) throw producerClosed()
    return this.#topics.refresh(topic)
  }

  async send(batch: ProduceBatch): Promise<BatchReport> {
    if (this.#closed !== undefined) throw producerClosed()
    const ledger = new DeliveryLedger(batch.records.length)
    const sending = this.#deadlines.run(this.options.deliveryTimeoutMs, (deadline) =>
      this.#send(batch, ledger, deadline),
    )
    this.#running.add(sending)
    try {
      await sending
    } catch (thrown) {
      ledger.failRest(toTidewaterError(thrown, 'DELIVERY_FAILED'))
    } finally {
      this.#running.delete(sending)
    }
    return ledger.report(batch.topic, batch.partition)
  }

  close({ abandon = false }: CloseOptions = {}): Promise<void> {
    if (abandon) {
      this.#isAbandoned = true
      this.#deadlines.expireAll()
    }
    this.#closed ??= this.#closeNow()
    return this.#closed
  }

  async #closeNow(): Promise<void> {
    await Promise.allSettled(this.#running)
    // Every send has ended; the library still wants a bound for what it might hold. What was abandoned is in its queue, or
    // on its way, still: it isn't waited for, and the library drops its queue as it disconnects.
    const flushTimeoutMs = this.#isAbandoned ? 0 : 1_000
    await new Promise<void>((resolve) => {
      this.client.disconnect(flushTimeoutMs, () => resolve())
    })
  }

  async #send(batch: ProduceBatch, ledger: DeliveryLedger, deadline: Deadline): Promise<void> {
    const { topic, partition, records } = batch
    if (records.length > 0 && !this.#topics.has(topic, partition)) {
      const known = this.#topics.require(topic, partition).then(() => true)
      if (!(await deadline.within(known))) throw this.#timedOut(batch, false)
    }
    await sendSplitting(
      segmentsOf(records.length),
      'merged',
      (segment, alone) => this.#attempt(batch, segment, alone, ledger, deadline),
      async (index) => {
        // The library has no request for a topic's configs, so the limit's value stays unknown here.
        ledger.fail(index, refusedAsTooLarge(records[index] as ProduceRecord, topic, undefined))
      },
    )
  }

  /** @returns the pieces the broker found too large */
  async #attempt(
    batch: ProduceBatch,
    segment: Segment,
    alone: boolean,
    ledger: DeliveryLedger,
    deadline: Deadline,
  ): Promise<readonly Segment[]> {
    const lane = `${batch.partition}:${batch.topic}`
    const slot = await this.#lanes.run(batch.topic, batch.partition, async () => {
      if (!alone) return this.#handOver(lane, batch, segment, ledger, deadline)
      // Nothing of the lane is in the library's hands before, and nothing follows until the report is here: so the
      // library can't put the record into one request with others.
      await deadline.within(Promise.all(this.#handedOver.get(lane) ?? []))
      const handle = await this.#handOver(lane, batch, segment, ledger, deadline)
      if (handle !== undefined) await deadline.within(handle.settled)
      return handle
    })
    const settled = slot?.settled.then(() => true)
    // librdkafka counts a record's time from when it took it, which is later than the call when its queue was full: this
    // deadline is the caller's.
    if (settled !== undefined && (await deadline.within(settled))) return slot?.tooLarge() ?? []
    ledger.failRest(this.#timedOut(batch, slot !== undefined), segment.first, segment.end)
    return []
  }

  async #handOver(
    lane: string,
    batch: ProduceBatch,
    segment: Segment,
    ledger: DeliveryLedger,
    deadline: Deadline,
  ): Promise<SlotHandle | undefined> {
    const slot = await this.#enqueue(batch, segment, ledger, deadline)
    if (slot === undefined) return undefined
    const { settled } = slot
    const handedOver = this.#handedOver.get(lane) ?? new Set()
    this.#handedOver.set(lane, handedOver.add(settled))
    void settled.then(() => {
      handedOver.delete(settled)
      if (handedOver.size === 0 && this.#handedOver.get(lane) === handedOver) this.#handedOver.delete(lane)
    })
    return slot
  }

  /** Hands the segment to librdkafka, waiting whenever its queue is full. */
  async #enqueue(
    batch: ProduceBatch,
    segment: Segment,
    ledger: DeliveryLedger,
    deadline: Deadline,
  ): Promise<SlotHandle | undefined> {
    while (!deadline.isOver && this.#slots.isFull) await this.#room(deadline)
    if (deadline.isOver) return undefined
    const slot = this.#slots.open(segment, ledger, (reason) => this.#fateOf(reason, batch))
    let index = segment.first
    try {
      for (; index < segment.end; index++) {
        if (!ledger.isUndecided(index)) continue
        const record = batch.records[index] as ProduceRecord
        const refusal = checkRecord(record, this.options.maxRequestBytes)
        if (refusal !== undefined) {
          ledger.fail(index, refusal)
          continue
        }
        const opaque = slot.opaqueOf(index)
        while (!this.#produce(batch, record, opaque)) {
          await this.#room(deadline)
          if (deadline.isOver) throw this.#timedOut(batch, false)
        }
        slot.added()
      }
    } catch (thrown) {
      // librdkafka refuses from its own threads on, before the line that says why can have come.
      if (isEndedByFatal(thrown)) await deadline.within(this.log.fatal)
      // The records before it are in the library's hands: their own reports decide.
      ledger.failRest(this.#mapped(thrown, 'Producing', batch.topic), index, segment.end)
    } finally {
      slot.filled()
    }
    return slot
  }

  /** @returns false when librdkafka's queue is full */
  #produce({ topic, partition }: ProduceBatch, record: ProduceRecord, opaque: number): boolean {
    try {
      this.client.produce(
        topic,
        partition,
        record.value === null ? null : toBuffer(record.value),
        record.key == null ? null : toBuffer(record.key),
        record.timestampMs,
        opaque,
        record.headers === undefined ? undefined : toHeaders(record.headers),
      )
      return true
    } catch (thrown) {
      if (codeOf(thrown) === localCode.queueFull) return false
      throw thrown
    }
  }

  /** Waits for a delivery report, which may have made room. */
  async #room(deadline: Deadline): Promise<void> {
    // Bounded, because the report that made room may have come before this wait began.
    await Promise.race([this.#slots.nextReport(), deadline.pause(50)])
  }

  #timedOut(batch: ProduceBatch, wasSent: boolean, cause?: unknown): TidewaterError {
    const { fatalCause } = this.log
    if (fatalCause !== undefined) {
      // A record that is given to librdkafka while it empties its queue stays there until its time is up.
      const error = fatalError(fatalCause, { action: 'Producing', topic: batch.topic }, cause)
      return wasSent ? withDoubt(error) : error
    }
    return deliveryTimeout(batch, this.options.deliveryTimeoutMs, wasSent, cause)
  }

  #fateOf(reason: unknown, batch: ProduceBatch): TidewaterError {
    const code = codeOf(reason)
    if (code === localCode.messageTimedOut || code === localCode.timedOutInQueue) {
      return this.#timedOut(batch, true, this.log.lastFailure ?? reason)
    }
    return this.#mapped(reason, 'Producing', batch.topic)
  }

  #mapped(thrown: unknown, action: string, topic: string): TidewaterError {
    return confluentError(thrown, {
      action,
      topic,
      brokers: this.connection.brokers,
      detail: this.log.lastFailure,
      fatalCause: this.log.fatalCause,
    })
  }
}

function segmentsOf(count: number): Segment[] {
  const segments: Segment[] = []
  for (let first = 0; first < count; first += maxSlotRecords) {
    segments.push({ first, end: Math.min(count, first + maxSlotRecords) })
  }
  return segments
}

// The binding takes an empty buffer's missing address for "no value", which Kafka keeps apart: a view of no bytes into a
// buffer that has some does have an address.
const empty = Buffer.alloc(1).subarray(0, 0)

function toBuffer(bytes: Uint8Array): Buffer {
  if (bytes.byteLength === 0) return empty
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function toHeaders(headers: Readonly<Record<string, Uint8Array | string>>): MessageHeader[] {
  return Object.entries(headers).map(([name, value]) => ({
    [name]: typeof value === 'string' ? value : toBuffer(value),
  }))
}
