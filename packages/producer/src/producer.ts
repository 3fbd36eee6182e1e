import { setTimeout as sleep } from 'node:timers/promises'
import {
  avroCodec,
  type ConsumerGroup,
  connectionOf,
  type DriverProducer,
  type DriverProducerOptions,
  type GroupOffset,
  type ProducerDriver,
  TidewaterError,
  type Transactions,
  throwIfAborted,
  toTidewaterError,
} from '@tidewater/core'
import { Accumulator } from './batch/accumulator.js'
import type { Batch } from './batch/batch.js'
import { partitionOfKey, requirePartition, StickyPartitioner } from './batch/partitioner.js'
import { preEncoded } from './batch/pre-encoded.js'
import { CloseLimit, requireCloseTimeout } from './close-limit.js'
import type { ProducerStats } from './delivery/delivery-counts.js'
import { Dispatcher } from './delivery/dispatcher.js'
import type { Delivery } from './delivery/failure.js'
import { SendCall } from './delivery/send-call.js'
import { transactionAborted } from './native/transaction-errors.js'
import type { ProducerConfig } from './options.js'
import { framedEncoder, framedHeaders, type RecordFraming } from './registry/framing.js'
import { drainOnSigterm } from './shutdown.js'
import {
  keyBytes,
  requireHeaders,
  requireTimestamp,
  type WritableRecord,
  type WriteOptions,
} from './write-options.js'

/** How long closing waits for a driver whose batches were abandoned. */
const abandonedCloseMs = 1_000

/** What the producer needs of the world; tests bring their own. */
export interface ProducerPorts {
  readonly driver: DriverProducer
  readonly partitions: readonly number[]
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  /** Milliseconds since the epoch. */
  readonly wallClockMs: () => number
  /** In [0, 1). */
  readonly random: () => number
  /** What the registry adds to each record. Default: nothing. */
  readonly framing?: RecordFraming
}

/**
 * Writes records of one schema to one topic. Every record it accepts ends as delivered or as failed, never both, never
 * neither; a failed one is reported through `onDeliveryError`, and by the next `flush` or `close`, or by its `send`.
 */
export class AvroProducer<T> implements AsyncDisposable {
  readonly topic: string
  readonly #config: ProducerConfig<T>
  readonly #ports: ProducerPorts
  readonly #dispatcher: Dispatcher<T>
  readonly #accumulator: Accumulator<T, SendCall>
  readonly #leaveSigterm: (() => void) | undefined
  readonly #onAbort = () => this.#abort()
  readonly #refreshTimer: NodeJS.Timeout
  #partitions: readonly number[]
  #sticky: StickyPartitioner
  #isOpen = true
  #isAbandoned = false
  #closing: Promise<void> | undefined
  readonly #closeLimit: CloseLimit
  readonly #abandoned: Promise<void>
  #onAbandoned: () => void = () => {}

