import {
  type BatchReport,
  type DriverProducer,
  type ProduceRecord,
  TidewaterError,
  toTidewaterError,
} from '@tidewater/core'
import { withDoubt } from '@tidewater/core/drivers'
import type { Accumulator } from '../batch/accumulator.js'
import type { Batch, RecordRange } from '../batch/batch.js'
import type { EncodedBatchSender } from '../batch/encoded-batch.js'
import type { RecordHeaders } from '../batch/record-format.js'
import type { ProducerConfig } from '../options.js'
import { DeliveryCounts, type ProducerStats } from './delivery-counts.js'
import { flushFailed } from './failure.js'
import { FailureLog } from './failure-log.js'
import type { SendCall } from './send-call.js'
import { failAll, type Settlement, settle } from './settlement.js'

/** What is due within this is closed by a timer that is there: the next could only come after it. */
const timerToleranceMs = 1

interface Flush {
  readonly pending: Set<Batch<SendCall>>
  readonly done: () => void
}

interface Room {
  readonly promise: Promise<void>
  readonly open: () => void
}

/** Takes batches from the accumulator to the driver and their reports back to whoever waits for them. */
export class Dispatcher<T> {
  readonly #config: ProducerConfig<T>
  readonly #driver: DriverProducer & Partial<EncodedBatchSender>
  readonly #accumulator: Accumulator<T, SendCall>
  readonly #counts: DeliveryCounts
  readonly #failureLog = new FailureLog()
  readonly #nowMs: () => number
  readonly #highWaterBytes: number
  readonly #resumeBytes: number
  readonly #sent = new Set<Batch<SendCall>>()
  readonly #flushes = new Set<Flush>()
  #room: Room | undefined
  #timer: NodeJS.Timeout | undefined
  #timerDueMs = Number.POSITIVE_INFINITY
  /** The timer fired, and the turn's end sets it anew. */
  #isTurnEnding = false

  constructor(
    config: ProducerConfig<T>,
    driver: DriverProducer & Partial<EncodedBatchSender>,
    accumulator: Accumulator<T, SendCall>,
    partitions: readonly number[],
    nowMs: () => number,
  ) {
    this.#config = config
    this.#driver = driver
    this.#accumulator = accumulator
    this.#counts = new DeliveryCounts(partitions)
    this.#nowMs = nowMs
    const { maxBufferedBytes, batchBytes } = config
    // A quarter: what a batch on its way costs the client library is not in the buffer's count, and concurrent writers
    // that have not come to their await yet still have the rest. More waiting records make nothing faster: with half,
    // kafkajs was as fast and the process 16 MB larger.
    this.#highWaterBytes = maxBufferedBytes / 4
    // One batch's room is enough to go on: the writer fills it while the others are on their way.
    this.#resumeBytes = this.#highWaterBytes - Math.min(batchBytes, this.#highWaterBytes / 2)
  }

  /** Throws what {@link Accumulator.append} throws. */
  append(
    partition: number | undefined,
    record: T | Uint8Array | null,
    key: Uint8Array | undefined,
    headers: RecordHeaders | undefined,
    timestampMs: number,
  ): Batch<SendCall> {
    const batch = this.#accumulator.append(partition, record, key, headers, timestampMs)
    if (batch.count === 1) this.#armFor(batch.openedAtMs + this.#config.lingerMs)
    return batch
  }

