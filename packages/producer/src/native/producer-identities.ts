import { brokerError, kafkaCode } from '@tidewater/core/drivers'
import type { ProducerIdentity } from '../batch/record-batch.js'
import type { Cluster } from './cluster.js'
import type { PartitionQueue } from './partition-queue.js'
import { initProducerId } from './wire/messages.js'

/** The producer ids of an idempotent producer: one that all partitions share, and new ones where a broker disowned it. */
export class ProducerIdentities {
  readonly #cluster: Cluster
  readonly #given = new WeakSet<PartitionQueue>()
  #shared: Promise<ProducerIdentity> | undefined

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** @throws TidewaterError `AUTHORIZATION_FAILED`, or retryable */
  async of(queue: PartitionQueue): Promise<ProducerIdentity> {
    const identity = await (this.#given.has(queue) ? this.#ask() : this.#askOnce())
    this.#given.add(queue)
    return identity
  }

  #askOnce(): Promise<ProducerIdentity> {
    this.#shared ??= this.#ask().catch((error) => {
      this.#shared = undefined
      throw error
    })
    return this.#shared
  }

  async #ask(): Promise<ProducerIdentity> {
    const { errorCode, producerId, epoch } = await this.#cluster.askAny(async (control) => {
      const answer = await control.call(initProducerId, { transactionalId: null, transactionTimeoutMs: 0 })
      if (answer.errorCode === kafkaCode.unsupportedVersion) throw control.misspoken(initProducerId.name)
      return answer
    })
    if (errorCode === 0) return { producerId, epoch }
    throw brokerError(
      errorCode,
      'no producer id; idempotent producing needs kafka-cluster:WriteDataIdempotently on the cluster',
      { action: 'Starting an idempotent producer' },
      undefined,
    )
  }
}