  /** @internal Use `createProducer`. */
  constructor(config: ProducerConfig<T>, ports: ProducerPorts) {
    this.topic = config.topic
    this.#config = config
    this.#ports = ports
    this.#partitions = ports.partitions
    this.#sticky = new StickyPartitioner(ports.partitions, ports.random())
    this.#accumulator = new Accumulator<T, SendCall>(
      ports.partitions,
      {
        record: framedEncoder(avroCodec(config.schema), ports.framing ?? {}),
        encoded: framedEncoder(preEncoded, ports.framing ?? {}),
      },
      config,
      ports.nowMs,
      () => this.#sticky.current,
      (partition) =>
        this.#sticky.batchClosed(partition, (other) => this.#accumulator.unsettledBatches(other)),
    )
    this.#dispatcher = new Dispatcher(config, ports.driver, this.#accumulator, ports.partitions, ports.nowMs)
    this.#closeLimit = new CloseLimit(ports.nowMs, (timeoutMs) => this.#closeTimedOut(timeoutMs))
    this.#abandoned = new Promise((resolve) => {
      this.#onAbandoned = resolve
    })
    this.#leaveSigterm = config.drainOnSigterm ? drainOnSigterm({ drain: () => this.#drain() }) : undefined
    config.signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#refreshTimer = setInterval(() => void this.#refreshPartitions(), config.partitionsMaxAgeMs).unref()
  }

  /**
   * Encodes the record at once and buffers it; bytes are a value that is encoded already, null is a tombstone. Returns
   * nothing while there is room; from a quarter of `maxBufferedBytes` on it returns a promise that resolves when there is
   * room again. The record is accepted either way. Await it: a caller that goes on writing meets the bound itself, where
   * `write` throws.
   *
   * @throws TidewaterError, nothing of the record kept: `RECORD_INVALID` naming field and value, `RECORD_TOO_LARGE`,
   * `PARTITION_NOT_FOUND`, `BUFFER_FULL` (retryable), `PRODUCER_CLOSED`, `TRANSACTION_INVALID` outside of a transaction.
   */
  write(record: WritableRecord<T>, options?: WriteOptions): void | Promise<void> {
    this.#requireOpen()
    try {
      this.#append(record, options)
    } catch (thrown) {
      if (!this.#setAside(record, options, thrown)) throw thrown
    }
    this.#dispatcher.pump()
    if (this.#dispatcher.isAboveHighWater) return this.#dispatcher.room()
  }

  /**
   * Writes the records and resolves when all of them are acknowledged, with where each landed, in their order. Waits for
   * room where `write` would ask to.
   *
   * @param options for all records, or a function that gives each its own
   * @throws SendFailedError (`DELIVERY_FAILED`) once every record has an outcome, naming the failed indexes; the
   * deliveries of the others are in it. A record that can't be encoded fails by itself, the others are sent.
   */
  async send<Written extends WritableRecord<T>>(
    records: readonly Written[],
    options?: WriteOptions | ((record: Written, index: number) => WriteOptions | undefined),
  ): Promise<Delivery[]> {
    this.#requireOpen()
    const call = new SendCall(this.topic, records.length)
    // Marks a rejection as handled while this function still waits for room; the caller gets it by the return below.
    call.result.catch(() => {})
    for (const [index, record] of records.entries()) {
      // Again and again: everyone who waits is woken at once, and the first of them may fill the room.
      while (this.#isOpen && this.#dispatcher.isAboveHighWater) await this.#dispatcher.room()
      try {
        this.#requireOpen()
        const batch = this.#append(record, typeof options === 'function' ? options(record, index) : options)
        batch.noteSend(call, index)
      } catch (thrown) {
        call.failed(index, 1, toTidewaterError(thrown))
      }
      this.#dispatcher.pump()
    }
    return call.result
  }

  /**
   * Resolves when every record written before is delivered, without waiting for the linger.
   *
   * @throws TidewaterError `DELIVERY_FAILED`, once every record has an outcome, with the counts per partition of those
   * that failed since the last `flush`
   */
  flush(): Promise<void> {
    return this.#dispatcher.flush()
  }

  /**
   * Begins a transaction: what is written until it ends becomes visible to readers of committed records all at once, or
   * never. With a `transactionalId` records are written inside of one only.
   *
   * @throws TidewaterError `TRANSACTION_INVALID` while one is open, or without `transactionalId`; `PRODUCER_FENCED`
   */
  beginTransaction(): void {
    this.#requireOpen(true)
    this.#requireTransactions().begin()
  }

  /**
   * Delivers what was written since `beginTransaction`, and commits it.
   *
   * @throws TidewaterError `TRANSACTION_FAILED` when a record was not delivered: call `abortTransaction` then;
   * `TRANSACTION_INVALID` without a transaction; `PRODUCER_FENCED`. After a retryable error it is not known whether it was
   * committed: call it again
   */
  async commitTransaction(): Promise<void> {
    const transactions = this.#requireTransactions()
    // A record that failed makes the commit fail, with more to say than a flush has.
    await this.#dispatcher.flush().catch(() => {})
    await transactions.commit()
  }

  /**
   * Commits the offsets of a consumer group with the transaction, so that what was read counts as read exactly when what was
   * written because of it is visible. The consumer must not commit them itself.
   *
   * @param offsets of the next records to be read, one past the last ones consumed
   * @param group with `member`, the offsets of one that was replaced are refused
   * @throws TidewaterError, the transaction then to be aborted: `CONSUME_FAILED` when the member is not, or no longer, in the
   * group; `AUTHORIZATION_FAILED`, `PRODUCER_FENCED`. Nothing sent: `TRANSACTION_INVALID` without a transaction,
   * `CONFIG_INVALID` for an offset that is none
   */
  async sendOffsets(offsets: readonly GroupOffset[], group: ConsumerGroup): Promise<void> {
    this.#requireOpen(true)
    await this.#requireTransactions().sendOffsets(offsets, group)
  }

  /**
   * Takes back what was written since `beginTransaction`. Records that are not delivered yet have failed with `ABORTED`;
   * those that were are never seen by readers of committed records.
   *
   * @throws TidewaterError `TRANSACTION_INVALID` without a transaction; `PRODUCER_FENCED`. After a retryable error call it
   * again
   */
  async abortTransaction(): Promise<void> {
    const transactions = this.#requireTransactions()
    const mark = this.#dispatcher.failures()
    this.#dispatcher.abandon(transactionAborted())
    // Told by this call: the next flush has nothing to say of them.
    this.#dispatcher.failuresTold(mark)
    await transactions.abort()
  }

  /**
   * Takes no more records, delivers the buffered ones and disconnects. Calling it again returns the same promise; of
   * several time limits the one that ends first counts.
   *
   * @param options.timeoutMs what has no outcome by then has failed with `DELIVERY_TIMEOUT`, and is no longer sent.
   * Infinity for no limit. Default twice `deliveryTimeoutMs`, within which everything has an outcome
   * @throws TidewaterError as `flush`; `CONFIG_INVALID`, the producer still open, for a `timeoutMs` that is no limit
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    try {
      this.#closeLimit.atMost(requireCloseTimeout(options.timeoutMs ?? 2 * this.#config.deliveryTimeoutMs))
    } catch (thrown) {
      return Promise.reject(thrown)
    }
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  stats(): ProducerStats {
    return this.#dispatcher.stats()
  }

  #append(record: WritableRecord<T>, options: WriteOptions | undefined): Batch<SendCall> {
    const { framing } = this.#ports
    if (options === undefined && this.#config.partitioner === undefined) {
      const timestampMs = this.#ports.wallClockMs()
      return this.#dispatcher.append(undefined, record, undefined, framing?.headers, timestampMs)
    }
    const key = keyBytes(options?.key)
    const partition = this.#choosePartition(record, key, options?.partition)
    const timestampMs =
      options?.timestampMs === undefined ? this.#ports.wallClockMs() : requireTimestamp(options.timestampMs)
    const headers = framedHeaders(requireHeaders(options?.headers), framing)
    return this.#dispatcher.append(partition, record, key, headers, timestampMs)
  }

  #choosePartition(
    record: WritableRecord<T>,
    key: Uint8Array | undefined,
    explicit: number | undefined,
  ): number | undefined {
    const partitions = this.#partitions
    const chosen = explicit ?? this.#config.partitioner?.({ topic: this.topic, record, key, partitions })
    if (chosen !== undefined) return requirePartition(this.topic, chosen, partitions)
    return key === undefined ? undefined : partitionOfKey(key, partitions)
  }

  /** Gives a refused record to `deadLetter`; false when there is none, or the refusal isn't about the record. */
  #setAside(record: WritableRecord<T>, options: WriteOptions | undefined, thrown: unknown): boolean {
    const { deadLetter } = this.#config
    if (deadLetter === undefined || !TidewaterError.isInstance(thrown)) return false
    if (thrown.code !== 'RECORD_INVALID' && thrown.code !== 'RECORD_TOO_LARGE') return false
    this.#dispatcher.deadLettered()
    deadLetter({ topic: this.topic, record, options, error: thrown })
    return true
  }

  #requireTransactions(): Transactions {
    const { transactions } = this.#ports.driver
    if (transactions !== undefined) return transactions
    throw new TidewaterError('TRANSACTION_INVALID', 'The producer has no transactionalId', {
      remedy: 'Give createProducer a transactionalId.',
    })
  }

  /** @param withoutTransaction no transaction need be open */
  #requireOpen(withoutTransaction = false): void {
    if (this.#isOpen) {
      const { transactions } = this.#ports.driver
      // The driver checks batches, which come later: a record written too soon would land in the transaction begun meanwhile.
      if (transactions === undefined || transactions.isOpen || withoutTransaction) return
      throw new TidewaterError('TRANSACTION_INVALID', "Can't write a record: no transaction is open", {
        remedy: 'Call beginTransaction first.',
        details: { topic: this.topic },
      })
    }
    throw new TidewaterError('PRODUCER_CLOSED', `The producer of topic ${this.topic} is closed`, {
      remedy: 'Create a new producer.',
      details: { topic: this.topic },
    })
  }

  async #close(): Promise<void> {
    this.#isOpen = false
    clearInterval(this.#refreshTimer)
    try {
      // Nobody is left to commit it.
      if (this.#ports.driver.transactions?.isOpen && !this.#isAbandoned) await this.abortTransaction()
      await this.#dispatcher.flush()
    } finally {
      try {
        await this.#disconnect()
      } finally {
        this.#closeLimit.end()
        this.#config.signal?.removeEventListener('abort', this.#onAbort)
        this.#leaveSigterm?.()
      }
    }
  }

  #closeTimedOut(timeoutMs: number): void {
    const error = new TidewaterError('DELIVERY_TIMEOUT', `The producer was closed after ${timeoutMs} ms`, {
      retryable: true,
      remedy: 'Give close a longer timeoutMs.',
      details: { timeoutMs },
    })
    this.#abandon(error)
  }

  #abort(): void {
    this.#isOpen = false
    const error = new TidewaterError('ABORTED', 'The producer was aborted', {
      cause: this.#config.signal?.reason,
    })
    // Before closing, which sends what is buffered: nothing may be written because of the abort.
    this.#abandon(error)
    // The abort itself has nobody to reject to; `close` returns the same promise to whoever asks.
    this.close().catch(() => {})
  }

  #abandon(error: TidewaterError): void {
    this.#isAbandoned = true
    this.#dispatcher.abandon(error)
    this.#onAbandoned()
  }

  /** A driver closes once its last batch has an outcome; what was abandoned it is told to give up, too. */
  async #disconnect(): Promise<void> {
    const { driver } = this.#ports
    if (!this.#isAbandoned) {
      const closed = driver.close().then(() => 'closed')
      if ((await Promise.race([closed, this.#abandoned])) === 'closed') return
    }
    const closed = driver.close({ abandon: true })
    const enough = new AbortController()
    await Promise.race([
      closed,
      sleep(abandonedCloseMs, undefined, { signal: enough.signal }).catch(() => {}),
    ])
    enough.abort()
    closed.catch(() => {})
  }

  async #drain(): Promise<void> {
    try {
      await this.close({ timeoutMs: this.#config.drainTimeoutMs })
    } catch (thrown) {
      // The process is about to end and nobody may be left to hear of it.
      process.emitWarning(toTidewaterError(thrown))
    }
  }

  async #refreshPartitions(): Promise<void> {
    try {
      const partitions = await this.#ports.driver.partitionsOf(this.topic)
      if (!this.#isOpen || partitions.length <= this.#partitions.length) return
      this.#dispatcher.addPartitions(partitions)
      this.#partitions = partitions
      this.#sticky = new StickyPartitioner(partitions, this.#ports.random())
    } catch {
      // The partitions known are still good; what is wrong with the cluster shows in the deliveries.
    }
  }
}

/** What the driver is told of the options. */
export function driverOptionsOf(config: ProducerConfig<never>): DriverProducerOptions {
  const { acks, idempotent, compression, deliveryTimeoutMs, batchBytes, maxRecordBytes } = config
  const { transactionalId, transactionTimeoutMs } = config
  return {
    acks,
    idempotent,
    compression,
    deliveryTimeoutMs,
    ...(transactionalId === undefined ? {} : { transactionalId, transactionTimeoutMs }),
    // A guard alone: drivers estimate a record's overhead higher than batches are counted here.
    maxRequestBytes: 2 * Math.max(batchBytes, maxRecordBytes),
  }
}

/** Connects and looks up the topic. */
export async function connectProducer<T>(
  config: ProducerConfig<T>,
  driver: ProducerDriver,
  others: Omit<ProducerPorts, 'driver' | 'partitions'>,
): Promise<AvroProducer<T>> {
  throwIfAborted(config.signal)
  const connected = await driver.createProducer(connectionOf(config), driverOptionsOf(config))
  try {
    const partitions = await connected.partitionsOf(config.topic)
    throwIfAborted(config.signal)
    return new AvroProducer(config, { driver: connected, partitions, ...others })
  } catch (thrown) {
    await connected.close()
    throw thrown
  }
}
