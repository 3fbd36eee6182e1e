import { type ErrorCode, errorCodes } from '@tidewater/core'
import { LatencyHistogram, latencyBuckets } from './latency-histogram.js'

const written = 0
const delivered = 1
const failed = 2
const uncertain = 3
const deliveredBytes = 4
const firstError = 5
const firstLatency = firstError + errorCodes.length
const slots = firstLatency + latencyBuckets

/**
 * One worker's counts, in memory that its thread shares with the fleet: whatever ends the thread, they are complete to
 * the last record, where a report by message would lack what came after it. They go on over restarts.
 *
 * Only the worker's thread writes, until it has ended. A reader beside it sees each number as it was a moment ago.
 */
export class WorkerCounters {
  readonly latency: LatencyHistogram
  readonly #slots: Float64Array

  constructor(memory: SharedArrayBuffer, position: number) {
    const all = new Float64Array(memory, position * slots * Float64Array.BYTES_PER_ELEMENT, slots)
    this.#slots = all
    this.latency = new LatencyHistogram(all.subarray(firstLatency))
  }

  /** Shared memory for the counters of `workers`. */
  static memory(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(workers * slots * Float64Array.BYTES_PER_ELEMENT)
  }

  /** Records handed to a producer. */
  get writtenRecords(): number {
    return this.#get(written)
  }

  set writtenRecords(count: number) {
    this.#slots[written] = count
  }

  get deliveredRecords(): number {
    return this.#get(delivered)
  }

  /** Records that are certainly not in the topic. */
  get failedRecords(): number {
    return this.#get(failed)
  }

  /** Records that may be in the topic or not. */
  get uncertainRecords(): number {
    return this.#get(uncertain)
  }

  get deliveredBytes(): number {
    return this.#get(deliveredBytes)
  }

  /** Records that failed or became uncertain, by the code of the reason. */
  get errors(): Partial<Record<ErrorCode, number>> {
    const counts = errorCodes.map((code, index) => [code, this.#get(firstError + index)] as const)
    return Object.fromEntries(counts.filter(([, count]) => count > 0))
  }

  noteDelivered(records: number, bytes: number): void {
    this.#add(delivered, records)
    this.#add(deliveredBytes, bytes)
  }

  noteUndelivered(records: number, code: ErrorCode, mayBeWritten: boolean): void {
    this.#add(mayBeWritten ? uncertain : failed, records)
    this.#add(firstError + errorCodes.indexOf(code), records)
  }

  /** The thread has ended: what had no outcome by then never gets one. Returns how many records that are. */
  settleLost(): number {
    const lost = this.writtenRecords - this.deliveredRecords - this.failedRecords - this.uncertainRecords
    if (lost > 0) this.noteUndelivered(lost, 'PROCESS_FAILED', true)
    return lost
  }

  #get(slot: number): number {
    return this.#slots[slot] as number
  }

  #add(slot: number, amount: number): void {
    this.#slots[slot] = this.#get(slot) + amount
  }
}
