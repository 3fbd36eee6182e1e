import type { ConsumerGroup, GroupOffset } from '@tidewater/core'
import { kafkaCode } from '@tidewater/core/drivers'
import type { ProducerIdentity } from '../batch/record-batch.js'
import type { Cluster } from './cluster.js'
import { Coordinator, type Question } from './coordinator.js'
import { decidingCode, transactionError } from './transaction-errors.js'
import { initProducerId } from './wire/messages.js'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  endTxnWithEpoch,
  txnOffsetCommit,
  txnOffsetCommitWithGroup,
} from './wire/transaction-messages.js'

export interface TransactionOptions {
  readonly transactionalId: string
  /** After this long without an end the coordinator aborts a transaction (`transaction.timeout.ms`). */
  readonly timeoutMs: number
}

/** The requests about the transactions of one transactional id. */
export class TransactionCoordinator {
  readonly #cluster: Cluster
  readonly #options: TransactionOptions
  readonly #patienceMs: number
  readonly #coordinator: Coordinator
  readonly #groups = new Map<string, Coordinator>()

  /** @param patienceMs how long a request may be tried */
  constructor(cluster: Cluster, options: TransactionOptions, patienceMs: number) {
    this.#cluster = cluster
    this.#options = options
    this.#patienceMs = patienceMs
    const { transactionalId } = options
    this.#coordinator = new Coordinator(cluster, { of: 'transaction', key: transactionalId }, patienceMs)
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
    const { producerId, epoch } = await this.#ask('Taking over the transactional id', {
      message: initProducerId,
      request: { transactionalId, transactionTimeoutMs: timeoutMs, current },
      errorCodeOf: ({ errorCode }) => errorCode,
    })
    return { producerId, epoch }
  }

  async addPartitions(
    identity: ProducerIdentity,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<void> {
    await this.#ask('Adding partitions to the transaction', {
      message: addPartitionsToTxn,
      request: { ...this.#subject(identity), partitions },
      errorCodeOf: decidingCode,
    })
  }

  /**
   * Makes the group's offsets part of the transaction.
   *
   * @param isImplicit as it was when the transaction began
   */
  async commitOffsets(
    identity: ProducerIdentity,
    offsets: readonly GroupOffset[],
    group: ConsumerGroup,
    isImplicit: boolean,
  ): Promise<void> {
    const { groupId } = group
    const subject = this.#subject(identity)
    if (!isImplicit)
      await this.#ask(`Adding group "${groupId}" to the transaction`, {
        message: addOffsetsToTxn,
        request: { ...subject, groupId },
        errorCodeOf: ({ errorCode }) => errorCode,
      })
    const ofGroup =
      this.#groups.get(groupId) ??
      new Coordinator(this.#cluster, { of: 'group', key: groupId }, this.#patienceMs)
    this.#groups.set(groupId, ofGroup)
    const question = {
      message: isImplicit ? txnOffsetCommitWithGroup : txnOffsetCommit,
      request: { ...subject, group, offsets },
      errorCodeOf: decidingCode,
    }
    await this.#ask(`Sending the offsets of group "${groupId}"`, question, ofGroup)
  }

  /**
   * @param isImplicit as it was when the transaction began
   * @returns who the producer is from now on
   */
  async end(identity: ProducerIdentity, commits: boolean, isImplicit: boolean): Promise<ProducerIdentity> {
    const { next } = await this.#ask(commits ? 'Committing the transaction' : 'Aborting the transaction', {
      message: isImplicit ? endTxnWithEpoch : endTxn,
      request: { ...this.#subject(identity), commits },
      errorCodeOf: ({ errorCode }) => {
        // Before KIP-890, of a transaction that the coordinator never came to know: there is nothing to take back.
        const isUnknown = !isImplicit && !commits && errorCode === kafkaCode.invalidTransactionState
        return isUnknown ? 0 : errorCode
      },
    })
    return next ?? identity
  }

  #subject(identity: ProducerIdentity) {
    return { ...identity, transactionalId: this.#options.transactionalId }
  }

  #ask<Request, Response>(
    action: string,
    question: Omit<Question<Request, Response>, 'errorOf'>,
    coordinator = this.#coordinator,
  ): Promise<Response> {
    const errorOf = (code: number) => transactionError(code, action, this.#options.transactionalId)
    return coordinator.ask({ ...question, errorOf })
  }
}
