import { type TidewaterError, toTidewaterError } from '@tidewater/core'
import { partitionNotFound, topicNotFound } from '@tidewater/core/drivers'
import type { Compressor } from '../batch/compression.js'
import type { ProducerIdentity } from '../batch/record-batch.js'
import { backoffMs } from './backoff.js'
import { type Cluster, lookupError } from './cluster.js'
import type { PartitionQueue } from './partition-queue.js'
import { type AttemptResult, type ChannelOptions, type Entry, ProduceChannel } from './produce-channel.js'

/** What sending needs of the producer. */
export interface SenderPorts {
  readonly queues: Iterable<PartitionQueue>
  identityOf(queue: PartitionQueue): Promise<ProducerIdentity>
  /** Whether its batches may be sent now; if not, somebody pumps it when they may. */
  admits(queue: PartitionQueue): boolean
  answered(entry: Entry, answer: AttemptResult): void
}

interface Setback {
  /** How many went before it without success. */
  readonly tries: number
  readonly isRunning: boolean
  /** Not tried again before; batches that come meanwhile wait as well. */
  readonly notBeforeMs: number
}

/** A topic is taken for missing when the cluster says so this often in a row: a new one takes a moment to spread. */
const timesUnknownLimit = 4

/** Brings the queues' batches to their leaders: looks leaders up, opens the way to them, and waits where it has to. */
export class QueueSender {
  readonly #cluster: Cluster
  readonly #channelOptions: ChannelOptions
  readonly #compressor: Compressor
  readonly #ports: SenderPorts
  readonly #channels = new Map<number, Promise<ProduceChannel> | ProduceChannel>()
  readonly #timers = new Map<PartitionQueue, NodeJS.Timeout>()
  readonly #setbacks = new Map<PartitionQueue, Setback>()
  readonly #identifying = new Set<PartitionQueue>()
  #isStopped = false

  constructor(cluster: Cluster, channelOptions: ChannelOptions, compressor: Compressor, ports: SenderPorts) {
    this.#cluster = cluster
    this.#channelOptions = channelOptions
    this.#compressor = compressor
    this.#ports = ports
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  /** Sends what the queue may send now, or sees to it that it will be. */
  pump(queue: PartitionQueue): void {
    if (this.#isStopped || queue.isEmpty) return
    const nowMs = performance.now()
    const notBeforeMs = Math.max(queue.notBeforeMs, this.#setbacks.get(queue)?.notBeforeMs ?? 0)
    if (notBeforeMs > nowMs) {
      this.#pumpAt(queue, notBeforeMs)
      return
    }
    if (queue.needsIdentity) {
      void this.#identify(queue)
      return
    }
    if (!queue.mayHaveNext(nowMs)) return
    if (!this.#ports.admits(queue)) return
    const leader = this.#cluster.leaderOf(queue.topic, queue.partition)
    if (leader === undefined || this.#setbacks.has(queue)) {
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
        this.pump(queue)
      },
      Math.max(1, Math.ceil(atMs - performance.now())),
    )
    this.#timers.set(queue, timer)
  }

  /** Before anything more of it is sent, its leader has to be looked up. */
  lookUpFirst(queue: PartitionQueue): void {
    if (!this.#setbacks.has(queue)) this.#setbacks.set(queue, { tries: 0, isRunning: false, notBeforeMs: 0 })
  }

  /** Gives the queue its producer id. */
  async #identify(queue: PartitionQueue): Promise<void> {
    if (this.#identifying.has(queue)) return
    this.#identifying.add(queue)
    try {
      queue.identify(await this.#ports.identityOf(queue))
    } catch (thrown) {
      this.#waitOrFail(queue, toTidewaterError(thrown), this.#setbacks.get(queue)?.tries ?? 0)
      return
    } finally {
      this.#identifying.delete(queue)
    }
    this.pump(queue)
  }

  /** Looks the partition's leader up; gives up what waits when there is no such topic or partition. */
  async #findLeader(queue: PartitionQueue): Promise<void> {
    const { topic, partition } = queue
    const { tries = 0, isRunning = false } = this.#setbacks.get(queue) ?? {}
    if (isRunning) return
    this.#setbacks.set(queue, { tries, isRunning: true, notBeforeMs: 0 })
    let failure: TidewaterError | undefined
    try {
      await this.#cluster.refresh(topic)
    } catch (thrown) {
      failure = toTidewaterError(thrown)
    }
    this.#setbacks.delete(queue)
    const view = this.#cluster.topic(topic)
    if (failure === undefined && this.#cluster.leaderOf(topic, partition) !== undefined) {
      this.pump(queue)
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
    this.#waitOrFail(queue, failure, tries)
  }

  /** What stays wrong fails everything that waits; the rest is tried again until its time is over. */
  #waitOrFail(queue: PartitionQueue, failure: TidewaterError | undefined, tries: number): void {
    if (failure !== undefined && !failure.retryable) {
      for (const batch of queue.dropWaiting(performance.now())) batch.failed(batch.doubted(failure))
      return
    }
    const notBeforeMs = performance.now() + backoffMs(tries)
    this.#setbacks.set(queue, { tries: tries + 1, isRunning: false, notBeforeMs })
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
            this.#ports.answered(entry, answer),
          ),
      )
    this.#channels.set(leader, opening)
    try {
      this.#channels.set(leader, await opening)
      for (const one of this.#ports.queues) this.pump(one)
    } catch (thrown) {
      this.#channels.delete(leader)
      const error = toTidewaterError(thrown)
      // The leader may have moved, or its broker may come back.
      const tries = Math.max(0, this.#cluster.failedConnectsTo(leader) - 1)
      for (const one of this.#ports.queues) {
        if (one !== queue && this.#cluster.leaderOf(one.topic, one.partition) !== leader) continue
        if (!one.isEmpty) this.#waitOrFail(one, error, tries)
      }
    }
  }
}
