import {
  type BatchReport,
  type CloseOptions,
  type DriverProducer,
  type DriverProducerOptions,
  type KafkaConnection,
  type ProduceBatch,
  type TidewaterError,
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
import { treatmentOf } from './verdict.js'
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
  /** Not tried again before; batches that come meanwhile wait as well. */
  readonly notBeforeMs: number
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
      version: cluster.highestVersion(produceKey, produceVersions.max) as number,
      codec: compressor.codec,
      transactionalId: null,
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
    return new NativeProducer(await Cluster.open(connection), connection, options, compressor)
  }

  /** How often a session was renewed on the connections that are open now (KIP-368). */
  get reauthentications(): number {
    return this.#cluster.reauthentications
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
  }

  #track({ report }: Fate, queue: PartitionQueue): Promise<BatchReport> {
    this.#unreported.add(report)
    void report.then(() => {
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
    const notBeforeMs = Math.max(queue.notBeforeMs, this.#lookups.get(queue)?.notBeforeMs ?? 0)
    if (notBeforeMs > nowMs) {
      this.#pumpAt(queue, notBeforeMs)
      return
    }
    if (queue.needsIdentity) {
      void this.#identify(queue)
      return
    }
    if (!queue.mayHaveNext(nowMs)) return
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
    if (!this.#lookups.has(queue)) this.#lookups.set(queue, { tries: 0, isRunning: false, notBeforeMs: 0 })
  }

  /** Gives the queue a producer id: the one all partitions share, or, when the broker disowned that, a new one. */
  async #identify(queue: PartitionQueue): Promise<void> {
    const isAnew = this.#identified.has(queue)
    try {
      const identity = isAnew ? await this.#newIdentity() : await this.#sharedIdentity()
      if (!queue.needsIdentity) return
      this.#identified.add(queue)
      queue.identify(identity)
      this.#pump(queue)
    } catch (thrown) {
      this.#identity = undefined
      this.#retryOrFail(queue, toTidewaterError(thrown), this.#lookups.get(queue)?.tries ?? 0)
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
    const { tries = 0, isRunning = false } = this.#lookups.get(queue) ?? {}
    if (isRunning) return
    this.#lookups.set(queue, { tries, isRunning: true, notBeforeMs: 0 })
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
    const notBeforeMs = performance.now() + Math.min(maxBackoffMs, minBackoffMs * 2 ** tries)
    this.#lookups.set(queue, { tries: tries + 1, isRunning: false, notBeforeMs })
    this.#pumpAt(queue, notBeforeMs)
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
      const tries = Math.max(0, this.#cluster.failedConnectsTo(leader) - 1)
      for (const one of this.#allQueues()) {
        if (one !== queue && this.#cluster.leaderOf(one.topic, one.partition) !== leader) continue
        if (!one.isEmpty) this.#retryOrFail(one, error, tries)
      }
    }
  }

  #answered(entry: Entry, answer: Answer): void {
    const { queue, batch } = entry
    const nowMs = performance.now()
    if (answer.lost !== undefined) {
      queue.answered(batch, answer.wasWritten ? 'unknown' : 'again', nowMs)
      this.#lookUpFirst(queue)
      this.#pump(queue)
      return
    }
    const { errorCode, baseOffset, errorMessage } = answer.result
    const { verdict, refreshes } = treatmentOf(errorCode)
    if (verdict === 'too-large') this.#tooLarge(queue, batch, nowMs)
    else {
      if (verdict === 'appended') batch.delivered(baseOffset < 0n ? undefined : baseOffset)
      else if (verdict === 'refused' || verdict === 'fenced') {
        const subject = { action: 'Producing', topic: queue.topic }
        const text = errorMessage ?? 'the broker refused the batch'
        batch.failed(doubted(batch, brokerError(errorCode, text, subject, undefined)))
      }
      queue.answered(batch, verdict, nowMs)
    }
    if (refreshes) this.#lookUpFirst(queue)
    this.#pump(queue)
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
