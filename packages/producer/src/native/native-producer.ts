import {
  type BatchReport,
  type CloseOptions,
  type DriverProducerOptions,
  defaultTransactionTimeoutMs,
  type KafkaConnection,
  type ProduceBatch,
  type TidewaterError,
  type Transactions,
} from '@tidewater/core'
import {
  acksOnWire,
  brokerError,
  checkRecord,
  deliveryTimeout,
  endOfRequest,
  kafkaCode,
  producerClosed,
  refusedAsTooLarge,
} from '@tidewater/core/drivers'
import type { Compressor } from '../batch/compression.js'
import { encodeRecords, halvesOf } from '../batch/encode-records.js'
import type { EncodedBatch, EncodedBatchSender } from '../batch/encoded-batch.js'
import type { ProducerIdentity } from '../batch/record-batch.js'
import { readRecords } from '../batch/record-format.js'
import { Cluster, lookupError } from './cluster.js'
import type { PartitionQueue } from './partition-queue.js'
import { PartitionQueues } from './partition-queues.js'
import { PendingBatch } from './pending-batch.js'
import type { AttemptResult, ChannelOptions, Entry } from './produce-channel.js'
import { ProducerIdentities } from './producer-identities.js'
import { QueueSender } from './queue-sender.js'
import { ReportBuilder } from './report-builder.js'
import { TransactionCoordinator } from './transaction-coordinator.js'
import { isFencing, producerFenced } from './transaction-errors.js'
import { NativeTransactions } from './transactions.js'
import { type Judgement, judgementOf } from './verdict.js'
import { describeConfigs } from './wire/messages.js'
import { produceVersions } from './wire/produce.js'

export class NativeProducer implements EncodedBatchSender {
  readonly #cluster: Cluster
  readonly #options: DriverProducerOptions
  readonly #queues: PartitionQueues
  readonly #sender: QueueSender
  readonly #unreported = new Set<Promise<BatchReport>>()
  readonly #idleWaits: (() => void)[] = []
  #transactions: NativeTransactions | undefined
  #sweeper: NodeJS.Timeout | undefined
  #isClosing = false
  #closed: Promise<void> | undefined

