import { TidewaterError, type Transactions } from '@tidewater/core'
import type { ProducerIdentity } from '../batch/record-batch.js'
import type { PartitionQueue } from './partition-queue.js'
import type { TransactionCoordinator } from './transaction-coordinator.js'

/** What the transactions need of the producer they belong to. */
export interface TransactionalProducer {
  /** Resolves when everything that was sent has its report. */
  reported(): Promise<void>
  /** Gives up what has no report, and resolves when nothing is on its way any more. */
  abandonSending(error: TidewaterError): Promise<void>
  /** Goes on as this producer, with sequence numbers from 0. Nothing is under way then. */
  identify(identity: ProducerIdentity): void
  /** Sends what waits. */
  pump(queue: PartitionQueue): void
}

type State = 'none' | 'open' | 'ending'

/**
 * The transactions of one transactional id, one at a time (KIP-98).
 *
 * Where the cluster has KIP-890 (Kafka 4) partitions join by being written to, and each transaction has an epoch of its own.
 * Before that, a partition is added at the coordinator before its first batch is sent, and only a transaction in which
 * something failed ends the epoch.
 */
export class NativeTransactions implements Transactions {
  readonly #coordinator: TransactionCoordinator
  readonly #producer: TransactionalProducer
  readonly #transactionalId: string
  readonly #partitions = new Map<PartitionQueue, 'adding' | 'added'>()
  #toAdd: PartitionQueue[] = []
  #identity: ProducerIdentity
  #state: State = 'none'
  #isImplicit = false
  /** Why it can only be aborted. */
  #failure: TidewaterError | undefined
  #fenced: TidewaterError | undefined

  constructor(
    coordinator: TransactionCoordinator,
    transactionalId: string,
    identity: ProducerIdentity,
    producer: TransactionalProducer,
  ) {
    this.#coordinator = coordinator
    this.#transactionalId = transactionalId
    this.#identity = identity
    this.#producer = producer
  }

  get identity(): ProducerIdentity {
    return this.#identity
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Whether partitions join the transaction by being written to: as the cluster was when it began. */
  get isImplicit(): boolean {
    return this.#isImplicit
  }

  begin(): void {
    this.#requireState('none', 'begin', 'Commit or abort the one that is open first.')
    this.#state = 'open'
    this.#failure = undefined
    this.#isImplicit = this.#coordinator.isImplicit
  }

  async commit(): Promise<void> {
    this.#requireState('open', 'commit', 'Begin one first.')
    await this.#producer.reported()
    if (this.#fenced !== undefined) throw this.#fenced
    if (this.#failure !== undefined)
      throw new TidewaterError(
        'TRANSACTION_FAILED',
        `The transaction can't be committed: ${this.#failure.message}`,
        {
          remedy: 'Abort it, and write its records again in another one.',
          details: { transactionalId: this.#transactionalId },
          cause: this.#failure,
        },
      )
    await this.#end(true)
  }

  async abort(): Promise<void> {
    this.#requireState('open', 'abort', 'Begin one first.')
    const error = new TidewaterError('ABORTED', 'The transaction was aborted')
    await this.#producer.abandonSending(error)
    if (this.#fenced !== undefined) throw this.#fenced
    await this.#end(false)
  }

  /** @throws TidewaterError `TRANSACTION_INVALID` outside of a transaction, `PRODUCER_FENCED` */
  requireOpen(): void {
    this.#requireState('open', 'write a record', 'Begin one first.')
  }

  /** Whether the queue's batches may be sent now; if not, its partition is added, and then they are. */
  admits(queue: PartitionQueue): boolean {
    if (this.#isImplicit) {
      this.#partitions.set(queue, 'added')
      return true
    }
    const known = this.#partitions.get(queue)
    if (known === 'added') return true
    if (known === undefined) {
      this.#partitions.set(queue, 'adding')
      // Those that come in one moment are added by one request.
      if (this.#toAdd.length === 0) queueMicrotask(() => void this.#addPartitions())
      this.#toAdd.push(queue)
    }
    return false
  }

  /** A record of the transaction was not delivered. */
  noteFailure(error: TidewaterError): void {
    if (error.code === 'PRODUCER_FENCED') this.#fenced ??= error
    this.#failure ??= error
  }

  async #addPartitions(): Promise<void> {
    const queues = this.#toAdd
    this.#toAdd = []
    try {
      await this.#coordinator.addPartitions(this.#identity, queues)
      for (const queue of queues) this.#partitions.set(queue, 'added')
      for (const queue of queues) this.#producer.pump(queue)
    } catch (thrown) {
      const error = thrown as TidewaterError
      this.noteFailure(error)
      for (const queue of queues) this.#partitions.delete(queue)
      await this.#producer.abandonSending(error)
    }
  }

  async #end(commits: boolean): Promise<void> {
    this.#state = 'ending'
    try {
      let identity = this.#identity
      if (this.#partitions.size > 0)
        identity = await this.#coordinator.end(identity, commits, this.#isImplicit)
      // What failed may still be on its way to a broker: a new epoch keeps it out of the next transaction.
      if (this.#failure !== undefined && identity.epoch === this.#identity.epoch)
        identity = await this.#coordinator.begin(identity)
      const isOther =
        identity.epoch !== this.#identity.epoch || identity.producerId !== this.#identity.producerId
      this.#identity = identity
      if (isOther) this.#producer.identify(identity)
      this.#partitions.clear()
      this.#failure = undefined
      this.#state = 'none'
    } catch (thrown) {
      if (TidewaterError.isInstance(thrown) && thrown.code === 'PRODUCER_FENCED') this.#fenced = thrown
      // Whether it was ended is not known: the same call may be made again.
      this.#state = 'open'
      throw thrown
    }
  }

  #requireState(state: State, action: string, remedy: string): void {
    if (this.#fenced !== undefined) throw this.#fenced
    if (this.#state === state) return
    const words: Readonly<Record<State, string>> = {
      none: 'no transaction is open',
      open: 'a transaction is open',
      ending: 'a transaction is being ended',
    }
    throw new TidewaterError('TRANSACTION_INVALID', `Can't ${action}: ${words[this.#state]}`, {
      remedy,
      details: { transactionalId: this.#transactionalId },
    })
  }
}
