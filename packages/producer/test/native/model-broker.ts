import type { ProducerIdentity } from '../../src/batch/record-batch.js'

/** A batch as the broker sees it: record numbers instead of records. */
export interface WrittenBatch extends ProducerIdentity {
  readonly sequence: number
  readonly records: readonly number[]
}

/** What a leader does with batches, those of an idempotent producer as Kafka's ProducerStateManager has it, and its log. */
export class ModelBroker {
  readonly log: number[] = []
  /** Records written twice under one number, which had been forgotten in between. */
  readonly repeatedUnderOneNumber = new Set<number>()
  readonly #numbersEver = new Set<string>()
  #epoch = -1
  #producerId = -1n
  readonly #beginsAtZero: boolean
  /** The last five batches of the epoch: first and last sequence number. */
  #remembered: { readonly first: number; readonly last: number }[] = []

  /** @param beginsAtZero as in a transaction of Kafka 4 (KIP-890): else a producer that it doesn't know may begin anywhere */
  constructor(beginsAtZero = false) {
    this.#beginsAtZero = beginsAtZero
  }

  /** A Kafka error code: 0 appended or known already, 45 out of order, 47 an epoch that is over, 59 an unknown producer. */
  append(batch: WrittenBatch): number {
    const { producerId, epoch, sequence, records } = batch
    if (producerId === -1n) {
      this.log.push(...records)
      return 0
    }
    const last = (sequence + records.length - 1) % 2 ** 31
    const isSameProducer = producerId === this.#producerId
    if (isSameProducer && epoch < this.#epoch) return 47
    if (!isSameProducer || epoch > this.#epoch) {
      if ((isSameProducer || this.#beginsAtZero) && sequence !== 0) return 45
      this.#producerId = producerId
      this.#epoch = epoch
      this.#remembered = []
    } else {
      if (this.#remembered.some((one) => one.first === sequence && one.last === last)) return 0
      const newest = this.#remembered.at(-1)
      if (newest !== undefined && sequence !== (newest.last + 1) % 2 ** 31) return 45
    }
    this.#remembered = [...this.#remembered.slice(-4), { first: sequence, last }]
    const number = [producerId, epoch, sequence, last].join()
    if (this.#numbersEver.has(number)) for (const record of records) this.repeatedUnderOneNumber.add(record)
    this.#numbersEver.add(number)
    this.log.push(...records)
    return 0
  }

  /** Forgets the producer, as after its state expired. */
  forget(): void {
    this.#producerId = -1n
    this.#epoch = -1
    this.#remembered = []
  }
}
