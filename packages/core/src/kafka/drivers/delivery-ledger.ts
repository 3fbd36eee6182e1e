import type { TidewaterError } from '../../errors.js'
import type { BatchReport, DeliveredRange, FailedRange } from '../port.js'

const undecided = 0
const delivered = 1
const failed = 2

/**
 * What became of each record of one batch. Each record is decided once; a later decision is ignored, so that a report
 * which arrives after its deadline can't put a record in both lists.
 */
export class DeliveryLedger {
  readonly #states: Uint8Array
  readonly #offsets: Float64Array
  readonly #errors = new Map<number, TidewaterError>()
  #undecidedCount: number

  constructor(readonly size: number) {
    this.#states = new Uint8Array(size)
    // Offsets are exact as doubles up to 2^53, and both libraries hand them over as such; -1 is "not told".
    this.#offsets = new Float64Array(size)
    this.#undecidedCount = size
  }

  get undecidedCount(): number {
    return this.#undecidedCount
  }

  isUndecided(index: number): boolean {
    return this.#states[index] === undecided
  }

  /** @param offset -1 when the broker didn't tell (`acks: 'none'`) */
  deliver(index: number, offset: number): void {
    if (this.#states[index] !== undecided) return
    this.#states[index] = delivered
    this.#offsets[index] = offset
    this.#undecidedCount--
  }

  deliverRange(firstIndex: number, count: number, baseOffset: number): void {
    for (let i = 0; i < count; i++) this.deliver(firstIndex + i, baseOffset < 0 ? -1 : baseOffset + i)
  }

  fail(index: number, error: TidewaterError): void {
    if (this.#states[index] !== undecided) return
    this.#states[index] = failed
    this.#errors.set(index, error)
    this.#undecidedCount--
  }

  /** Fails what is still undecided from `firstIndex` up to `end` (exclusive). */
  failRest(error: TidewaterError, firstIndex = 0, end = this.size): void {
    for (let index = firstIndex; index < end; index++) this.fail(index, error)
  }

  report(topic: string, partition: number): BatchReport {
    const deliveredRanges: DeliveredRange[] = []
    const failedRanges: FailedRange[] = []
    let index = 0
    while (index < this.size) {
      const end = this.#endOfRun(index)
      const count = end - index
      if (this.#states[index] === delivered) {
        const offset = this.#offsets[index] as number
        deliveredRanges.push({
          firstIndex: index,
          count,
          baseOffset: offset < 0 ? undefined : BigInt(offset),
        })
      } else {
        failedRanges.push({ firstIndex: index, count, error: this.#errors.get(index) as TidewaterError })
      }
      index = end
    }
    return { topic, partition, delivered: deliveredRanges, failed: failedRanges }
  }

  #endOfRun(first: number): number {
    const state = this.#states[first]
    let end = first + 1
    while (end < this.size && this.#states[end] === state && this.#continues(end)) end++
    return end
  }

  #continues(index: number): boolean {
    if (this.#states[index] === failed) return this.#errors.get(index) === this.#errors.get(index - 1)
    const before = this.#offsets[index - 1] as number
    return this.#offsets[index] === (before < 0 ? -1 : before + 1)
  }
}