  private constructor(
    cluster: Cluster,
    connection: KafkaConnection,
    options: DriverProducerOptions,
    compressor: Compressor,
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#queues = new PartitionQueues({
      isIdempotent: options.idempotent,
      isTransactional: options.transactionalId !== undefined,
      // Without sequence numbers a second batch could overtake the first when that is sent again.
      maxInFlight: options.idempotent ? 5 : 1,
    })
    const identities = new ProducerIdentities(cluster)
    const { requestTimeoutMs } = connection
    const channelOptions: ChannelOptions = {
      acks: acksOnWire[options.acks],
      newestVersion: () => this.#newestProduce,
      codec: compressor.codec,
      transactionalId: options.transactionalId ?? null,
      // The broker gives up before we do, so that its answer says which it was.
      brokerTimeoutMs: Math.ceil(requestTimeoutMs * 0.75),
      requestTimeoutMs,
    }
    this.#sender = new QueueSender(cluster, channelOptions, compressor, {
      queues: this.#queues,
      identityOf: async (queue) => this.#transactions?.identity ?? identities.of(queue),
      admits: (queue) => this.#transactions?.admits(queue) ?? true,
      answered: (entry, answer) => this.#answered(entry, answer),
    })
  }

  static async connect(
    connection: KafkaConnection,
    options: DriverProducerOptions,
    compressor: Compressor,
  ): Promise<NativeProducer> {
    const cluster = await Cluster.open(connection)
    const producer = new NativeProducer(cluster, connection, options, compressor)
    const { transactionalId, transactionTimeoutMs: timeoutMs = defaultTransactionTimeoutMs } = options
    if (transactionalId === undefined) return producer
    try {
      const named = { transactionalId, timeoutMs }
      const coordinator = new TransactionCoordinator(cluster, named, options.deliveryTimeoutMs)
      producer.#startTransactions(coordinator, transactionalId, await coordinator.begin())
      return producer
    } catch (thrown) {
      cluster.close()
      throw thrown
    }
  }

  get transactions(): Transactions | undefined {
    return this.#transactions
  }

  /**
   * Produce v12 is the first in which a transaction's partitions join by being written to; they would not be in one of before
   * KIP-890.
   */
  get #newestProduce(): number {
    return this.#transactions?.isImplicit === false ? produceVersions.max - 1 : produceVersions.max
  }

  async partitionsOf(topic: string): Promise<readonly number[]> {
    await this.#cluster.refresh(topic)
    const view = this.#cluster.topic(topic)
    if (view === undefined || view.errorCode !== 0)
      throw lookupError(topic, view?.errorCode ?? kafkaCode.unknownTopicOrPartition)
    return [...view.leaders.keys()].sort((a, b) => a - b)
  }

  async send({ topic, partition, records }: ProduceBatch): Promise<BatchReport> {
    this.#requireOpen()
    const builder = new ReportBuilder(topic, partition, records.length)
    const deadlineMs = performance.now() + this.#options.deliveryTimeoutMs
    const { maxRequestBytes } = this.#options
    const nowMs = Date.now()
    const queue = this.#queues.of(topic, partition)
    for (let first = 0; first < records.length; ) {
      const error = checkRecord(records[first] as ProduceBatch['records'][number], maxRequestBytes)
      if (error !== undefined) {
        builder.failed(first++, 1, error)
        continue
      }
      const wrong = records.findIndex(
        (one, at) => at > first && checkRecord(one, maxRequestBytes) !== undefined,
      )
      const end = endOfRequest(records, first, wrong < 0 ? records.length : wrong, maxRequestBytes)
      const encoded = encodeRecords(topic, partition, records.slice(first, end), nowMs)
      queue.push(new PendingBatch(encoded, builder, first, deadlineMs))
      first = end
    }
    return this.#track(builder, queue)
  }

  async sendEncoded(batch: EncodedBatch): Promise<BatchReport> {
    this.#requireOpen()
    const builder = new ReportBuilder(batch.topic, batch.partition, batch.recordCount)
    const queue = this.#queues.of(batch.topic, batch.partition)
    queue.push(new PendingBatch(batch, builder, 0, performance.now() + this.#options.deliveryTimeoutMs))
    return this.#track(builder, queue)
  }

  close({ abandon = false }: CloseOptions = {}): Promise<void> {
    this.#isClosing = true
    if (abandon) this.#abandon()
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    while (this.#unreported.size > 0) await Promise.all(this.#unreported)
    this.#end()
  }

  #abandon(): void {
    const nowMs = performance.now()
    for (const queue of this.#queues) {
      for (const batch of queue.dropAll(nowMs)) this.#giveUp(queue, batch)
    }
    this.#end()
  }

  #end(): void {
    clearInterval(this.#sweeper)
    this.#sender.stop()
    this.#cluster.close()
  }

  #requireOpen(): void {
    if (this.#isClosing) throw producerClosed()
    // AvroProducer has checked each record; this is for those who use the driver alone, and says who was fenced.
    this.#transactions?.requireOpen()
  }

  #startTransactions(
    coordinator: TransactionCoordinator,
    transactionalId: string,
    identity: ProducerIdentity,
  ): void {
    this.#transactions = new NativeTransactions(coordinator, transactionalId, identity, {
      reported: async () => {
        while (this.#unreported.size > 0) await Promise.all(this.#unreported)
      },
      abandonSending: (error) => this.#abandonSending(error),
      identify: (next) => {
        for (const queue of this.#queues) queue.identify(next)
      },
      pump: (queue) => this.#sender.pump(queue),
    })
  }

  async #abandonSending(error: TidewaterError): Promise<void> {
    const nowMs = performance.now()
    for (const queue of this.#queues) {
      for (const batch of queue.dropAll(nowMs)) batch.failed(batch.doubted(error, batch.mayBeWritten))
    }
    while (!this.#queues.areEmpty) await new Promise<void>((resolve) => this.#idleWaits.push(resolve))
  }

  #track({ report }: ReportBuilder, queue: PartitionQueue): Promise<BatchReport> {
    this.#unreported.add(report)
    void report.then(({ failed }) => {
      if (failed[0] !== undefined) this.#transactions?.noteFailure(failed[0].error)
      this.#unreported.delete(report)
      if (this.#unreported.size > 0) return
      clearInterval(this.#sweeper)
      this.#sweeper = undefined
    })
    this.#sweeper ??= setInterval(
      () => this.#giveUpExpired(),
      Math.min(1_000, Math.ceil(this.#options.deliveryTimeoutMs / 20)),
    )
    this.#sender.pump(queue)
    return report
  }

  #answered(entry: Entry, answer: AttemptResult): void {
    this.#takeAnswer(entry, answer)
    this.#goOn(entry.queue)
  }

  #goOn(queue: PartitionQueue): void {
    for (const resolve of this.#idleWaits.splice(0)) resolve()
    this.#sender.pump(queue)
  }

  #takeAnswer({ queue, batch }: Entry, answer: AttemptResult): void {
    const nowMs = performance.now()
    if (answer.lost !== undefined) {
      queue.answered(batch, answer.wasWritten ? 'unknown' : 'again', nowMs)
      this.#sender.lookUpFirst(queue)
      return
    }
    const { errorCode, baseOffset, errorMessage } = answer.result
    const { verdict, refreshes } = this.#judgementOf(errorCode, queue, batch)
    if (verdict === 'too-large') this.#tooLarge(queue, batch, nowMs)
    else {
      if (verdict === 'appended') batch.delivered(baseOffset < 0n ? undefined : baseOffset)
      else if (verdict === 'refused') {
        // An error inside the broker may have come after the append.
        batch.isInDoubt ||= errorCode === kafkaCode.unknownServerError
        batch.failed(batch.doubted(this.#refusal(queue.topic, errorCode, errorMessage)))
      }
      queue.answered(batch, verdict, nowMs)
    }
    if (refreshes) this.#sender.lookUpFirst(queue)
  }

  /** In a transaction numbers and epoch are the coordinator's: what is at odds with them fails it. */
  #judgementOf(errorCode: number, queue: PartitionQueue, batch: PendingBatch): Judgement {
    const judgement = judgementOf(errorCode)
    if (this.#transactions === undefined) return judgement
    const { verdict } = judgement
    const isAtOdds = verdict === 'stale' || (verdict === 'out-of-order' && queue.isFirst(batch))
    return isAtOdds ? { verdict: 'refused', refreshes: false } : judgement
  }

  #refusal(topic: string, errorCode: number, errorMessage: string | null): TidewaterError {
    const { transactionalId } = this.#options
    if (transactionalId !== undefined && isFencing(errorCode))
      return producerFenced(transactionalId, errorCode)
    const text = errorMessage ?? 'the broker refused the batch'
    return brokerError(errorCode, text, { action: 'Producing', topic }, undefined)
  }

  #tooLarge(queue: PartitionQueue, batch: PendingBatch, nowMs: number): void {
    if (batch.encoded.recordCount > 1) {
      const [first, second] = halvesOf(batch.encoded)
      queue.answered(batch, 'too-large', nowMs, batch.split(first, second))
      return
    }
    void this.#refuseRecord(queue, batch)
  }

  /** The batch keeps its place meanwhile: what follows may fail because it did, and must not be the first to be reported. */
  async #refuseRecord(queue: PartitionQueue, batch: PendingBatch): Promise<void> {
    const { records, baseTimestampMs } = batch.encoded
    const [record] = [...readRecords(records, 1, baseTimestampMs)]
    const limitBytes = await this.#maxMessageBytes(queue.topic)
    batch.failed(refusedAsTooLarge(record as NonNullable<typeof record>, queue.topic, limitBytes))
    queue.answered(batch, 'refused', performance.now())
    this.#goOn(queue)
  }

  /** The topic's `max.message.bytes`, for an error's text; undefined when it can't be read. */
  async #maxMessageBytes(topic: string): Promise<number | undefined> {
    try {
      const request = { topic, names: ['max.message.bytes'] }
      const configs = await this.#cluster.askAny((control) => control.call(describeConfigs, request))
      const value = configs.get('max.message.bytes')
      return value === undefined ? undefined : Number(value)
    } catch {
      return undefined
    }
  }

  #giveUpExpired(): void {
    const nowMs = performance.now()
    for (const queue of this.#queues) {
      for (const batch of queue.dropExpired(nowMs)) this.#giveUp(queue, batch)
      this.#sender.pump(queue)
    }
  }

  #giveUp({ topic, partition }: PartitionQueue, batch: PendingBatch): void {
    const { deliveryTimeoutMs } = this.#options
    batch.failed(deliveryTimeout({ topic, partition }, deliveryTimeoutMs, batch.mayBeWritten))
  }
}
