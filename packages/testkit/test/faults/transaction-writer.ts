import { randomUUID } from 'node:crypto'
import { type DriverProducer, TidewaterError, type Transactions, toTidewaterError } from '@tidewater/core'
import { expect } from 'vitest'
import { committedOffset, readCommitted } from '../../../producer/test/committed-reader.js'

export interface TransactionTarget {
  readonly bootstrapBrokers: string
  readonly topic: string
  readonly partitions: number
}

interface Transaction {
  readonly turn: number
  /** By partition, in the order of the calls. */
  readonly texts: Map<number, string[]>
  /** What was reported as not delivered, or as not taken. */
  readonly failures: TidewaterError[]
}

const batchesPerPartition = 4
const recordsPerBatch = 5
/** Longer than a broker that is away for good takes to be replaced. */
const knownWithinMs = 120_000

/**
 * Writes transactions as a test says, each to every partition and with an offset of a consumer group, and holds what another
 * client sees against what it was told became of them.
 */
export class TransactionWriter {
  readonly #producer: DriverProducer
  readonly #target: TransactionTarget
  readonly #groupId = `transfer-${randomUUID()}`
  readonly #committed: Transaction[] = []
  #open: Transaction | undefined
  #turns = 0

  constructor(producer: DriverProducer, target: TransactionTarget) {
    this.#producer = producer
    this.#target = target
  }

  begin(): void {
    this.transactions.begin()
    this.#turns++
    const partitions = Array.from({ length: this.#target.partitions }, (_, partition) => partition)
    const texts = new Map(partitions.map((partition) => [partition, [] as string[]]))
    this.#open = { turn: this.#turns, texts, failures: [] }
  }

  /** Sends batches to every partition, and the group's offset; resolves when all of it has its report. */
  async send(): Promise<void> {
    const { turn, failures } = this.#current
    const offsets = [{ topic: this.#target.topic, partition: 0, offset: BigInt(turn) }]
    const sent = this.transactions.sendOffsets(offsets, { groupId: this.#groupId })
    const reported = sent.catch((thrown) => failures.push(toTidewaterError(thrown)))
    await Promise.all([this.sendRecords(), reported])
  }

  /** As {@link send}, without the offset. */
  async sendRecords(): Promise<void> {
    const { texts, turn, failures } = this.#current
    const sends = [...texts].flatMap(([partition, ofPartition]) =>
      Array.from({ length: batchesPerPartition }, () => this.#sendBatch(partition, ofPartition, turn)),
    )
    failures.push(...(await Promise.all(sends)).flat())
  }

  /** Commits; what a retryable error leaves open is called again. Fails for a transaction that can't be committed. */
  async commit(): Promise<void> {
    const transaction = this.#current
    await this.#untilKnown(() => this.transactions.commit())
    // A commit that passes over what failed would tear the transaction.
    expect(transaction.failures).toEqual([])
    this.#committed.push(transaction)
    this.#open = undefined
  }

  async abort(): Promise<void> {
    await this.#untilKnown(() => this.transactions.abort())
    this.#open = undefined
  }

  /** A transaction that goes through, and one that is taken back. */
  async oneOfEach(): Promise<void> {
    this.begin()
    await this.send()
    await this.abort()
    this.begin()
    await this.send()
    await this.commit()
  }

  /** Holds what readers of committed records and offsets see against the transactions that were committed. */
  async check(): Promise<void> {
    const { bootstrapBrokers, topic } = this.#target
    const seen = await readCommitted(bootstrapBrokers, topic)
    for (const [partition, values] of seen) {
      const expected = this.#committed.flatMap(({ texts }) => texts.get(partition) ?? [])
      expect(values.map(String), `partition ${partition}`).toEqual(expected)
    }
    expect(seen.size).toBe(this.#target.partitions)
    const lastTurn = this.#committed.at(-1)?.turn
    await expect.poll(() => committedOffset(bootstrapBrokers, this.#groupId, topic)).toBe(lastTurn)
  }

  get transactions(): Transactions {
    return this.#producer.transactions as Transactions
  }

  get #current(): Transaction {
    if (this.#open === undefined) throw new TypeError('no transaction is open')
    return this.#open
  }

  async #sendBatch(partition: number, ofPartition: string[], turn: number): Promise<TidewaterError[]> {
    const first = ofPartition.length
    const texts = Array.from({ length: recordsPerBatch }, (_, i) => `t${turn}-p${partition}-${first + i}`)
    ofPartition.push(...texts)
    const records = texts.map((text) => ({ value: Buffer.from(text) }))
    const { topic } = this.#target
    const { failed } = await this.#producer.send({ topic, partition, records })
    return failed.map(({ error }) => error)
  }

  async #untilKnown(end: () => Promise<void>): Promise<void> {
    const deadline = Date.now() + knownWithinMs
    for (;;) {
      try {
        return await end()
      } catch (thrown) {
        if (!TidewaterError.isInstance(thrown) || !thrown.retryable || Date.now() > deadline) throw thrown
      }
    }
  }
}
