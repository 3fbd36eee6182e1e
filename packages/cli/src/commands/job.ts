import { readFile } from 'node:fs/promises'
import { messageOf, TidewaterError } from '@tidewater/core'
import { type SparkJob, validateJob } from '@tidewater/emr'
import { prepareToolchain, runJob } from '@tidewater/testkit'
import { type CliIo, resolvePath } from '../io.js'
import { count } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'

/** @throws TidewaterError `USAGE` when the file can't be read, `JOB_INVALID` when it isn't a job document. */
export async function readJob(path: string, io: CliIo): Promise<SparkJob> {
  let text: string
  try {
    text = await readFile(resolvePath(io, path), 'utf8')
  } catch (cause) {
    throw new TidewaterError('USAGE', `Can't read the job document ${path}: ${messageOf(cause)}`, {
      remedy: 'Name a JSON file of the form of spark/job.schema.json.',
    })
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new TidewaterError('JOB_INVALID', `The job document ${path} is not JSON: ${messageOf(cause)}`, {
      remedy: 'Correct the file.',
    })
  }
  return validateJob(document)
}

/** Prints the document as it runs, with every default filled in. */
export async function jobValidate(path: string, io: CliIo): Promise<void> {
  writeJson(io, await readJob(path, io))
}

export interface JobRunOptions {
  /** Folder for Spark's scratch files and logs. */
  readonly stateFolder: string
  readonly driverMemoryMb: number
  readonly dryRun: boolean
  readonly json: boolean
}

/** Runs the job on the local Spark until it ends; Ctrl-C stops it between micro-batches. */
export async function jobRun(path: string, options: JobRunOptions, io: CliIo): Promise<void> {
  const job = await readJob(path, io)
  if (options.dryRun) return writeJson(io, { job, dryRun: true })
  await runStage(
    io,
    'Tool chain',
    (one) => prepareToolchain({ onProgress: one.say, signal: io.signal }),
    () => 'ready',
  )
  const outcome = await runStage(
    io,
    `Job ${job.name}`,
    (one) =>
      runJob(job, {
        stateFolder: resolvePath(io, options.stateFolder),
        driverMemoryMb: options.driverMemoryMb,
        stopSignal: io.signal,
        onBatch: (_, totals) =>
          one.update(totals.inputRows, undefined, `records in ${totals.batches} micro-batches`),
      }),
    (result) => `${count(result.inputRows)} records in ${result.batches} micro-batches, ${result.reason}`,
  )
  if (options.json) writeJson(io, { name: job.name, ...outcome })
}
