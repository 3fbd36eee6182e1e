import type { TidewaterError } from '@tidewater/core'
import { withDoubt } from '@tidewater/core/drivers'
import type { EncodedBatch } from '../batch/encoded-batch.js'
import type { ReportBuilder } from './report-builder.js'

/** A batch that has no outcome yet, and what is known of its attempts. */
export class PendingBatch {
  readonly encoded: EncodedBatch
  readonly deadlineMs: number
  /** Records as they are sent; undefined before the first attempt. */
  body: Uint8Array | undefined
  /** Sequence number of the first record; undefined while none is assigned. */
  sequence: number | undefined
  attempts = 0
  /** Its place among the partition's batches: ascending in the order of the calls. Parts lie between their neighbours. */
  place = 0
  isInFlight = false
  /** An attempt may have been written, and nobody said. */
  isInDoubt = false
  /** It was in doubt when it was given another sequence number, so that the broker could not see a repetition. */
  mayBeRepeated = false
  /** Its records have their outcome already; only the sequence numbers still wait for its own. */
  isReported = false
  readonly #builder: ReportBuilder
  readonly #firstIndex: number
  #placeWidth = 1

  /** @param firstIndex index of its first record in the `send` that `builder` reports on */
  constructor(encoded: EncodedBatch, builder: ReportBuilder, firstIndex: number, deadlineMs: number) {
    this.encoded = encoded
    this.#builder = builder
    this.#firstIndex = firstIndex
    this.deadlineMs = deadlineMs
  }

  get mayBeWritten(): boolean {
    return this.isInFlight || this.isInDoubt
  }

  /** The error as it is true of this batch; by default of one whose last attempt was answered. */
  doubted(error: TidewaterError, mayBeWritten = this.isInDoubt): TidewaterError {
    return mayBeWritten ? withDoubt(error) : error
  }

  delivered(baseOffset: bigint | undefined): void {
    if (this.isReported) return
    this.isReported = true
    this.#builder.delivered(this.#firstIndex, this.encoded.recordCount, baseOffset, this.mayBeRepeated)
  }

  failed(error: TidewaterError): void {
    if (this.isReported) return
    this.isReported = true
    this.#builder.failed(this.#firstIndex, this.encoded.recordCount, error)
  }

  /** Two batches of their own in its place, without sequence numbers. */
  split(first: EncodedBatch, second: EncodedBatch): [PendingBatch, PendingBatch] {
    const width = this.#placeWidth / 2
    const part = (encoded: EncodedBatch, firstIndex: number, place: number) => {
      const one = new PendingBatch(encoded, this.#builder, this.#firstIndex + firstIndex, this.deadlineMs)
      one.place = place
      one.#placeWidth = width
      one.isInDoubt = this.isInDoubt
      one.isReported = this.isReported
      return one
    }
    return [part(first, 0, this.place), part(second, first.recordCount, this.place + width)]
  }
}
