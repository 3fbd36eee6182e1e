import {
  type ConsumerGroup,
  type GroupOffset,
  TidewaterError,
  type Transactions,
  toTidewaterError,
} from '@tidewater/core'
import type { ProducerIdentity } from '../batch/record-batch.js'
import type { PartitionQueue } from './partition-queue.js'
import type { TransactionCoordinator } from './transaction-coordinator.js'
import { transactionAborted } from './transaction-errors.js'

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

/** `unanswered`: whether it was committed, or aborted, is not known, and nothing but the same call may come next. */
type State = 'none' | 'open' | 'ending' | 'commit unanswered' | 'abort unanswered'

const stateInWords: Readonly<Record<State, string>> = {
  none: 'no transaction is open',
  open: 'a transaction is open',
  ending: 'a transaction is being ended',
  'commit unanswered': 'it is not known whether the last one was committed',
  'abort unanswered': 'it is not known whether the last one was aborted',
}

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
  /** Whether the coordinator may know of the transaction, so that it has to be ended there. */
  #mayHaveJoined = false
  /** What adds to the transaction: ended before it ends, or it could come late into the next one. Never rejects. */
  #additions: Promise<unknown> = Promise.resolve()
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
    this.#requireState(['none'], 'begin', 'End the one before first.')
    this.#state = 'open'
    this.#failure = undefined
    this.#isImplicit = this.#coordinator.isImplicit
  }

  async commit(): Promise<void> {
    this.#requireState(['open', 'commit unanswered'], 'commit', 'Begin one first.')
    const isRepeated = this.#state === 'commit unanswered'
    // From here on nothing may join it.
    this.#state = 'ending'
    await Promise.all([this.#producer.reported(), this.#additions])
    if (this.#fenced !== undefined) throw this.#fenced
    if (this.#failure !== undefined && !isRepeated) {
      this.#state = 'open'
      throw new TidewaterError(
        'TRANSACTION_FAILED',
        `The transaction can't be committed: ${this.#failure.message}`,
        {
          remedy: 'Abort it, and write its records again in another one.',
          details: { transactionalId: this.#transactionalId },
          cause: this.#failure,
        },
      )
    }
    await this.#end(true)
  }

  async abort(): Promise<void> {
    this.#requireState(['open', 'abort unanswered'], 'abort', 'Begin one first.')
    this.#state = 'ending'
    await Promise.all([this.#producer.abandonSending(transactionAborted()), this.#additions])
    if (this.#fenced !== undefined) throw this.#fenced
    await this.#end(false)
  }

  async sendOffsets(offsets: readonly GroupOffset[], group: ConsumerGroup): Promise<void> {
    this.#requireState(['open'], 'send offsets', 'Begin one first.')
    for (const one of offsets) requireOffset(one)
    if (offsets.length === 0) return
    // One after the other: of two under way the earlier one could come later.
    const sent = this.#additions.then(() =>
      this.#coordinator.commitOffsets(this.#identity, offsets, group, this.#isImplicit),
    )
    this.#mayHaveJoined = true
    this.#additions = sent.catch((thrown) => this.noteFailure(toTidewaterError(thrown)))
    await sent
  }

  /** @throws TidewaterError `TRANSACTION_INVALID` outside of a transaction, `PRODUCER_FENCED` */
  requireOpen(): void {
    this.#requireState(['open'], 'write a record', 'Begin one first.')
  }

  /** Whether the queue's batches may be sent now; if not, its partition is added, and then they are. */
  admits(queue: PartitionQueue): boolean {
    this.#mayHaveJoined = true
    if (this.#isImplicit) return true
    const known = this.#partitions.get(queue)
    if (known === 'added') return true
    if (known === undefined) {
      this.#partitions.set(queue, 'adding')
      // Those that come in one moment are added by one request.
      if (this.#toAdd.length === 0) {
        const added = Promise.resolve().then(() => this.#addPartitions())
        this.#additions = Promise.all([this.#additions, added])
      }
      this.#toAdd.push(queue)
    }
    return false
  }

  /** A record of the transaction was not delivered, or its offsets were not taken. */
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
    try {
      let identity = this.#identity
      if (this.#mayHaveJoined) identity = await this.#coordinator.end(identity, commits, this.#isImplicit)
      // What failed may still be on its way to a broker: a new epoch keeps it out of the next transaction.
      if (this.#failure !== undefined && identity.epoch === this.#identity.epoch)
        identity = await this.#coordinator.begin(identity)
      const isOther =
        identity.epoch !== this.#identity.epoch || identity.producerId !== this.#identity.producerId
      this.#identity = identity
      if (isOther) this.#producer.identify(identity)
      this.#partitions.clear()
      this.#mayHaveJoined = false
      this.#failure = undefined
      this.#state = 'none'
    } catch (thrown) {
      const error = toTidewaterError(thrown)
      if (error.retryable) this.#state = commits ? 'commit unanswered' : 'abort unanswered'
      else {
        this.#state = 'open'
        this.noteFailure(error)
      }
      throw error
    }
  }

  #requireState(states: readonly State[], action: string, remedy: string): void {
    if (this.#fenced !== undefined) throw this.#fenced
    if (states.includes(this.#state)) return
    const isUnanswered = this.#state === 'commit unanswered' || this.#state === 'abort unanswered'
    throw new TidewaterError('TRANSACTION_INVALID', `Can't ${action}: ${stateInWords[this.#state]}`, {
      remedy: isUnanswered ? 'Make the call again that ended without an answer.' : remedy,
      details: { transactionalId: this.#transactionalId },
    })
  }
}

/** Offsets are of 63 bits. */
const offsetsEnd = 2n ** 63n

function requireOffset({ topic, partition, offset }: GroupOffset): void {
  if (typeof offset === 'bigint' && offset >= 0n && offset < offsetsEnd) return
  throw new TidewaterError(
    'CONFIG_INVALID',
    `The offset of ${topic}-${partition} must be a bigint from 0n, got ${offset}`,
    {
      remedy: 'Give the offset of the next record to be read.',
      details: { topic, partition, offset: String(offset) },
    },
  )
}
