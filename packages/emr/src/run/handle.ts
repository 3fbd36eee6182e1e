import { type Clock, realClock, TidewaterError } from '@tidewater/core'
import { type ObjectStore, parseLocation } from '@tidewater/core/storage'
import type { SparkJob } from '../job/job-document.gen.js'
import { failedEventIn, failureOf } from './failure.js'
import type { JobIdentity } from './identity.js'
import { hasEnded, type JobLog, type JobStatus, type JobTarget, type TargetRun } from './port.js'
import { type JobProgress, parseProgress } from './progress.js'
import { progressLocation, runIdOfDocument } from './staged-document.js'
import { notFound, StatusWatch, type WatchOptions } from './status-watch.js'

/** Enough to find a run again from another process: `attachJob` takes it. */
export interface JobReference {
  readonly target: JobTarget['type']
  readonly id: string
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface WaitForJobOptions extends WatchOptions {
  /** What becomes of the run when `signal` fires. Default `leave-running`; a caller that is killed leaves it running too. */
  readonly onAbort?: 'leave-running' | 'cancel'
}

export interface StopJobOptions extends WatchOptions {
  /** Let the micro-batch under way end. Default true; false cancels, and the next run reads that batch again. */
  readonly graceful?: boolean
}

/** How a run ended. */
export interface JobEnd {
  readonly status: JobStatus
  /** What a streaming job said last; undefined when it keeps no progress, or ended before it could. */
  readonly progress: JobProgress | undefined
}

/**
 * One run of a job, wherever it runs. It holds nothing but names: any number of handles, in any number of processes, may follow
 * one run, and none of them is needed for it to go on.
 *
 * Every operation rejects with a TidewaterError: `JOB_NOT_FOUND`, `ABORTED`, and what the target and the store reject with.
 */
export interface JobHandle {
  readonly reference: JobReference
  readonly identity: JobIdentity
  /** Name of the run in its progress. */
  readonly runId: string
  /** Whether it ran already when it was submitted. */
  readonly wasRunning: boolean
  status(call?: CallOptions): Promise<JobStatus>
  /** Where a streaming job stands, by its own account; undefined before its queries have started. */
  progress(call?: CallOptions): Promise<JobProgress | undefined>
  /** The end of the driver's output. Default `stderr`; undefined when there is none yet, which on AWS takes minutes. */
  log(stream?: 'stdout' | 'stderr', call?: CallOptions): Promise<JobLog | undefined>
  /**
   * Waits for the end, for as long as it takes unless told otherwise, through throttling, failing answers and a network that is away.
   *
   * @throws TidewaterError the code of what the job said when it failed, `PREREQUISITE_MISSING` where there is no Spark, else
   *   `JOB_FAILED`, with the service's reason and the end of the driver's log; `JOB_INTERRUPTED` when it was ended from outside,
   *   but not by this handle; `WAIT_TIMEOUT`
   */
  wait(options?: WaitForJobOptions): Promise<JobEnd>
  /**
   * Stops the run between two micro-batches and waits for its end.
   *
   * @throws TidewaterError `JOB_INVALID` when its document names no stop marker; `WAIT_TIMEOUT`, with the stop still asked for
   */
  stop(options?: StopJobOptions): Promise<JobEnd>
  /** Asks the service to end the run now. The micro-batch under way is read again by the next run. */
  cancel(call?: CallOptions): Promise<void>
}

export interface HandleContext {
  readonly target: JobTarget
  readonly store: ObjectStore
  /** Default: the real one. */
  readonly clock?: Clock
}

// All handles of a target ask together.
const watches = new WeakMap<JobTarget, StatusWatch>()

/** A marker that is written before the job has looked for the first time is taken for an old one: so it is written again. */
const markerEveryMs = 10_000
/** Logs come to S3 a while after the end. */
const lateLogDelaysMs = [0, 2_000, 8_000]

export function jobHandle(
  run: Pick<TargetRun, 'id' | 'identity' | 'documentLocation'>,
  { target, store, clock = realClock }: HandleContext,
  wasRunning: boolean,
): JobHandle {
  const { id, identity, documentLocation } = run
  const watch = watches.get(target) ?? new StatusWatch(target, clock)
  watches.set(target, watch)
  let asked = false
  let document: SparkJob | undefined

  const readDocument = async (call: CallOptions) => {
    const found = document === undefined ? await store.get(documentLocation, call) : undefined
    if (found !== undefined) document = JSON.parse(new TextDecoder().decode(found.bytes)) as SparkJob
    return document
  }
  const progress = async (call: CallOptions = {}) => {
    const job = await readDocument(call)
    const location = job === undefined ? undefined : progressLocation(job)
    // The job may write where only Hadoop's file systems can look.
    if (location === undefined || !isKnownLocation(location)) return undefined
    const found = await store.get(location, call)
    return found === undefined ? undefined : parseProgress(new TextDecoder().decode(found.bytes))
  }
  const failure = async (status: JobStatus, call: CallOptions) => {
    const said = (await unlessItFails(() => progress(call)))?.ended
    const readLog = (stream: 'stdout' | 'stderr') => unlessItFails(() => target.log(id, stream, call))
    let stderr: JobLog | undefined
    for (const delayMs of target.type === 'local' ? [0] : lateLogDelaysMs) {
      if (delayMs > 0) await clock.sleep(delayMs, call.signal)
      stderr = await readLog('stderr')
      if (stderr !== undefined) break
    }
    const stdout = await readLog('stdout')
    const event = said?.event === 'failed' ? said : failedEventIn(stdout?.text ?? '')
    const explanation = await unlessItFails(async () => target.explain?.(id, status, call))
    const { place } = target
    return failureOf({ job: identity.job, id, place, status, explanation, said: event, stderr, stdout })
  }
  const writeMarker = async (call: CallOptions): Promise<string> => {
    const marker = (await readDocument(call))?.stop?.markerLocation
    if (marker === undefined) throw withoutMarker(identity.job)
    await store.put(marker, new TextEncoder().encode(new Date().toISOString()), call)
    return marker
  }
  const cancel = async (call: CallOptions = {}) => {
    asked = true
    await target.cancel(id, call)
    // A step in cluster mode is spark-submit alone: should the driver outlive it, the marker ends it.
    if (target.requestStop === undefined) await unlessItFails(() => writeMarker(call))
  }
  const requestStop = async (call: CallOptions): Promise<string | undefined> => {
    if (target.requestStop === undefined) return writeMarker(call)
    await target.requestStop(id, call)
    return undefined
  }

  return {
    reference: { target: target.type, id },
    identity,
    runId: runIdOfDocument(documentLocation),
    wasRunning,
    progress,
    cancel,
    log: (stream = 'stderr', call = {}) => target.log(id, stream, call),
    async status(call = {}) {
      const status = (await target.statuses([id], call)).get(id)
      if (status === undefined) throw notFound(id, target)
      return status
    },
    async wait({ onAbort = 'leave-running', ...options } = {}) {
      const { signal } = options
      const status = await watch.untilEnd(id, options).catch(async (thrown) => {
        if (onAbort === 'cancel' && signal?.aborted) await cancel()
        throw thrown
      })
      if (status.state === 'succeeded' || (status.state === 'cancelled' && asked))
        return { status, progress: await unlessItFails(() => progress({ signal })) }
      throw await failure(status, { signal })
    },
    async stop({ graceful = true, ...options } = {}) {
      const call = { signal: options.signal }
      asked = true
      const [status] = (await target.statuses([id], call)).values()
      let marker: string | undefined
      // One that has not begun has nothing to end in good order.
      if (!graceful || status?.state === 'pending') await cancel(call)
      else if (status === undefined || !hasEnded(status)) marker = await requestStop(call)
      const over = new AbortController()
      const reminding = marker === undefined ? undefined : remind(marker, over.signal)
      try {
        const end = await watch.untilEnd(id, options)
        if (marker !== undefined) await unlessItFails(() => store.delete(marker))
        return { status: end, progress: await unlessItFails(() => progress(call)) }
      } finally {
        over.abort()
        await reminding
      }
    },
  }

  async function remind(marker: string, over: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(markerEveryMs, over).catch(() => undefined)
      if (over.aborted) return
      await unlessItFails(() => store.put(marker, new Uint8Array()))
    }
  }
}

function isKnownLocation(location: string): boolean {
  try {
    parseLocation(location)
    return true
  } catch {
    return false
  }
}

/** What only adds to an answer must not replace it. */
async function unlessItFails<T>(work: () => Promise<T>): Promise<T | undefined> {
  return work().catch(() => undefined)
}

function withoutMarker(job: string): TidewaterError {
  return new TidewaterError('JOB_INVALID', `Job ${job} was submitted without a stop marker`, {
    remedy: 'Stop it with graceful: false: the micro-batch under way is read again by the next run.',
    details: { job },
  })
}
