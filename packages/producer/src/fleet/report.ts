import type { ErrorCode, TidewaterError } from '@tidewater/core'
import { LatencyHistogram } from './latency-histogram.js'
import type { WorkerPlan } from './plan.js'
import type { WorkerCounters } from './worker-counters.js'

/**
 * `connecting`, `up` (connected), `waiting` to start again after a failure, `ended` with its share or because the fleet was
 * stopped, `given-up` after too many failures or one that can't pass.
 */
export type WorkerState = 'connecting' | 'up' | 'waiting' | 'ended' | 'given-up'

/** From the call of a producer's `write` or `send` to the acknowledgement, of a sample of the records. */
export interface LatencySummary {
  readonly samples: number
  /** At most 9 % above the true value; undefined without samples. */
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
}

interface Counts {
  /** Records handed to a producer. */
  readonly writtenRecords: number
  /** Acknowledged, each counted once. */
  readonly deliveredRecords: number
  /** Certainly not in the topic. */
  readonly failedRecords: number
  /** On their way when a worker's thread ended or its producer gave up: in the topic or not. */
  readonly uncertainRecords: number
  /** Keys' and values' bytes. */
  readonly deliveredBytes: number
  /** Failed and uncertain records by code. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>
  readonly latency: LatencySummary
  readonly restarts: number
  /** Of deliveries: in a progress report since the report before, in the result since the first producer connected. */
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
}

export interface WorkerReport extends Counts {
  readonly index: number
  readonly clientId: string
  readonly thread: number
  readonly state: WorkerState
  /** Undefined when the fleet has no end. */
  readonly plannedRecords: number | undefined
  /** The latest failure of a worker that waits or was given up. */
  readonly failure: TidewaterError | undefined
}

export interface FleetReport extends Counts {
  /** Since the first producer connected. */
  readonly seconds: number
  readonly workersUp: number
  readonly plannedRecords: number | undefined
  readonly workers: readonly WorkerReport[]
}

/** What is known of a worker beside its counters. */
export interface WorkerStatus {
  readonly plan: WorkerPlan
  readonly counters: WorkerCounters
  readonly state: WorkerState
  readonly restarts: number
  readonly failure: TidewaterError | undefined
}

/** How far the fleet was at the beginning of the stretch of time that rates are of. */
export interface RateBase {
  readonly atSeconds: number
  /** Per worker, in their order. */
  readonly delivered: readonly { readonly records: number; readonly bytes: number }[]
}

/** @param since default: the beginning, when nothing was delivered */
export function fleetReport(
  statuses: readonly WorkerStatus[],
  seconds: number,
  since: RateBase = { atSeconds: 0, delivered: [] },
): FleetReport {
  const stretch = seconds - since.atSeconds
  const perSecond = (amount: number) => (stretch > 0 ? amount / stretch : 0)
  const latency = new LatencyHistogram()
  const workers = statuses.map(({ plan, counters, state, restarts, failure }, position): WorkerReport => {
    latency.add(counters.latency)
    const { writtenRecords, deliveredRecords, failedRecords, uncertainRecords, deliveredBytes, errors } =
      counters
    const base = since.delivered[position] ?? { records: 0, bytes: 0 }
    return {
      index: plan.index,
      clientId: plan.clientId,
      thread: plan.thread,
      state,
      plannedRecords: plan.records,
      writtenRecords,
      deliveredRecords,
      failedRecords,
      uncertainRecords,
      deliveredBytes,
      errors,
      latency: summarize(counters.latency),
      restarts,
      recordsPerSecond: perSecond(deliveredRecords - base.records),
      bytesPerSecond: perSecond(deliveredBytes - base.bytes),
      failure,
    }
  })
  const sum = (pick: (worker: WorkerReport) => number) =>
    workers.reduce((total, worker) => total + pick(worker), 0)
  return {
    seconds,
    workersUp: workers.filter(({ state }) => state === 'up').length,
    plannedRecords:
      workers[0]?.plannedRecords === undefined ? undefined : sum((worker) => worker.plannedRecords ?? 0),
    writtenRecords: sum((worker) => worker.writtenRecords),
    deliveredRecords: sum((worker) => worker.deliveredRecords),
    failedRecords: sum((worker) => worker.failedRecords),
    uncertainRecords: sum((worker) => worker.uncertainRecords),
    deliveredBytes: sum((worker) => worker.deliveredBytes),
    errors: addErrors(workers),
    latency: summarize(latency),
    restarts: sum((worker) => worker.restarts),
    recordsPerSecond: sum((worker) => worker.recordsPerSecond),
    bytesPerSecond: sum((worker) => worker.bytesPerSecond),
    workers,
  }
}

/** Where the next report's rates begin. */
export function rateBase({ seconds, workers }: FleetReport): RateBase {
  return {
    atSeconds: seconds,
    delivered: workers.map(({ deliveredRecords, deliveredBytes }) => ({
      records: deliveredRecords,
      bytes: deliveredBytes,
    })),
  }
}

function summarize(latency: LatencyHistogram): LatencySummary {
  return { samples: latency.count, p50Ms: latency.quantileMs(0.5), p99Ms: latency.quantileMs(0.99) }
}

function addErrors(workers: readonly WorkerReport[]): Partial<Record<ErrorCode, number>> {
  const errors: Partial<Record<ErrorCode, number>> = {}
  for (const worker of workers) {
    for (const [code, count] of Object.entries(worker.errors) as [ErrorCode, number][]) {
      errors[code] = (errors[code] ?? 0) + count
    }
  }
  return errors
}
