import { TidewaterError } from '@tidewater/core'
import { kafkaCode } from '@tidewater/core/drivers'
import { type BatchSeal, noProducer, writeRecordBatchHeader } from '../batch/record-batch.js'
import type { BrokerConnection } from './broker-connection.js'
import { spokenProduce } from './broker-versions.js'
import type { PartitionQueue } from './partition-queue.js'
import type { PendingBatch } from './pending-batch.js'
import {
  type ProducePartition,
  type ProducePartitionResult,
  type ProduceResponse,
  produceKey,
  readProduceResponse,
  writeProduceRequest,
} from './wire/produce.js'

export interface ChannelOptions {
  /** -1, 1 or 0. */
  readonly acks: number
  /** Of Produce, where the broker has it. */
  readonly newestVersion: () => number
  readonly codec: number
  readonly transactionalId: string | null
  /** How long the broker may wait for its replicas. */
  readonly brokerTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** A batch on its way, and the queue it is from. */
export interface Entry {
  readonly queue: PartitionQueue
  readonly batch: PendingBatch
  readonly body: Uint8Array
}

/** What became of an entry: the broker's answer, or the loss of the connection. */
export type AttemptResult =
  | { readonly result: ProducePartitionResult; readonly lost?: undefined }
  | { readonly lost: TidewaterError; readonly wasWritten: boolean; readonly result?: undefined }

/** From here on a request is worth its own write; smaller batches of one moment share one. */
const flushBytes = 64 * 1024

/** The way to one broker: puts batches of one moment into one request, and gives each its answer. */
export class ProduceChannel {
  /** The broker asked to be left alone until then. */
  pausedUntilMs = 0
  readonly #connection: BrokerConnection
  readonly #options: ChannelOptions
  readonly #onAnswer: (entry: Entry, answer: AttemptResult) => void
  #entries: Entry[] = []
  #bytes = 0

  constructor(
    connection: BrokerConnection,
    options: ChannelOptions,
    onAnswer: (entry: Entry, answer: AttemptResult) => void,
  ) {
    this.#connection = connection
    this.#options = options
    this.#onAnswer = onAnswer
  }

  get isDown(): boolean {
    return this.#connection.failure !== undefined
  }

  add(entry: Entry): void {
    // One batch per partition and request: the protocol takes no second.
    if (this.#entries.some(({ queue }) => queue === entry.queue)) this.flush()
    if (this.#entries.length === 0) queueMicrotask(() => this.flush())
    this.#entries.push(entry)
    this.#bytes += entry.body.length
    if (this.#bytes >= flushBytes) this.flush()
  }

  /** Writes what has gathered. */
  flush(): void {
    const entries = this.#entries
    if (entries.length === 0) return
    this.#entries = []
    this.#bytes = 0
    if (this.#connection.failure !== undefined) {
      this.#answerLost(entries, this.#connection.failure, false)
      return
    }
    void this.#send(entries)
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    const { acks, newestVersion, transactionalId, brokerTimeoutMs, requestTimeoutMs } = this.#options
    const parts = writeProduceRequest({
      transactionalId,
      acks,
      timeoutMs: brokerTimeoutMs,
      topics: this.#byTopic(entries),
    })
    let response: ProduceResponse
    try {
      const version = this.#connection.versions.highest({ ...spokenProduce, max: newestVersion() })
      if (acks === 0) {
        await this.#connection.post(produceKey, version, parts)
        response = { results: entries.map(unanswered), throttleTimeMs: 0 }
      } else {
        response = readProduceResponse(
          await this.#connection.request(produceKey, version, parts, requestTimeoutMs),
        )
      }
    } catch (thrown) {
      const lost = TidewaterError.isInstance(thrown)
        ? thrown
        : new TidewaterError('KAFKA_PROTOCOL', 'The answer to Produce could not be read', {
            retryable: true,
            cause: thrown,
          })
      this.#answerLost(entries, lost, true)
      return
    }
    if (response.throttleTimeMs > 0) this.pausedUntilMs = performance.now() + response.throttleTimeMs
    if (response.results.some(({ errorCode }) => errorCode === kafkaCode.unsupportedVersion))
      this.#connection.misspoken('Produce')
    this.#answerAll(entries, response.results)
  }

  #answerAll(entries: readonly Entry[], results: readonly ProducePartitionResult[]): void {
    const byPartition = new Map(results.map((result) => [`${result.partition} ${result.topic}`, result]))
    for (const entry of entries) {
      const { topic, partition } = entry.queue
      const result = byPartition.get(`${partition} ${topic}`)
      if (result !== undefined) this.#onAnswer(entry, { result })
      else {
        const lost = new TidewaterError(
          'KAFKA_PROTOCOL',
          `The broker's answer leaves out ${topic}-${partition}`,
          {
            retryable: true,
          },
        )
        this.#onAnswer(entry, { lost, wasWritten: true })
      }
    }
  }

  #answerLost(entries: readonly Entry[], lost: TidewaterError, wasWritten: boolean): void {
    for (const entry of entries) this.#onAnswer(entry, { lost, wasWritten })
  }

  #byTopic(entries: readonly Entry[]) {
    const topics = new Map<string, ProducePartition[]>()
    for (const { queue, batch, body } of entries) {
      const seal: BatchSeal = {
        ...(queue.identity ?? noProducer),
        sequence: batch.sequence ?? -1,
        codec: this.#options.codec,
        isTransactional: this.#options.transactionalId !== null,
      }
      const partitions = topics.get(queue.topic) ?? []
      topics.set(queue.topic, partitions)
      partitions.push({
        partition: queue.partition,
        body,
        writeHeader: (into, at) => writeRecordBatchHeader(into, at, batch.encoded, seal, body),
      })
    }
    return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
  }
}

function unanswered({ queue }: Entry): ProducePartitionResult {
  return { topic: queue.topic, partition: queue.partition, errorCode: 0, baseOffset: -1n, errorMessage: null }
}
