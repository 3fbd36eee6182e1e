import type { ErrorCode, MskIamOptions } from '@tidewater/core'
import type { FleetProducerOptions } from './options.js'
import type { WorkerPlan } from './plan.js'
import type { FleetRegistry } from './registry.js'

/** What every thread of a fleet is given when it starts. */
export interface ThreadData {
  readonly producer: FleetProducerOptions & { readonly maxBufferedBytes: number }
  readonly auth: MskIamOptions | undefined
  readonly registry: FleetRegistry | undefined
  /** URL of the source's module; undefined for the sample. */
  readonly source: string | undefined
  readonly drainTimeoutMs: number
  /** The counters of all workers. */
  readonly counters: SharedArrayBuffer
}

/** One worker, to begin or to go on where its counters say. */
export interface WorkerTask {
  readonly plan: WorkerPlan
  /** Of its counters, and of the worker in the plan. */
  readonly position: number
  /** How much of the first record's wait is over, with a rate. 0 to 1. */
  readonly firstTokenShare: number
}

export type ToThread =
  | { readonly type: 'start'; readonly task: WorkerTask }
  | { readonly type: 'drain' }
  | { readonly type: 'abandon' }

/** Records delivered by one run of a worker, per partition. */
export type PartitionCounts = readonly (readonly [partition: number, delivered: number])[]

export type FromThread =
  | { readonly type: 'warning'; readonly name: string; readonly message: string }
  | { readonly type: 'up'; readonly position: number }
  | { readonly type: 'ended'; readonly position: number; readonly partitions: PartitionCounts }
  | {
      readonly type: 'failed'
      readonly position: number
      readonly partitions: PartitionCounts
      readonly error: ErrorMessage
    }

/** A TidewaterError, whose class does not survive the way between threads. */
export interface ErrorMessage {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly remedy: string | undefined
}
