import { byteDefaults, leastBuffersFor } from '../options.js'
import type { FleetConfig } from './options.js'

const mebibyte = 1024 * 1024
const defaultBufferedBytes = 1024 * mebibyte
const rateUnit = 1_000_000

/** What one worker is and what it has to do. */
export interface WorkerPlan {
  /** Within the whole fleet, from 0. */
  readonly index: number
  /** Also its records' writer. */
  readonly clientId: string
  readonly seed: number
  readonly firstSequenceNumber: number
  /** Exactly its share of the fleet's; undefined without an end. */
  readonly records: number | undefined
  /** Exactly its share of the fleet's, in whole millionths; undefined without a limit. */
  readonly ratePerSecond: number | undefined
  /** Number of its thread, from 0. */
  readonly thread: number
}

export interface FleetPlan {
  readonly threads: number
  readonly workers: readonly WorkerPlan[]
  /** Of each worker. */
  readonly buffer: {
    readonly maxBufferedBytes: number
    /** Given when the default of a producer would not fit into `maxBufferedBytes`. */
    readonly batchBytes?: number
    readonly maxRecordBytes?: number
  }
}

/**
 * Splits a fleet's work: records and rate exactly, workers evenly over threads, memory equally.
 *
 * 100 workers share 1 GiB of buffers, of which they fill a quarter before they wait. With what the client library copies
 * and the threads' own memory the process stays under 4 GB, also when a broker doesn't answer.
 *
 * @param cores of this machine, at least 1
 */
export function planFleet(config: FleetConfig, cores: number): FleetPlan {
  const { workers: count, workerIndex, records, ratePerSecond } = config
  const indexes =
    workerIndex === undefined ? Array.from({ length: count }, (_, index) => index) : [workerIndex]
  const threads = Math.min(config.threads ?? Math.max(1, cores), indexes.length)
  return {
    threads,
    buffer: bufferOf(config.maxBufferedBytes, indexes.length),
    workers: indexes.map((index, position) => ({
      index,
      clientId: `${config.clientIdPrefix}${config.firstClientNumber + index}`,
      seed: (config.seed + index) >>> 0,
      firstSequenceNumber: config.firstSequenceNumber,
      records: records === undefined ? undefined : shareOf(records, count, index),
      ratePerSecond:
        ratePerSecond === undefined ? undefined : shareOf(ratePerSecond * rateUnit, count, index) / rateUnit,
      thread: position % threads,
    })),
  }
}

/** The part of `total` that is number `index` of `parts`, all whole; together they are `total`, and differ by at most 1. */
export function shareOf(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0)
}

function bufferOf(totalBytes: number | undefined, workers: number): FleetPlan['buffer'] {
  const total = totalBytes ?? Math.max(defaultBufferedBytes, workers * mebibyte)
  // At most what a producer takes by itself: more waiting records make nothing faster.
  const maxBufferedBytes = Math.min(byteDefaults.maxBufferedBytes, Math.floor(total / workers))
  const largestBytes = Math.floor(maxBufferedBytes / leastBuffersFor)
  if (largestBytes >= Math.max(byteDefaults.batchBytes, byteDefaults.maxRecordBytes))
    return { maxBufferedBytes }
  return { maxBufferedBytes, batchBytes: largestBytes, maxRecordBytes: largestBytes }
}
