import { setTimeout as sleep } from 'node:timers/promises'
import { TidewaterError } from '@tidewater/core'
import { brokerError } from '@tidewater/core/drivers'
import type { ProducerIdentity } from '../batch/record-batch.js'
import type { BrokerConnection } from './broker-connection.js'
import { unsupportedVersion } from './broker-versions.js'
import type { Cluster } from './cluster.js'
import { initProducerId, type Message } from './wire/messages.js'
import {
  addPartitionsToTxn,
  type EndTxnResponse,
  endTxn,
  endTxnWithEpoch,
  findCoordinator,
} from './wire/transaction-messages.js'

export interface TransactionOptions {
  readonly transactionalId: string
  /** After this long without an end the coordinator aborts a transaction (`transaction.timeout.ms`). */
  readonly timeoutMs: number
}

/** Kafka's codes about transactions. */
const code = {
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  unknownTopicOrPartition: 3,
  invalidProducerEpoch: 47,
  concurrentTransactions: 51,
  producerFenced: 90,
} as const

const tryAgain: readonly number[] = [
  code.coordinatorLoading,
  code.coordinatorNotAvailable,
  code.notCoordinator,
  code.concurrentTransactions,
  // Of a partition that has just been made.
  code.unknownTopicOrPartition,
]
const minPauseMs = 20
const maxPauseMs = 1_000

/** The requests to the coordinator of one transactional id: found again when it moves, tried again while it may answer. */
export class TransactionCoordinator {
  readonly #cluster: Cluster
  readonly #options: TransactionOptions
  /** How long a request may be tried. */
  readonly #patienceMs: number
  #node: Promise<BrokerConnection> | undefined

  constructor(cluster: Cluster, options: TransactionOptions, patienceMs: number) {
    this.#cluster = cluster
    this.#options = options
    this.#patienceMs = patienceMs
  }

  /** Whether partitions join by being written to, and each transaction has its own epoch (KIP-890). An upgrade changes it. */
  get isImplicit(): boolean {
    return (this.#cluster.feature('transaction.version') ?? 0) >= 2
  }

  /**
   * Takes over the transactional id: producers before this one are fenced, and what they left open is aborted.
   *
   * @param current who the producer is, to be given a new epoch; undefined at the start
   */
  async begin(current?: ProducerIdentity): Promise<ProducerIdentity> {
    const { transactionalId, timeoutMs } = this.#options
    const { producerId, epoch } = await this.#ask(
      'Taking over the transactional id',
      initProducerId,
      { transactionalId, transactionTimeoutMs: timeoutMs, current },
      ({ errorCode }) => errorCode,
    )
    return { producerId, epoch }
  }

  async addPartitions(
    identity: ProducerIdentity,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<void> {
    const byTopic = new Map<string, number[]>()
    for (const { topic, partition } of partitions)
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
    const topics = [...byTopic].map(([topic, ofTopic]) => ({ topic, partitions: ofTopic }))
    await this.#ask(
      'Adding partitions to the transaction',
      addPartitionsToTxn,
      { ...identity, transactionalId: this.#options.transactionalId, topics },
      // What keeps one out keeps out all of them, and the others say only that they were not tried.
      (added) => {
        const codes = added.map(({ errorCode }) => errorCode).filter((errorCode) => errorCode !== 0)
        return codes.find((errorCode) => !tryAgain.includes(errorCode)) ?? codes[0] ?? 0
      },
    )
  }

  /**
   * @param isImplicit as it was when the transaction began
   * @returns who the producer is from now on
   */
  async end(identity: ProducerIdentity, commits: boolean, isImplicit: boolean): Promise<ProducerIdentity> {
    const { next }: EndTxnResponse = await this.#ask(
      commits ? 'Committing the transaction' : 'Aborting the transaction',
      isImplicit ? endTxnWithEpoch : endTxn,
      { ...identity, transactionalId: this.#options.transactionalId, commits },
      ({ errorCode }) => errorCode,
    )
    return next ?? identity
  }

  async #ask<Request, Response>(
    action: string,
    message: Message<Request, Response>,
    request: Request,
    errorCodeOf: (response: Response) => number,
  ): Promise<Response> {
    const endsAtMs = performance.now() + this.#patienceMs
    for (let pauseMs = minPauseMs; ; pauseMs = Math.min(maxPauseMs, 2 * pauseMs)) {
      let failure: TidewaterError
      try {
        const coordinator = await this.#coordinator()
        const response = await coordinator.call(message, request)
        const errorCode = errorCodeOf(response)
        if (errorCode === 0) return response
        if (errorCode === unsupportedVersion) throw coordinator.misspoken(message.name)
        failure = transactionError(errorCode, action, this.#options.transactionalId)
        if (errorCode !== code.concurrentTransactions) this.#node = undefined
      } catch (thrown) {
        if (!TidewaterError.isInstance(thrown)) throw thrown
        failure = thrown
        this.#node = undefined
      }
      if (!failure.retryable || performance.now() + pauseMs > endsAtMs) throw failure
      await sleep(pauseMs)
    }
  }

  #coordinator(): Promise<BrokerConnection> {
    this.#node ??= this.#find()
    return this.#node
  }

  async #find(): Promise<BrokerConnection> {
    const { transactionalId } = this.#options
    const found = await this.#cluster.askAny(async (control) => {
      const answer = await control.call(findCoordinator, transactionalId)
      if (answer.errorCode === unsupportedVersion) throw control.misspoken(findCoordinator.name)
      return answer
    })
    if (found.errorCode !== 0)
      throw transactionError(found.errorCode, 'Looking up the transaction coordinator', transactionalId)
    return this.#cluster.coordinatorAt(found.host, found.port)
  }
}

/** What a coordinator's error code means to the producer. */
export function transactionError(errorCode: number, action: string, transactionalId: string): TidewaterError {
  if (isFencing(errorCode)) return producerFenced(transactionalId, errorCode)
  if (tryAgain.includes(errorCode))
    return new TidewaterError(
      'KAFKA_PROTOCOL',
      `${action}: the coordinator is not ready (Kafka error ${errorCode})`,
      {
        retryable: true,
        details: { kafkaErrorCode: errorCode, transactionalId },
      },
    )
  const subject = { action }
  return brokerError(errorCode, `transactional id "${transactionalId}"`, subject, undefined)
}

/** Whether the code says that a later producer has the transactional id. */
export function isFencing(errorCode: number): boolean {
  return errorCode === code.producerFenced || errorCode === code.invalidProducerEpoch
}

export function producerFenced(transactionalId: string, errorCode: number): TidewaterError {
  return new TidewaterError(
    'PRODUCER_FENCED',
    `Another producer has taken over the transactional id "${transactionalId}"`,
    {
      remedy: 'Let this producer end; give each producer that is to run a transactional id of its own.',
      details: { transactionalId, kafkaErrorCode: errorCode },
    },
  )
}
