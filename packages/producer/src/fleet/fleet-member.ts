import { TidewaterError } from '@tidewater/core'
import type { ErrorMessage, PartitionCounts, WorkerTask } from './messages.js'
import type { WorkerPlan } from './plan.js'
import type { WorkerState, WorkerStatus } from './report.js'
import { RestartBudget } from './restart-budget.js'
import { WorkerCounters } from './worker-counters.js'

/** A worker as the fleet sees it: one plan, one count, over all its starts. */
export class FleetMember implements WorkerStatus {
  readonly counters: WorkerCounters
  readonly task: WorkerTask
  state: WorkerState = 'connecting'
  restarts = 0
  failure: TidewaterError | undefined
  /** Waits to start again. */
  timer: NodeJS.Timeout | undefined
  #startedAtMs = 0
  readonly #budget = new RestartBudget()
  readonly #delivered = new Map<number, number>()

  constructor(
    readonly plan: WorkerPlan,
    position: number,
    memory: SharedArrayBuffer,
    members: number,
  ) {
    this.counters = new WorkerCounters(memory, position)
    this.task = { plan, position, firstTokenShare: (position + 1) / members }
  }

  get isOver(): boolean {
    return this.state === 'ended' || this.state === 'given-up'
  }

  /** Whether everything planned was handed to a producer. */
  get isWritten(): boolean {
    return this.counters.writtenRecords === this.plan.records
  }

  starts(nowMs: number): void {
    if (this.state === 'waiting') this.restarts++
    this.state = 'connecting'
    this.failure = undefined
    this.#startedAtMs = nowMs
  }

  ends(): void {
    clearTimeout(this.timer)
    this.state = 'ended'
  }

  /** @returns how long to wait before the next start; undefined when the worker is given up */
  fails(error: TidewaterError, nowMs: number): number | undefined {
    this.failure = error
    const { retryable } = error
    const decision = this.#budget.next({ startedAtMs: this.#startedAtMs, nowMs, retryable }, Math.random())
    if (!decision.retry) {
      this.state = 'given-up'
      return undefined
    }
    this.state = 'waiting'
    return decision.delayMs
  }

  addDelivered(partitions: PartitionCounts): void {
    for (const [partition, count] of partitions) {
      this.#delivered.set(partition, (this.#delivered.get(partition) ?? 0) + count)
    }
  }

  /** Deliveries by partition; undefined when a thread ended before it could tell them. */
  get deliveredByPartition(): ReadonlyMap<number, number> | undefined {
    const told = [...this.#delivered.values()].reduce((sum, count) => sum + count, 0)
    return told === this.counters.deliveredRecords ? this.#delivered : undefined
  }
}

export function errorOf({ code, message, retryable, remedy }: ErrorMessage): TidewaterError {
  return new TidewaterError(code, message, { retryable, ...(remedy === undefined ? {} : { remedy }) })
}

/** Another try may succeed: what ends a thread need not do so again. */
export function threadEnded(thread: number, exitCode: number, thrown: unknown): TidewaterError {
  const reason = thrown instanceof Error ? `: ${thrown.message}` : ` with exit code ${exitCode}`
  return new TidewaterError('PROCESS_FAILED', `Worker thread ${thread} of the fleet ended${reason}`, {
    retryable: true,
    remedy: "Look into the source's module and the driver: something in the thread ended it.",
    details: { thread, exitCode },
    cause: thrown,
  })
}
