import {
  attachJob,
  hasEnded,
  type JobEnd,
  type JobHandle,
  type JobProgress,
  type JobStatus,
  type PlannedReplacement,
  planJobSubmission,
  planReplacement,
  replaceJob,
  submitBackfill,
  submitStreamingJob,
} from '@tidewater/emr'
import type { CliIo } from '../io.js'
import { count, table } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { type SubmissionOptions, submitOptions, type TargetOptions, withTarget } from './job-target.js'
import { readJob } from './read-document.js'

interface Output {
  readonly json: boolean
}

interface Planning extends Output {
  readonly dryRun: boolean
}

const submitting = { submits: true }

export interface JobSubmitOptions extends SubmissionOptions, Planning {
  readonly backfill: boolean
  readonly wait: boolean
}

/** Submits the job, or finds that it runs; with `--wait` waits for its end. */
export async function jobSubmit(path: string, options: JobSubmitOptions, io: CliIo): Promise<void> {
  const job = await readJob(path, io)
  await withTarget(
    options,
    io,
    async (open) => {
      const submission = await submitOptions(options, open, io)
      if (options.dryRun) {
        const kind = options.backfill ? 'backfill' : 'streaming'
        const planned = await planJobSubmission(job, kind, submission)
        if (options.json) return writeJson(io, { ...planned, dryRun: true })
        io.stdout(`would be: ${planned.plan.action}: ${planned.plan.reason}\n`)
        return
      }
      const submit = options.backfill ? submitBackfill : submitStreamingJob
      const handle = await submit(job, submission)
      const end = options.wait ? await waitWithProgress(handle, io) : undefined
      await printRun(handle, end, options, io)
    },
    submitting,
  )
}

/** Prints where the job's run is, and how far. */
export async function jobStatus(path: string, options: TargetOptions & Output, io: CliIo): Promise<void> {
  await withRun(path, options, io, async (handle) => printRun(handle, undefined, options, io))
}

/** Prints the end of the driver's output. */
export async function jobLogs(
  path: string,
  options: TargetOptions & Output & { readonly stdout: boolean },
  io: CliIo,
): Promise<void> {
  await withRun(path, options, io, async (handle) => {
    const log = await handle.log(options.stdout ? 'stdout' : 'stderr', { signal: io.signal })
    if (options.json) return writeJson(io, { ...handle.reference, ...log })
    if (log === undefined) io.stderr('There is no log yet.\n')
    else io.stdout(log.text)
  })
}

/** Stops the job between two micro-batches, or at once with `--now`, and waits for its end. */
export async function jobStop(
  path: string,
  options: TargetOptions & Planning & { readonly now: boolean },
  io: CliIo,
): Promise<void> {
  await withRun(path, options, io, async (handle) => {
    const status = await handle.status({ signal: io.signal })
    if (options.dryRun || hasEnded(status)) {
      const action = hasEnded(status) ? 'none' : options.now ? 'cancel' : 'stop'
      if (options.json)
        return writeJson(io, { action, dryRun: options.dryRun, ...runDocument(handle, status) })
      io.stdout(
        `${options.dryRun ? 'would be: ' : ''}${action}: run ${handle.reference.id} is ${status.serviceState}\n`,
      )
      return
    }
    const end = await runStage(
      io,
      `Job ${handle.identity.job}`,
      () => handle.stop({ graceful: !options.now, signal: io.signal }),
      ({ status: { state } }) => state,
    )
    await printRun(handle, end, options, io)
  })
}

/** Rolls the job to the version in the document. */
export async function jobReplace(
  path: string,
  options: SubmissionOptions & Planning & { readonly resetCheckpoint: boolean },
  io: CliIo,
): Promise<void> {
  const job = await readJob(path, io)
  await withTarget(
    options,
    io,
    async (open) => {
      const { resetCheckpoint } = options
      const submission = { ...(await submitOptions(options, open, io)), resetCheckpoint }
      if (options.dryRun) {
        const plan = await planReplacement(job, submission)
        if (options.json) return writeJson(io, { ...plan, dryRun: true })
        io.stdout(renderReplacement(plan, true))
        return
      }
      const { plan, handle, ended } = await runStage(
        io,
        `Job ${job.name}`,
        () => replaceJob(job, submission),
        (done) => `${done.plan.action}, now run ${done.handle.reference.id}`,
      )
      if (options.json) {
        const { running, ...decided } = plan
        const before = running === undefined ? undefined : { id: running.id, ...ended }
        return writeJson(io, { ...decided, before, ...handle.reference, runId: handle.runId, dryRun: false })
      }
      io.stdout(renderReplacement(plan, false))
    },
    submitting,
  )
}

/** A plan for people: what, what changes, and what starting over would mean. */
export function renderReplacement(plan: PlannedReplacement, dryRun: boolean): string {
  const { action, running, changes, explanation } = plan
  const what = running === undefined ? 'nothing runs' : `run ${running.id} is ${running.status.serviceState}`
  const lines = [`${dryRun ? 'would be: ' : ''}${action}: ${what}`]
  for (const { path, effect, reason } of changes) lines.push(`  ${path || '(document)'} ${effect}: ${reason}`)
  if (explanation !== undefined) lines.push(`  ${explanation}`)
  return `${lines.join('\n')}\n`
}

async function withRun(
  path: string,
  options: TargetOptions,
  io: CliIo,
  work: (handle: JobHandle) => Promise<void>,
): Promise<void> {
  const { name } = await readJob(path, io)
  await withTarget(
    options,
    io,
    async (open) => {
      await work(await attachJob({ job: name }, { ...open, signal: io.signal }))
    },
    { submits: false },
  )
}

function waitWithProgress(handle: JobHandle, io: CliIo): Promise<JobEnd> {
  return runStage(
    io,
    `Job ${handle.identity.job}`,
    (stage) =>
      handle.wait({
        signal: io.signal,
        onStatus: (status, trouble) => {
          const state = status?.serviceState ?? 'not asked yet'
          stage.say(trouble === undefined ? state : `${state}, last question: ${trouble.code}`)
        },
      }),
    ({ status, progress }) => `${status.state}${progress === undefined ? '' : `, ${describe(progress)}`}`,
  )
}

async function printRun(
  handle: JobHandle,
  end: JobEnd | undefined,
  options: Output,
  io: CliIo,
): Promise<void> {
  const call = { signal: io.signal }
  const status = end?.status ?? (await handle.status(call))
  const progress = end === undefined ? await handle.progress(call) : end.progress
  const document = { ...runDocument(handle, status), progress }
  if (options.json) return writeJson(io, document)
  const rows = [
    ['id', handle.reference.id],
    ['run', `${handle.identity.kind} ${handle.runId}`],
    ['was running', handle.wasRunning ? 'yes' : 'no'],
    ['state', `${status.state} (${status.serviceState})`],
    ...(status.reason === undefined ? [] : [['reason', status.reason]]),
    ...(progress === undefined ? [] : [['progress', describe(progress)]]),
  ]
  io.stdout(table(['job', handle.identity.job], rows))
}

function runDocument(handle: JobHandle, status: JobStatus) {
  const { reference, identity, runId, wasRunning } = handle
  return { ...reference, ...identity, runId, wasRunning, status }
}

function describe({ queries, updatedAt }: JobProgress): string {
  const main = queries.main
  if (main === undefined) return `no micro-batch yet at ${updatedAt}`
  const { inputRows, batches, recordsPerSecond } = main
  return `${count(inputRows)} records in ${batches} micro-batches, ${count(recordsPerSecond)} records/s at ${updatedAt}`
}
