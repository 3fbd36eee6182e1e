import { Worker } from 'node:worker_threads'
import type { TidewaterError } from '@tidewater/core'
import { errorOf, FleetMember, threadEnded } from './fleet-member.js'
import type { FromThread, ThreadData, ToThread } from './messages.js'
import type { WorkerPlan } from './plan.js'
import { type FleetReport, fleetReport, type RateBase, rateBase } from './report.js'
import { threadFile } from './thread-file.js'

const progressEveryMs = 1_000
/** How long after its own limit a thread that drains, or was told to abandon, is waited for. */
const graceMs = 5_000

/** What became of a fleet. */
export interface FleetResult extends FleetReport {
  /** Planned records that no producer was handed: the fleet was stopped, or workers were given up. */
  readonly unwrittenRecords: number
  /** Whether a signal ended it. */
  readonly isStopped: boolean
  /** Why the first worker that was given up was; undefined when none was. */
  readonly failure: TidewaterError | undefined
  /** Deliveries by partition; undefined when a thread ended unexpectedly and took them along. */
  readonly partitions: readonly { readonly partition: number; readonly delivered: number }[] | undefined
}

/** Threads and their workers, from the first start to the last end. */
export class Fleet {
  readonly #members: readonly FleetMember[]
  readonly #data: ThreadData
  readonly #threads = new Map<number, Worker>()
  readonly #over: Promise<void>
  #onOver: () => void = () => {}
  #startedAtMs: number | undefined
  #isDraining = false
  #isStopped = false
  #durationMs: number | undefined
  #durationTimer: NodeJS.Timeout | undefined
  #graceTimer: NodeJS.Timeout | undefined

  constructor(workers: readonly WorkerPlan[], data: ThreadData) {
    this.#data = data
    this.#members = workers.map(
      (plan, position) => new FleetMember(plan, position, data.counters, workers.length),
    )
    this.#over = new Promise((done) => {
      this.#onOver = done
    })
  }

  async run(
    durationMs: number | undefined,
    onProgress: ((report: FleetReport) => void) | undefined,
  ): Promise<FleetResult> {
    this.#durationMs = durationMs
    let base: RateBase | undefined
    const progressTimer = setInterval(() => {
      const report = fleetReport(this.#members, this.#seconds(), base)
      base = rateBase(report)
      onProgress?.(report)
    }, progressEveryMs)
    try {
      for (const member of this.#members) this.#start(member)
      await this.#over
    } finally {
      clearInterval(progressTimer)
      clearTimeout(this.#durationTimer)
      clearTimeout(this.#graceTimer)
    }
    const seconds = this.#seconds()
    await Promise.all([...this.#threads.values()].map((thread) => thread.terminate()))
    return this.#result(seconds)
  }

  /** Lets the workers deliver what they have written, and no more. */
  drain(): void {
    this.#isStopped ||= !this.#isDraining
    this.#drain()
  }

  /** Lets go of what is not delivered. */
  abandon(): void {
    this.drain()
    this.#tell({ type: 'abandon' })
    this.#terminateAfter(graceMs)
  }

  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    for (const member of this.#members) if (member.state === 'waiting') member.ends()
    this.#tell({ type: 'drain' })
    this.#terminateAfter(this.#data.drainTimeoutMs + graceMs)
    this.#endIfOver()
  }

  #start(member: FleetMember): void {
    member.starts(performance.now())
    this.#thread(member.plan.thread).postMessage({ type: 'start', task: member.task } satisfies ToThread)
  }

  #thread(number: number): Worker {
    const running = this.#threads.get(number)
    if (running !== undefined) return running
    const { url, options } = threadFile()
    const thread = new Worker(url, { ...options, workerData: this.#data })
    this.#threads.set(number, thread)
    let thrown: unknown
    thread.on('message', (message: FromThread) => this.#hear(message))
    thread.on('error', (error) => {
      thrown = error
    })
    thread.on('exit', (exitCode) => {
      this.#threads.delete(number)
      this.#threadEnded(number, threadEnded(number, exitCode, thrown))
    })
    return thread
  }

  #hear(message: FromThread): void {
    if (message.type === 'warning') {
      process.emitWarning(message.message, message.name)
      return
    }
    const member = this.#members[message.position] as FleetMember
    if (message.type === 'up') {
      member.state = 'up'
      this.#begin()
      return
    }
    member.addDelivered(message.partitions)
    if (message.type === 'ended') member.ends()
    else this.#failed(member, errorOf(message.error))
    this.#endIfOver()
  }

  #threadEnded(number: number, error: TidewaterError): void {
    for (const member of this.#members) {
      if (member.plan.thread !== number || member.isOver || member.state === 'waiting') continue
      member.counters.settleLost()
      this.#failed(member, error)
    }
    this.#endIfOver()
  }

  #failed(member: FleetMember, error: TidewaterError): void {
    const delayMs = member.fails(error, performance.now())
    if (delayMs === undefined) return
    // Nothing is left to start again for.
    if (this.#isDraining || member.isWritten) member.ends()
    else member.timer = setTimeout(() => this.#start(member), delayMs)
  }

  /** Time counts from the first producer that connected. */
  #begin(): void {
    if (this.#startedAtMs !== undefined) return
    this.#startedAtMs = performance.now()
    if (this.#durationMs === undefined) return
    this.#durationTimer = setTimeout(() => this.#drain(), this.#durationMs)
  }

  #seconds(): number {
    return this.#startedAtMs === undefined ? 0 : (performance.now() - this.#startedAtMs) / 1_000
  }

  #tell(message: ToThread): void {
    for (const thread of this.#threads.values()) thread.postMessage(message)
  }

  /** The last resort: a thread that does not answer loses what it has, as uncertain. */
  #terminateAfter(delayMs: number): void {
    clearTimeout(this.#graceTimer)
    this.#graceTimer = setTimeout(() => {
      for (const thread of this.#threads.values()) void thread.terminate()
    }, delayMs)
  }

  #endIfOver(): void {
    if (this.#members.every((member) => member.isOver)) this.#onOver()
  }

  #result(seconds: number): FleetResult {
    const report = fleetReport(this.#members, seconds)
    const given = this.#members.find(({ state }) => state === 'given-up')
    return {
      ...report,
      unwrittenRecords: (report.plannedRecords ?? report.writtenRecords) - report.writtenRecords,
      isStopped: this.#isStopped,
      failure: given?.failure,
      partitions: this.#partitions(),
    }
  }

  #partitions(): FleetResult['partitions'] {
    const sums = new Map<number, number>()
    for (const { deliveredByPartition } of this.#members) {
      if (deliveredByPartition === undefined) return undefined
      for (const [partition, count] of deliveredByPartition) {
        sums.set(partition, (sums.get(partition) ?? 0) + count)
      }
    }
    return [...sums].sort(([a], [b]) => a - b).map(([partition, delivered]) => ({ partition, delivered }))
  }
}
