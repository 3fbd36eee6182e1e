import type { NetflowRecord } from '@tidewater/producer/sample'

/** One sample record with its Avro encoding, which every contender sends. */
export interface SampleLine {
  readonly record: NetflowRecord
  readonly avro: string
}

/** The producers' bound; memory must stay within it and 150 MB. */
export const maxBufferedBytes = 64 * 2 ** 20
export const memoryAllowanceBytes = 150e6

/** What a contender prints. */
export interface Run {
  readonly records: number
  readonly delivered: number
  readonly failed: number
  readonly seconds: number
  /** User and system time of the client process. */
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly peakBufferedBytes?: number
}

/** A figure over the rounds. */
export interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

export function spread(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? Number.NaN
  return { least: at(0), median: at(Math.floor((sorted.length - 1) / 2)), most: at(sorted.length - 1) }
}
