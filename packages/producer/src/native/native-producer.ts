import {
  type BatchReport,
  type CloseOptions,
  type DriverProducer,
  type DriverProducerOptions,
  type KafkaConnection,
  type ProduceBatch,
  type TidewaterError,
  type Transactions,
  toTidewaterError,
} from '@tidewater/core'
import {
  brokerError,
  checkRecord,
  deliveryTimeout,
  endOfRequest,
  partitionNotFound,
  producerClosed,
  refusedAsTooLarge,
  topicNotFound,
  withDoubt,
} from '@tidewater/core/drivers'
import type { Compressor } from '../batch/compression.js'
import { encodeRecords, halvesOf } from '../batch/encode-records.js'
import type { EncodedBatch } from '../batch/encoded-batch.js'
import type { ProducerIdentity } from '../batch/record-batch.js'
import { readRecords } from '../batch/record-format.js'
import { Cluster } from './cluster.js'
import { Fate } from './fate.js'
import { PartitionQueue, type PartitionQueueOptions } from './partition-queue.js'
import { PendingBatch } from './pending-batch.js'
import { type Answer, type ChannelOptions, type Entry, ProduceChannel } from './produce-channel.js'
import { isFencing, producerFenced, TransactionCoordinator } from './transaction-coordinator.js'
import { NativeTransactions } from './transactions.js'
import { type Treatment, treatmentOf } from './verdict.js'
import { describeConfigs, initProducerId } from './wire/messages.js'
import { produceKey, produceVersions } from './wire/produce.js'

/** A driver's producer that takes batches as they go on the wire. */
export interface EncodedBatchSender extends DriverProducer {
  /** As `send`. The batch's memory is read until the report is there. */
  sendEncoded(batch: EncodedBatch): Promise<BatchReport>
}

interface Lookup {
  /** How many went before it without success. */
  readonly tries: number
  readonly isRunning: boolean
}

const minBackoffMs = 100
const maxBackoffMs = 1_000
/** A topic is taken for missing when the cluster says so this often in a row: a new one takes a moment to spread. */
const timesUnknownLimit = 4
const acksOnWire = { all: -1, leader: 1, none: 0 } as const

export class NativeProducer implements EncodedBatchSender {
  readonly #cluster: Cluster
  readonly #options: DriverProducerOptions
  readonly #compressor: Compressor
  readonly #queueOptions: PartitionQueueOptions
  readonly #channelOptions: ChannelOptions
  readonly #queues = new Map<string, Map<number, PartitionQueue>>()
  readonly #channels = new Map<number, Promise<ProduceChannel> | ProduceChannel>()
  readonly #timers = new Map<PartitionQueue, NodeJS.Timeout>()
  /** Queues whose leader has to be looked up before anything more is sent. */
  readonly #lookups = new Map<PartitionQueue, Lookup>()
  readonly #unreported = new Set<Promise<BatchReport>>()
  readonly #identified = new WeakSet<PartitionQueue>()
  readonly #idleWaits: (() => void)[] = []
  #transactions: NativeTransactions | undefined
  #identity: Promise<ProducerIdentity> | undefined
  #sweeper: NodeJS.Timeout | undefined
  #isClosing = false
  #isAbandoned = false
  #closed: Promise<void> | undefined

