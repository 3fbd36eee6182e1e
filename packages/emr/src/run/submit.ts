import { randomUUID } from 'node:crypto'
import { type Clock, realClock, throwIfAborted } from '@tidewater/core'
import { documentValidator } from '@tidewater/core/documents'
import { joinLocation, type ObjectStore, underLease } from '@tidewater/core/storage'
import maintenanceSchema from '@tidewater/spark/maintenance.schema.json' with { type: 'json' }
import type { JobEntry, SparkArtifact } from '../artifact/artifact.js'
import { artifactLocations, publishArtifact } from '../artifact/publish.js'
import type { SparkJob } from '../job/job-document.gen.js'
import { validateJob } from '../job/validate.js'
import { type JobHandle, jobHandle } from './handle.js'
import { identityOf, type JobIdentity, runIdOf } from './identity.js'
import type { JobTarget, Submission } from './port.js'
import { documentLocation, jobFolder, stagedJob } from './staged-document.js'
import { planSubmission, refuseConflict, type SubmissionPlan } from './submission-plan.js'

/**
 * How long a submitter's lease holds, between its look at what runs and its submission. One that stalls for longer can't be kept
 * from submitting a second run, since EMR's steps know no token: so it gives up by itself at half of it.
 */
const leaseLifeMs = 120_000

/** Where and with what jobs run. */
export interface SubmitOptions {
  readonly target: JobTarget
  readonly store: ObjectStore
  /**
   * Folder for artifacts, documents, stop markers, progress and leases, which submitter and job can both reach: `s3://…`, or an
   * absolute path for the local target. All who submit a job must name the same one.
   */
  readonly stagingLocation: string
  /** From `packageSpark()`. */
  readonly artifact: SparkArtifact
  /** Settings of Spark, such as `tuneStreaming` makes them. Default none: the target's own. */
  readonly sparkConf?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Default: the real one. */
  readonly clock?: Clock
}

/** A maintenance plan, as `maintenanceDocument` of `@tidewater/iceberg-ops` makes it. */
export interface MaintenanceDocument {
  readonly version: 1
  readonly operations: readonly object[]
  readonly table: { readonly catalog: object; readonly namespace: string; readonly name: string }
}

/** What a submission would do. */
export interface PlannedSubmission {
  readonly identity: JobIdentity
  readonly plan: SubmissionPlan
  /** What would be started. */
  readonly submission: Submission
  readonly document: object
}

/** A job before it is known which run it becomes. */
interface Intent {
  readonly identity: JobIdentity
  readonly entry: JobEntry
  readonly flag: '--job' | '--plan'
  document(runId: string): object
}

const validateMaintenance = documentValidator<MaintenanceDocument>(
  maintenanceSchema,
  'maintenance plan',
  'PLAN_INVALID',
)

/**
 * Starts a streaming job, or finds that this very job runs: with the same document, code and settings.
 *
 * @throws TidewaterError `JOB_INVALID` before anything is asked; `JOB_CONFLICT` when the job runs with another document, code or
 *   settings; `LEASE_LOST`, retryable, when a target without tokens took a minute to answer; what target and store reject with
 */
export async function submitStreamingJob(job: SparkJob, options: SubmitOptions): Promise<JobHandle> {
  return submit(intentOf(job, 'streaming', options), options)
}

/**
 * Reads what the topic holds now and ends: the job with the trigger `availableNow`, on the same checkpoint. So it is refused
 * while the streaming job runs.
 *
 * @throws TidewaterError as {@link submitStreamingJob}
 */
export async function submitBackfill(job: SparkJob, options: SubmitOptions): Promise<JobHandle> {
  return submit(intentOf(job, 'backfill', options), options)
}

/**
 * Carries out a maintenance plan. Its run goes by the table's name, `<namespace>.<table>`.
 *
 * @throws TidewaterError `PLAN_INVALID`, and as {@link submitStreamingJob}
 */
export async function submitMaintenance(
  plan: MaintenanceDocument,
  options: SubmitOptions,
): Promise<JobHandle> {
  const document = validateMaintenance(plan)
  const { namespace, name } = document.table
  const { artifact, sparkConf = {} } = options
  const content = { document, artifactHash: artifact.hash, sparkConf }
  return submit(
    {
      identity: identityOf(`${namespace}.${name}`, 'maintenance', content),
      entry: 'maintain',
      flag: '--plan',
      document: () => document,
    },
    options,
  )
}

/**
 * What {@link submitStreamingJob} or {@link submitBackfill} would do now; changes nothing.
 *
 * @throws TidewaterError as they do, but for conflicts, which the plan names
 */
export async function planJobSubmission(
  job: SparkJob,
  kind: 'streaming' | 'backfill',
  options: SubmitOptions,
): Promise<PlannedSubmission> {
  return (await planned(intentOf(job, kind, options), options, options.signal)).would
}

function intentOf(
  input: SparkJob,
  kind: 'streaming' | 'backfill',
  { artifact, stagingLocation, sparkConf = {} }: SubmitOptions,
): Intent {
  const job = validateJob(kind === 'backfill' ? { ...input, trigger: { type: 'availableNow' } } : input)
  // A run is named by us; a name in the document would be every run's.
  const { runId: _, ...document } = job
  return {
    identity: identityOf(job.name, kind, { document, artifactHash: artifact.hash, sparkConf }),
    entry: 'kafka_to_iceberg',
    flag: '--job',
    document: (runId) => stagedJob(job, stagingLocation, runId),
  }
}

async function submit(intent: Intent, options: SubmitOptions): Promise<JobHandle> {
  const { target, store, stagingLocation, artifact, signal, clock = realClock } = options
  await publishArtifact(store, stagingLocation, artifact, { signal })
  if (target.takesTokens) return attempt(intent, options, signal)
  const leases = joinLocation(jobFolder(stagingLocation, intent.identity.job), 'leases')
  return underLease(store, leases, (held) => attempt(intent, options, held), {
    clock,
    lifeMs: leaseLifeMs,
    signal,
  })
}

async function attempt(
  intent: Intent,
  options: SubmitOptions,
  signal: AbortSignal | undefined,
): Promise<JobHandle> {
  const { would, plan } = await planned(intent, options, signal)
  if (plan.action === 'attach') return jobHandle(plan.run, options, true)
  if (plan.action === 'refuse') return refuseConflict(intent.identity, plan)
  const { submission, document } = would
  const location = submission.arguments[1]
  const bytes = new TextEncoder().encode(JSON.stringify(document, null, 2))
  await options.store.put(location, bytes, { signal })
  throwIfAborted(signal)
  const id = await options.target.submit(submission, { signal })
  return jobHandle({ id, identity: intent.identity, documentLocation: location }, options, false)
}

async function planned(intent: Intent, options: SubmitOptions, signal: AbortSignal | undefined) {
  const { target, stagingLocation, artifact, sparkConf = {} } = options
  const { identity } = intent
  const plan = planSubmission(identity, await target.find(identity.job, { signal }))
  const last = plan.action === 'start' ? plan.last?.id : undefined
  const runId = runIdOf(identity, target.takesTokens ? (last ?? 'first') : randomUUID())
  const { archive, entries } = artifactLocations(stagingLocation, artifact.hash)
  const submission: Submission = {
    identity,
    runId,
    program: entries[intent.entry],
    archive,
    arguments: [intent.flag, documentLocation(stagingLocation, identity.job, runId)],
    sparkConf,
  }
  const would: PlannedSubmission = { identity, plan, submission, document: intent.document(runId) }
  return { would, plan }
}
