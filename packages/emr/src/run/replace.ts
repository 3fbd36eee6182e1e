import { TidewaterError } from '@tidewater/core'
import { joinLocation, type ObjectStore, parseLocation, type StorageCall } from '@tidewater/core/storage'
import type { SparkJob } from '../job/job-document.gen.js'
import { type JobEnd, type JobHandle, jobHandle } from './handle.js'
import { sameIdentity } from './identity.js'
import { hasEnded, type TargetRun } from './port.js'
import { compareJobs, explainReset, invalidates, type JobChange } from './replacement-plan.js'
import { planJobSubmission, type SubmitOptions, submitStreamingJob } from './submit.js'

export interface ReplaceOptions extends SubmitOptions {
  /**
   * Remove the checkpoint between the two versions, so that the new one reads the topic from `startingOffsets`. Default false. See
   * what `explanation` says of it for exactly-once.
   */
  readonly resetCheckpoint?: boolean
  /** Longest wait for the end of the version that runs. Default: as long as it takes; the job bounds it by `stop.timeoutSeconds`. */
  readonly stopTimeoutMs?: number
}

/** What {@link replaceJob} would do. */
export interface PlannedReplacement {
  /** `none`: this very version runs. `start`: nothing runs. `refuse`: the checkpoint would be invalid. */
  readonly action: 'none' | 'start' | 'replace' | 'refuse'
  /** The run that would be stopped. */
  readonly running: TargetRun | undefined
  /** Against the version that runs, or ran last. */
  readonly changes: readonly JobChange[]
  /** What starting over means, where that was asked for or is the only way. */
  readonly explanation: string | undefined
}

export interface Replacement {
  readonly plan: PlannedReplacement
  readonly handle: JobHandle
  /** How the earlier version ended. */
  readonly ended: JobEnd | undefined
}

// What a job has in its checkpoint; nothing else in that folder is ours to remove.
const checkpointFolders = ['main', 'dead-letters', 'job']

/**
 * What {@link replaceJob} would do; changes nothing.
 *
 * @throws TidewaterError `JOB_INVALID`, and what target and store reject with
 */
export async function planReplacement(job: SparkJob, options: ReplaceOptions): Promise<PlannedReplacement> {
  const { target, store, signal, resetCheckpoint = false } = options
  const { identity, document } = await planJobSubmission(job, 'streaming', options)
  const next = document as SparkJob
  const runs = (await target.find(job.name, { signal })).filter((run) => run.identity.kind !== 'maintenance')
  const running = runs.find(({ status }) => !hasEnded(status))
  const before = running ?? runs[0]
  if (before === undefined) return { action: 'start', running, changes: [], explanation: undefined }
  if (running !== undefined && !resetCheckpoint && sameIdentity(running.identity, identity))
    return { action: 'none', running, changes: [], explanation: undefined }
  const known = await store.get(before.documentLocation, { signal })
  const changes: JobChange[] =
    known === undefined
      ? [unknownDocument(before)]
      : compareJobs(JSON.parse(new TextDecoder().decode(known.bytes)) as SparkJob, next)
  const starting = running === undefined ? 'start' : 'replace'
  if (!resetCheckpoint && !changes.some(invalidates))
    return { action: starting, running, changes, explanation: undefined }
  const progress = await jobHandle(before, options, true)
    .progress({ signal })
    .catch(() => undefined)
  const explanation = explainReset(next, progress?.queries.main?.endOffsets)
  return { action: resetCheckpoint ? starting : 'refuse', running, changes, explanation }
}

/**
 * Rolls a streaming job to a new version: stops the one that runs between two micro-batches, waits for its end, and starts the
 * new one on the same checkpoint, so that no record is lost or doubled. Interrupted at any point, it may be called again.
 *
 * @throws TidewaterError `CHECKPOINT_INVALIDATED` when topic, table or query change in a way the checkpoint can't be carried over,
 *   before anything is stopped; `WAIT_TIMEOUT` when the earlier version has not ended in time; and as `submitStreamingJob`
 */
export async function replaceJob(job: SparkJob, options: ReplaceOptions): Promise<Replacement> {
  const { store, signal, stopTimeoutMs, resetCheckpoint = false } = options
  // What could not be removed later is found out before anything is stopped.
  if (resetCheckpoint) parseLocation(job.checkpointLocation)
  const plan = await planReplacement(job, options)
  if (plan.action === 'refuse') throw refusal(job, plan)
  const { running } = plan
  let ended: JobEnd | undefined
  if (running !== undefined && plan.action === 'replace') {
    const timeout = stopTimeoutMs === undefined ? {} : { timeoutMs: stopTimeoutMs }
    ended = await jobHandle(running, options, true).stop({ ...timeout, signal })
  }
  if (resetCheckpoint) await removeCheckpoint(store, job.checkpointLocation, { signal })
  return { plan, handle: await submitStreamingJob(job, options), ended }
}

async function removeCheckpoint(store: ObjectStore, location: string, call: StorageCall): Promise<void> {
  for (const folder of checkpointFolders)
    for await (const one of store.list(joinLocation(location, folder), call))
      await store.delete(one.location, call)
}

function unknownDocument({ id, documentLocation }: TargetRun): JobChange {
  return {
    path: '',
    effect: 'invalidates-checkpoint',
    reason: `the document of run ${id} is not at ${documentLocation} any more, so the versions can't be compared`,
  }
}

function refusal(job: SparkJob, { changes, explanation }: PlannedReplacement): TidewaterError {
  const reasons = changes.filter(invalidates)
  const text = reasons.map(({ path, reason }) => `${path || 'the document'}: ${reason}`).join('; ')
  return new TidewaterError(
    'CHECKPOINT_INVALIDATED',
    `Job ${job.name} can't go on from its checkpoint: ${text}. ${explanation}`,
    {
      remedy:
        'Give the new version a name, a checkpoint and a table of its own, or accept that and reset the checkpoint (--reset-checkpoint).',
      details: { job: job.name, changes: reasons },
    },
  )
}