  private constructor(
    cluster: Cluster,
    connection: KafkaConnection,
    options: DriverProducerOptions,
    compressor: Compressor,
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#compressor = compressor
    this.#queueOptions = {
      isIdempotent: options.idempotent,
      maxInFlight: options.idempotent ? 5 : 1,
      minBackoffMs,
      maxBackoffMs,
    }
    const { requestTimeoutMs } = connection
    this.#channelOptions = {
      acks: acksOnWire[options.acks],
      version: cluster.highestVersion(produceKey, newestVersion(cluster, options)) as number,
      codec: compressor.codec,
      transactionalId: options.transactionalId ?? null,
      // The broker gives up before we do, so that its answer says which it was.
      brokerTimeoutMs: Math.ceil(requestTimeoutMs * 0.75),
      requestTimeoutMs,
    }
  }

  static async connect(
    connection: KafkaConnection,
    options: DriverProducerOptions,
    compressor: Compressor,
  ): Promise<NativeProducer> {
    const cluster = await Cluster.open(connection)
    const producer = new NativeProducer(cluster, connection, options, compressor)
    const { transactionalId, transactionTimeoutMs: timeoutMs = 60_000 } = options
    if (transactionalId === undefined) return producer
    try {
      const named = { transactionalId, timeoutMs }
      const coordinator = new TransactionCoordinator(cluster, connection, named, options.deliveryTimeoutMs)
      producer.#startTransactions(coordinator, transactionalId, await coordinator.begin())
      return producer
    } catch (thrown) {
      cluster.close()
      throw thrown
    }
  }

  /** How often a session was renewed on the connections that are open now (KIP-368). */
  get reauthentications(): number {
    return this.#cluster.reauthentications
  }

  get transactions(): Transactions | undefined {
    return this.#transactions
  }

  async partitionsOf(topic: string): Promise<readonly number[]> {
    await this.#cluster.refresh(topic)
    const view = this.#cluster.topic(topic)
    if (view === undefined || view.errorCode !== 0) throw lookupError(topic, view?.errorCode ?? 3)
    return [...view.leaders.keys()].sort((a, b) => a - b)
  }

  async send({ topic, partition, records }: ProduceBatch): Promise<BatchReport> {
    this.#requireOpen()
    const fate = new Fate(topic, partition, records.length)
    const deadlineMs = performance.now() + this.#options.deliveryTimeoutMs
    const { maxRequestBytes } = this.#options
    const nowMs = Date.now()
    const queue = this.#queue(topic, partition)
    for (let first = 0; first < records.length; ) {
      const error = checkRecord(records[first] as ProduceBatch['records'][number], maxRequestBytes)
      if (error !== undefined) {
        fate.failed(first++, 1, error)
        continue
      }
      const wrong = records.findIndex(
        (one, at) => at > first && checkRecord(one, maxRequestBytes) !== undefined,
      )
      const end = endOfRequest(records, first, wrong < 0 ? records.length : wrong, maxRequestBytes)
      const encoded = encodeRecords(topic, partition, records.slice(first, end), nowMs)
      queue.push(new PendingBatch(encoded, fate, first, deadlineMs))
      first = end
    }
    return this.#track(fate, queue)
  }

  async sendEncoded(batch: EncodedBatch): Promise<BatchReport> {
    this.#requireOpen()
    const fate = new Fate(batch.topic, batch.partition, batch.recordCount)
    const queue = this.#queue(batch.topic, batch.partition)
    queue.push(new PendingBatch(batch, fate, 0, performance.now() + this.#options.deliveryTimeoutMs))
    return this.#track(fate, queue)
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
    this.#isAbandoned = true
    const nowMs = performance.now()
    for (const queue of this.#allQueues()) {
      for (const batch of queue.takeAll(nowMs)) this.#giveUp(queue, batch)
    }
    this.#end()
  }

  #end(): void {
    clearInterval(this.#sweeper)
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    this.#cluster.close()
  }

  #requireOpen(): void {
    if (this.#isClosing) throw producerClosed()
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
        for (const queue of this.#allQueues()) queue.identify(next)
      },
      pump: (queue) => this.#pump(queue),
    })
  }

  async #abandonSending(error: TidewaterError): Promise<void> {
    const nowMs = performance.now()
    for (const queue of this.#allQueues()) {
      for (const batch of queue.takeAll(nowMs)) batch.failed(batch.mayBeWritten ? withDoubt(error) : error)
    }
    const isIdle = () => [...this.#allQueues()].every(({ isEmpty }) => isEmpty)
    while (!isIdle()) await new Promise<void>((resolve) => this.#idleWaits.push(resolve))
  }

  #track({ report }: Fate, queue: PartitionQueue): Promise<BatchReport> {
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
    this.#pump(queue)
    return report
  }

  /** Sends what the queue may send now, or sees to it that it will be. */
  #pump(queue: PartitionQueue): void {
    if (this.#isAbandoned || queue.isEmpty) return
    const nowMs = performance.now()
    if (queue.notBeforeMs > nowMs) {
      this.#pumpAt(queue, queue.notBeforeMs)
      return
    }
    if (queue.needsIdentity) {
      void this.#identify(queue)
      return
    }
    if (!queue.mayHaveNext(nowMs)) return
    if (this.#transactions?.admits(queue) === false) return
    const leader = this.#cluster.leaderOf(queue.topic, queue.partition)
    if (leader === undefined || this.#lookups.has(queue)) {
      void this.#findLeader(queue)
      return
    }
    const channel = this.#channels.get(leader)
    if (!(channel instanceof ProduceChannel) || channel.isDown) {
      void this.#openChannel(leader, queue)
      return
    }
    if (channel.pausedUntilMs > nowMs) {
      this.#pumpAt(queue, channel.pausedUntilMs)
      return
    }
    for (let batch = queue.next(nowMs); batch !== undefined; batch = queue.next(nowMs)) {
      batch.body ??= this.#compressor.compress(batch.encoded.records)
      channel.add({ queue, batch, body: batch.body })
    }
  }

  #pumpAt(queue: PartitionQueue, atMs: number): void {
    if (this.#timers.has(queue)) return
    const timer = setTimeout(
      () => {
        this.#timers.delete(queue)
        this.#pump(queue)
      },
      Math.max(1, Math.ceil(atMs - performance.now())),
    )
    this.#timers.set(queue, timer)
  }

  #lookUpFirst(queue: PartitionQueue): void {
    if (!this.#lookups.has(queue)) this.#lookups.set(queue, { tries: 0, isRunning: false })
  }

  /** Gives the queue a producer id: the one all partitions share, or, when the broker disowned that, a new one. */
  async #identify(queue: PartitionQueue): Promise<void> {
    const isAnew = this.#identified.has(queue)
    if (this.#transactions !== undefined) {
      queue.identify(this.#transactions.identity)
      this.#pump(queue)
      return
    }
    try {
      const identity = isAnew ? await this.#newIdentity() : await this.#sharedIdentity()
      if (!queue.needsIdentity) return
      this.#identified.add(queue)
      queue.identify(identity)
      this.#pump(queue)
    } catch (thrown) {
      this.#identity = undefined
      this.#retryOrFail(queue, toTidewaterError(thrown), 1)
    }
  }

  #sharedIdentity(): Promise<ProducerIdentity> {
    this.#identity ??= this.#newIdentity()
    return this.#identity
  }

  async #newIdentity(): Promise<ProducerIdentity> {
    const { errorCode, producerId, epoch } = await this.#cluster.askAny((control) =>
      control.call(initProducerId, { transactionalId: null, transactionTimeoutMs: 0 }),
    )
    if (errorCode !== 0)
      throw brokerError(
        errorCode,
        'no producer id; idempotent producing needs kafka-cluster:WriteDataIdempotently on the cluster',
        { action: 'Starting an idempotent producer' },
        undefined,
      )
    return { producerId, epoch }
  }

  /** Looks the partition's leader up; gives up what waits when there is no such topic or partition. */
  async #findLeader(queue: PartitionQueue): Promise<void> {
    const { topic, partition } = queue
    const { tries, isRunning } = this.#lookups.get(queue) ?? { tries: 0, isRunning: false }
    if (isRunning) return
    this.#lookups.set(queue, { tries, isRunning: true })
    let failure: TidewaterError | undefined
    try {
      await this.#cluster.refresh(topic)
    } catch (thrown) {
      failure = toTidewaterError(thrown)
    }
    this.#lookups.delete(queue)
    const view = this.#cluster.topic(topic)
    if (failure === undefined && this.#cluster.leaderOf(topic, partition) !== undefined) {
      this.#pump(queue)
      return
    }
    if (failure === undefined && view !== undefined) {
      const isMissing = view.errorCode === 0 && !view.leaders.has(partition)
      if (view.timesUnknown >= timesUnknownLimit) failure = topicNotFound(topic)
      else if (
        view.errorCode !== 0 &&
        !lookupError(topic, view.errorCode).retryable &&
        view.timesUnknown === 0
      )
        failure = lookupError(topic, view.errorCode)
      else if (isMissing && tries >= 1)
        failure = partitionNotFound(topic, partition, [...view.leaders.keys()])
    }
    this.#retryOrFail(queue, failure, tries)
  }

  /** What stays wrong fails everything that waits; the rest is tried again until its time is over. */
  #retryOrFail(queue: PartitionQueue, failure: TidewaterError | undefined, tries: number): void {
    if (failure !== undefined && !failure.retryable) {
      for (const batch of queue.takeWaiting(performance.now())) batch.failed(doubted(batch, failure))
      return
    }
    this.#lookups.set(queue, { tries: tries + 1, isRunning: false })
    this.#pumpAt(queue, performance.now() + Math.min(maxBackoffMs, minBackoffMs * 2 ** tries))
  }

  async #openChannel(leader: number, queue: PartitionQueue): Promise<void> {
    const known = this.#channels.get(leader)
    // Somebody opens it: that one pumps every queue.
    if (known instanceof Promise) return
    const opening = this.#cluster
      .connectionTo(leader)
      .then(
        (connection) =>
          new ProduceChannel(connection, this.#channelOptions, (entry, answer) =>
            this.#answered(entry, answer),
          ),
      )
    this.#channels.set(leader, opening)
    try {
      this.#channels.set(leader, await opening)
      for (const one of this.#allQueues()) this.#pump(one)
    } catch (thrown) {
      this.#channels.delete(leader)
      const error = toTidewaterError(thrown)
      // The leader may have moved, or its broker may come back.
      for (const one of this.#allQueues()) {
        if (one !== queue && this.#cluster.leaderOf(one.topic, one.partition) !== leader) continue
        if (!one.isEmpty) this.#retryOrFail(one, error, 0)
      }
    }
  }

  #answered(entry: Entry, answer: Answer): void {
    this.#takeAnswer(entry, answer)
    for (const resolve of this.#idleWaits.splice(0)) resolve()
    this.#pump(entry.queue)
  }

  #takeAnswer({ queue, batch }: Entry, answer: Answer): void {
    const nowMs = performance.now()
    if (answer.lost !== undefined) {
      queue.answered(batch, answer.wasWritten ? 'unknown' : 'again', nowMs)
      this.#lookUpFirst(queue)
      return
    }
    const { errorCode, baseOffset, errorMessage } = answer.result
    const { verdict, refreshes } = this.#treatmentOf(errorCode, queue, batch)
    if (verdict === 'too-large') this.#tooLarge(queue, batch, nowMs)
    else {
      if (verdict === 'appended') batch.delivered(baseOffset < 0n ? undefined : baseOffset)
      else if (verdict === 'refused' || verdict === 'fenced') {
        batch.failed(doubted(batch, this.#refusal(queue.topic, errorCode, errorMessage)))
      }
      queue.answered(batch, verdict, nowMs)
    }
    if (refreshes) this.#lookUpFirst(queue)
  }

  /** In a transaction numbers and epoch are the coordinator's: what is at odds with them fails it. */
  #treatmentOf(errorCode: number, queue: PartitionQueue, batch: PendingBatch): Treatment {
    const treatment = treatmentOf(errorCode)
    if (this.#transactions === undefined) return treatment
    const { verdict } = treatment
    const isAtOdds = verdict === 'stale' || (verdict === 'out-of-order' && queue.isFirst(batch))
    return isAtOdds ? { verdict: 'refused', refreshes: false } : treatment
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
    queue.answered(batch, 'refused', nowMs)
    void this.#refuseRecord(queue.topic, batch)
  }

  async #refuseRecord(topic: string, batch: PendingBatch): Promise<void> {
    const { records, baseTimestampMs } = batch.encoded
    const [record] = [...readRecords(records, 1, baseTimestampMs)]
    const limitBytes = await this.#maxMessageBytes(topic)
    batch.failed(refusedAsTooLarge(record as NonNullable<typeof record>, topic, limitBytes))
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
    for (const queue of this.#allQueues()) {
      for (const batch of queue.takeExpired(nowMs)) this.#giveUp(queue, batch)
      this.#pump(queue)
    }
  }

  #giveUp({ topic, partition }: PartitionQueue, batch: PendingBatch): void {
    const { deliveryTimeoutMs } = this.#options
    batch.failed(deliveryTimeout({ topic, partition }, deliveryTimeoutMs, batch.mayBeWritten))
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let queues = this.#queues.get(topic)
    if (queues === undefined) {
      queues = new Map()
      this.#queues.set(topic, queues)
    }
    let queue = queues.get(partition)
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition, this.#queueOptions)
      queues.set(partition, queue)
    }
    return queue
  }

  *#allQueues(): Generator<PartitionQueue> {
    for (const queues of this.#queues.values()) yield* queues.values()
  }
}

/**
 * Produce v12 is the first in which a transaction's partitions join by being written to; without that feature of the
 * cluster (KIP-890) they would not be in it.
 */
function newestVersion(cluster: Cluster, { transactionalId }: DriverProducerOptions): number {
  const isExplicit = transactionalId !== undefined && (cluster.feature('transaction.version') ?? 0) < 2
  return isExplicit ? produceVersions.max - 1 : produceVersions.max
}

function doubted(batch: PendingBatch, error: TidewaterError): TidewaterError {
  return batch.isInDoubt ? withDoubt(error) : error
}

function lookupError(topic: string, errorCode: number): TidewaterError {
  return errorCode === 3
    ? topicNotFound(topic)
    : brokerError(
        errorCode,
        'the cluster does not say who leads it',
        { action: 'Looking up the topic', topic },
        undefined,
      )
}
