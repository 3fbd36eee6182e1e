import type { ProducerIdentity } from '../batch/record-batch.js'
import { backoffMs } from './backoff.js'
import type { PendingBatch } from './pending-batch.js'
import type { Verdict } from './verdict.js'

export interface PartitionQueueOptions {
  readonly isIdempotent: boolean
  /** Epochs are the coordinator's, and a broker forgets no producer whose transaction is open. */
  readonly isTransactional: boolean
  /** Most batches without an answer. A broker remembers the last five of a producer. */
  readonly maxInFlight: number
}

/** Sequence numbers go from 0 to 2^31 - 1 and start over. */
const sequences = 2 ** 31
const lastEpoch = 32_767

/**
 * The batches of one partition that have no outcome yet, in their order: which may be sent now, under which sequence
 * number, and what follows from an answer. Pure.
 *
 * After any answer but "appended" nothing more is sent until every batch in flight has its answer; then what has to be
 * sent again goes first, in the old order. With sequence numbers the broker refuses what comes before its turn, so the
 * order in the log is that of the calls.
 *
 * Each partition has an epoch of its own: a broker compares epochs per producer and partition. When producer and broker are
 * at odds about the next number, a new epoch begins with 0; what was sent under the old one can't be written late.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** Who the batches are from; undefined until `identify`, and when a new producer id is needed. */
  identity: ProducerIdentity | undefined
  readonly #options: PartitionQueueOptions
  #waiting: PendingBatch[] = []
  readonly #inFlight: PendingBatch[] = []
  /** What is to be sent again once nothing is in flight. */
  #again: PendingBatch[] = []
  #pushed = 0
  #nextSequence = 0
  /** A new producer id's first batch goes alone: a broker takes any sequence number as its beginning. */
  #isKnown = false
  #wantsEpoch = false
  #wantsProducerId = false
  /** The first batch that is left out: from its place on numbers are given anew, beginning with its own. */
  #rewind: { readonly place: number; readonly sequence: number } | undefined
  /** Place of the last batch that was appended. */
  #appendedPlace = -1
  #notBeforeMs = 0
  #failures = 0
  /** Why nothing may be sent until all in flight is answered; undefined while that is not so. */
  #heldFor: 'order' | 'failure' | undefined

  constructor(topic: string, partition: number, options: PartitionQueueOptions) {
    this.topic = topic
    this.partition = partition
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#inFlight.length === 0
  }

  get inFlightCount(): number {
    return this.#inFlight.length
  }

  /** When `next` may have one again after a failure; 0 when there is no such wait. */
  get notBeforeMs(): number {
    return this.#notBeforeMs
  }

  get needsIdentity(): boolean {
    return this.#options.isIdempotent && this.identity === undefined
  }

  push(batch: PendingBatch): void {
    batch.place = this.#pushed++
    this.#waiting.push(batch)
  }

  /** Starts numbering as this producer. */
  identify(identity: ProducerIdentity): void {
    this.identity = identity
    this.#nextSequence = 0
    this.#isKnown = false
  }

  /** The next batch to be written, which is in flight from now on; undefined while there is none or it has to wait. */
  next(nowMs: number): PendingBatch | undefined {
    if (!this.mayHaveNext(nowMs)) return undefined
    const batch = this.#waiting.shift() as PendingBatch
    if (this.#options.isIdempotent && batch.sequence === undefined) {
      batch.sequence = this.#nextSequence
      this.#nextSequence = (this.#nextSequence + batch.encoded.recordCount) % sequences
      batch.mayBeRepeated ||= batch.isInDoubt
    }
    if (!this.#options.isIdempotent) batch.mayBeRepeated ||= batch.isInDoubt
    batch.attempts++
    batch.isInFlight = true
    this.#inFlight.push(batch)
    return batch
  }

  mayHaveNext(nowMs: number): boolean {
    if (this.#heldFor !== undefined || this.#waiting.length === 0 || nowMs < this.#notBeforeMs) return false
    if (this.#inFlight.length >= this.#options.maxInFlight) return false
    if (!this.#options.isIdempotent) return true
    return this.identity !== undefined && (this.#isKnown || this.#inFlight.length === 0)
  }

  /**
   * Takes in the answer to a batch in flight.
   *
   * @param parts what takes the batch's place when it was too large
   */
  answered(batch: PendingBatch, verdict: Verdict, nowMs: number, parts: readonly PendingBatch[] = []): void {
    this.#inFlight.splice(this.#inFlight.indexOf(batch), 1)
    batch.isInFlight = false
    switch (verdict) {
      case 'appended':
        this.#isKnown = true
        this.#appendedPlace = Math.max(this.#appendedPlace, batch.place)
        this.#failures = 0
        break
      case 'unknown':
        batch.isInDoubt = true
        this.#tryAgain(batch, 'failure')
        break
      case 'again':
        this.#tryAgain(batch, 'failure')
        break
      case 'out-of-order':
        // Behind a batch without an outcome it only came too early. The first of all is at odds with the broker: a batch
        // before it was given up and never written, or the broker lost what it knew. A new epoch starts over.
        if (this.isFirst(batch)) this.#wantsEpoch = true
        this.#tryAgain(batch, 'order')
        break
      case 'stale':
        this.#wantsProducerId = true
        this.#tryAgain(batch, 'failure')
        break
      case 'too-large':
        // An earlier attempt was too large as well. Were the limit lowered since, and the batch written, its parts would be
        // told "out of order": none of them has the range of numbers that the broker knows it by.
        this.#leaveOut(batch, true)
        this.#again.push(...parts)
        break
      case 'refused':
        this.#leaveOut(batch)
        break
    }
    this.#release(nowMs)
  }

  /** Drops the waiting batches whose time is over, and lists them with those in flight, which keep their place until answered. */
  dropExpired(nowMs: number): PendingBatch[] {
    const isExpired = ({ deadlineMs }: PendingBatch) => deadlineMs <= nowMs
    const expired = [...this.#again, ...this.#waiting].filter(isExpired)
    this.#drop(expired, nowMs)
    return [...expired, ...this.#inFlight.filter((batch) => isExpired(batch) && !batch.isReported)]
  }

  /** Drops everything that waits. */
  dropWaiting(nowMs: number): PendingBatch[] {
    const waiting = [...this.#waiting]
    this.#drop(waiting, nowMs)
    return waiting
  }

  /** Drops everything that waits, and lists it with what is in flight. */
  dropAll(nowMs: number): PendingBatch[] {
    const inFlight = [...this.#inFlight, ...this.#again]
    return [...inFlight, ...this.dropWaiting(nowMs)]
  }

  #drop(batches: readonly PendingBatch[], nowMs: number): void {
    if (batches.length === 0) return
    const dropped = new Set(batches)
    this.#waiting = this.#waiting.filter((batch) => !dropped.has(batch))
    this.#again = this.#again.filter((batch) => !dropped.has(batch))
    for (const batch of batches) if (batch.attempts > 0) this.#leaveOut(batch)
    this.#release(nowMs)
  }

  #tryAgain(batch: PendingBatch, reason: 'order' | 'failure'): void {
    this.#hold(reason)
    // Given up while it was under way: nobody waits for it any more, and it must not come late.
    if (batch.isReported) this.#leaveOut(batch)
    else this.#again.push(batch)
  }

  /**
   * The numbers of a batch that will not be sent again. When it is certain that the broker didn't use them, what follows
   * takes them. When it isn't, what follows keeps its own: the broker takes it if the batch was written after all, and
   * says "out of order" if it was not.
   */
  #leaveOut(batch: PendingBatch, areUnused = !batch.isInDoubt): void {
    this.#hold('order')
    const { place, sequence } = batch
    if (sequence === undefined || !areUnused) return
    if (this.#rewind === undefined || place < this.#rewind.place) this.#rewind = { place, sequence }
  }

  #hold(reason: 'order' | 'failure'): void {
    if (this.#heldFor !== 'failure') this.#heldFor = reason
  }

  /** Whether no batch sent before it is without an outcome, and the numbers before it are all used. */
  isFirst(batch: PendingBatch): boolean {
    if (this.#rewind !== undefined || this.#wantsEpoch || this.#wantsProducerId) return false
    const isEarlier = (other: PendingBatch) => other.place < batch.place
    return !this.#inFlight.some(isEarlier) && !this.#again.some(isEarlier)
  }

  /** Goes on once nothing is in flight any more. */
  #release(nowMs: number): void {
    if (this.#heldFor === undefined || this.#inFlight.length > 0) return
    // What was given up meanwhile is not sent again.
    for (const batch of this.#again) if (batch.isReported) this.#leaveOut(batch)
    const again = this.#again.filter((batch) => !batch.isReported).sort((a, b) => a.place - b.place)
    this.#waiting = [...again, ...this.#waiting]
    this.#again = []
    this.#renumber()
    if (this.#heldFor === 'failure') {
      this.#notBeforeMs = nowMs + backoffMs(this.#failures)
      this.#failures = Math.min(this.#failures + 1, 10)
    }
    this.#heldFor = undefined
  }

  /**
   * Whether a broker that forgot the producer took a batch behind a gap: its numbers must not be used twice. It did, or may
   * have. A doubt before the gap is resolved by its number, which a new epoch would take away: then the latter has to wait.
   */
  #mayHaveUsedNumbersBehind(gap: number): boolean {
    if (this.#options.isTransactional) return false
    if (this.#appendedPlace > gap) return true
    const inDoubt = this.#waiting.filter(({ isInDoubt }) => isInDoubt)
    return inDoubt.length > 0 && inDoubt.every(({ place }) => place > gap)
  }

  #renumber(): void {
    if (this.#rewind !== undefined && this.#mayHaveUsedNumbersBehind(this.#rewind.place))
      this.#wantsEpoch = true
    if (this.#wantsProducerId || this.#wantsEpoch) {
      for (const batch of this.#waiting) batch.sequence = undefined
      const { identity } = this
      const mayRaise = !this.#wantsProducerId && identity !== undefined && identity.epoch < lastEpoch
      if (mayRaise) this.identify({ ...identity, epoch: identity.epoch + 1 })
      else this.identity = undefined
    } else if (this.#rewind !== undefined) {
      const { place, sequence } = this.#rewind
      for (const batch of this.#waiting) if (batch.place >= place) batch.sequence = undefined
      this.#nextSequence = sequence
    }
    this.#wantsProducerId = false
    this.#wantsEpoch = false
    this.#rewind = undefined
  }
}
