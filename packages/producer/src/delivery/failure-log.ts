import type { TidewaterError } from '@tidewater/core'
import type { PartitionFailure } from './failure.js'

type Counts = ReadonlyMap<number, number>

/**
 * Failures that no `flush` or `close` has rejected with yet. Each is told once, except to calls that overlap: those all
 * waited for the record, so all of them hear of it. Bounded: counts per partition and the newest error.
 */
export class FailureLog {
  readonly #totals = new Map<number, number>()
  #told: Counts = new Map()
  #newest: TidewaterError | undefined

  add(partition: number, count: number, error: TidewaterError): void {
    this.#totals.set(partition, (this.#totals.get(partition) ?? 0) + count)
    this.#newest = error
  }

  /** What was told when a call starts; hand it to `take` when the call ends. */
  mark(): Counts {
    return this.#told
  }

  /** What failed since `mark`, and marks it as told; `cause` is the newest error. */
  take(mark: Counts): { partitions: PartitionFailure[]; cause: TidewaterError | undefined } {
    const partitions: PartitionFailure[] = []
    for (const [partition, total] of this.#totals) {
      const failedRecords = total - (mark.get(partition) ?? 0)
      if (failedRecords > 0) partitions.push({ partition, failedRecords })
    }
    this.#told = new Map(this.#totals)
    return { partitions: partitions.sort((a, b) => a.partition - b.partition), cause: this.#newest }
  }
}