  /** Sends what is full. Apart from `append`, so that a record can be noted with its batch before the batch leaves. */
  pump(): void {
    if (!this.#accumulator.hasReady) return
    for (let batch = this.#accumulator.takeReady(); batch; batch = this.#accumulator.takeReady()) {
      this.#sent.add(batch)
      this.#counts.sentBatches++
      void this.#send(batch)
    }
  }

  get isAboveHighWater(): boolean {
    return this.#accumulator.bufferedBytes >= this.#highWaterBytes
  }

  /** Resolves when there is room for a batch again. One promise for everyone who waits. */
  room(): Promise<void> {
    if (this.#room === undefined) {
      let open!: () => void
      const promise = new Promise<void>((resolve) => {
        open = resolve
      })
      this.#room = { promise, open }
    }
    return this.#room.promise
  }

  /** Resolves when everything appended so far is delivered; rejects, after everything has an outcome, if some failed. */
  async flush(): Promise<void> {
    const mark = this.#failureLog.mark()
    const pending = new Set(this.#accumulator.outstanding())
    if (pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#flushes.add({ pending, done: resolve })
        this.#accumulator.closeAll()
        this.pump()
      })
    }
    const { partitions, cause } = this.#failureLog.take(mark)
    if (partitions.length > 0) throw flushFailed(this.#config.topic, partitions, cause)
  }

  /** Gives up everything that has no outcome yet. Reports of batches that are on their way are no longer listened to. */
  abandon(error: TidewaterError): void {
    for (const batch of this.#accumulator.takeAllUnsent()) this.#discard(batch, error)
    const doubted = withDoubt(error)
    for (const batch of this.#sent) this.#settle(batch, failAll(batch.count, doubted))
    this.#rearm()
  }

  /** The failures told so far, for `failuresTold`. */
  failures(): ReturnType<FailureLog['mark']> {
    return this.#failureLog.mark()
  }

  /** What failed since `mark` needs no telling by `flush` and `close`. */
  failuresTold(mark: ReturnType<FailureLog['mark']>): void {
    this.#failureLog.take(mark)
  }

  addPartitions(partitions: readonly number[]): void {
    this.#accumulator.addPartitions(partitions)
    this.#counts.addPartitions(partitions)
  }

  deadLettered(): void {
    this.#counts.deadLetteredRecords++
  }

  stats(): ProducerStats {
    return this.#counts.snapshot(this.#accumulator)
  }

  async #send(batch: Batch<SendCall>): Promise<void> {
    let settlement: Settlement
    try {
      const { topic } = this.#config
      const { partition } = batch
      const report: BatchReport = this.#driver.sendEncoded
        ? await this.#driver.sendEncoded(batch.encoded(topic))
        : await this.#driver.send({ topic, partition, records: batch.records() })
      if (!this.#sent.has(batch)) return
      settlement = settle(batch.count, report)
    } catch (thrown) {
      if (!this.#sent.has(batch)) return
      settlement = failAll(batch.count, toTidewaterError(thrown, 'DELIVERY_FAILED'))
    }
    this.#settle(batch, settlement)
    this.pump()
    this.#rearm()
  }

  #settle(batch: Batch<SendCall>, settlement: Settlement): void {
    this.#sent.delete(batch)
    const { partition } = batch
    const { topic, onDelivery } = this.#config
    const hooks: (() => void)[] = []
    for (const range of settlement.delivered) {
      const { firstIndex, count, baseOffset, mayBeRepeated } = range
      const bytes = batch.payloadBytes(range)
      this.#counts.delivered(partition, count, baseOffset, bytes)
      for (const send of batch.sendsWithin(range)) {
        const offset =
          baseOffset === undefined ? undefined : baseOffset + BigInt(send.firstIndex - firstIndex)
        send.call.delivered(send.firstCallIndex, send.count, partition, offset)
      }
      if (onDelivery) {
        const report = { topic, partition, baseOffset: baseOffset ?? -1n, recordCount: count, bytes }
        hooks.push(() => onDelivery(mayBeRepeated ? { ...report, mayBeRepeated } : report))
      }
    }
    for (const range of settlement.failed) hooks.push(...this.#fail(batch, range, range.error))
    this.#accumulator.settle(batch, settlement.failed.length === 0)
    this.#afterSettling(batch, hooks)
  }

  /** Ends a batch that was never handed to the driver. */
  #discard(batch: Batch<SendCall>, error: TidewaterError): void {
    const hooks = this.#fail(batch, { firstIndex: 0, count: batch.count }, error)
    this.#accumulator.discard(batch)
    this.#afterSettling(batch, hooks)
  }

  /** Counts the failure and tells the `send` calls; returns the hooks to call once the accounts are closed. */
  #fail(batch: Batch<SendCall>, range: RecordRange, error: TidewaterError): (() => void)[] {
    const { partition } = batch
    const { topic, onDeliveryError } = this.#config
    this.#counts.failed(partition, range.count, batch.payloadBytes(range))
    let untold = range.count
    for (const send of batch.sendsWithin(range)) {
      send.call.failed(send.firstCallIndex, send.count, error)
      untold -= send.count
    }
    // What a `send` call rejects with is told; `flush` and `close` reject with the rest.
    if (untold > 0) this.#failureLog.add(partition, untold, error)
    if (!onDeliveryError) return []
    const records: ProduceRecord[] = batch.records(range)
    return [() => onDeliveryError({ topic, partition, error, records })]
  }

  #afterSettling(batch: Batch<SendCall>, hooks: readonly (() => void)[]): void {
    for (const hook of hooks) callHook(hook)
    for (const flush of this.#flushes) {
      if (!flush.pending.delete(batch) || flush.pending.size > 0) continue
      this.#flushes.delete(flush)
      flush.done()
    }
    if (this.#room !== undefined && this.#accumulator.bufferedBytes <= this.#resumeBytes) {
      this.#room.open()
      this.#room = undefined
    }
  }

  /** Closes what is due, at the end of this turn of the event loop: records written in the same turn still join. */
  #onTimer(): void {
    this.#timer = undefined
    this.#isTurnEnding = true
    setImmediate(() => this.#onTurnsEnd())
  }

  #onTurnsEnd(): void {
    this.#isTurnEnding = false
    this.#timerDueMs = Number.POSITIVE_INFINITY
    for (const batch of this.#accumulator.takeExpired()) {
      const error = new TidewaterError(
        'DELIVERY_TIMEOUT',
        `The records waited longer than deliveryTimeoutMs (${this.#config.deliveryTimeoutMs} ms) and were not sent`,
        { retryable: true, remedy: 'Check that the brokers answer and that they keep up with the rate.' },
      )
      this.#discard(batch, error)
    }
    this.#accumulator.advance(timerToleranceMs)
    this.pump()
    this.#rearm()
  }

  /** Sets the timer anew, or stops it: without anything that waits it must not keep the process alive. */
  #rearm(): void {
    const dueMs = this.#accumulator.nextDeadlineMs()
    if (dueMs === undefined) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#timerDueMs = Number.POSITIVE_INFINITY
    } else this.#armFor(dueMs)
  }

  #armFor(dueMs: number): void {
    if (this.#isTurnEnding || this.#timerDueMs <= dueMs) return
    clearTimeout(this.#timer)
    this.#timerDueMs = dueMs
    // Timers count whole milliseconds and come late by up to one, so that a batch would wait for a linger and one more.
    this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, Math.floor(dueMs - this.#nowMs())))
  }
}

/** A hook that throws is the application's fault and surfaces as such, but not in the middle of the accounts. */
function callHook(hook: () => void): void {
  try {
    hook()
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}
