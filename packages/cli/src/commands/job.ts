import { runJob } from '@tidewater/testkit'
import type { CliIo } from '../io.js'
import { count } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { type LocalSparkOptions, prepareLocalSpark } from './local-spark.js'
import { readJob } from './read-document.js'

/** Prints the document as it runs, with every default filled in. */
export async function jobValidate(path: string, io: CliIo): Promise<void> {
  writeJson(io, await readJob(path, io))
}

export interface JobRunOptions extends LocalSparkOptions {
  readonly json: boolean
}

/** Runs the job on the local Spark until it ends; Ctrl-C stops it between micro-batches. */
export async function jobRun(path: string, options: JobRunOptions, io: CliIo): Promise<void> {
  const job = await readJob(path, io)
  const spark = await prepareLocalSpark(options, io)
  const outcome = await runStage(
    io,
    `Job ${job.name}`,
    (one) =>
      runJob(job, {
        ...spark,
        stopSignal: io.signal,
        onBatch: (_, totals) =>
          one.update(totals.inputRows, undefined, `records in ${totals.batches} micro-batches`),
      }),
    (result) =>
      `${count(result.inputRows)} records in ${result.batches} micro-batches, ended by ${result.reason}`,
  )
  if (options.json) writeJson(io, { name: job.name, ...outcome })
}
