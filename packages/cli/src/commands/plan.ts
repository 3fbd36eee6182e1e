import {
  jobOverrides,
  releaseOf,
  renderSizing,
  renderTunedConf,
  type SizeInput,
  type Sizing,
  type SparkJob,
  sizeJob,
  sparkConfOf,
  type TunedConf,
  tuneBatch,
  tunedJob,
  tuneStreaming,
  validateJob,
} from '@tidewater/emr'
import type { CliIo } from '../io.js'
import { writeJson } from '../terminal/report-error.js'
import { readJson } from './read-document.js'

/** Prints how large a cluster or Serverless application has to be. */
export function planSize(load: SizeInput, { json }: { readonly json: boolean }, io: CliIo): void {
  const size = sizeJob(load)
  if (json) writeJson(io, size)
  else io.stdout(renderSizing(size, columnsOf(io)))
}

export interface JobPlanOptions {
  readonly release: string
  /** Overrides, by key. */
  readonly set: Readonly<Record<string, string>>
  readonly json: boolean
}

/** Prints the size and the settings of a job; its document says what it is, and what that states itself wins. */
export async function planJob(
  path: string,
  load: SizeInput,
  { release, set, json }: JobPlanOptions,
  io: CliIo,
): Promise<void> {
  const written = (await readJson(path, 'job document', io)) as SparkJob
  const job = validateJob(written)
  const size = sizeJob(load)
  const tuned = tune(job, load, size, release, { ...jobOverrides(written), ...set })
  if (!json) {
    io.stdout(`${renderSizing(size, columnsOf(io))}\n${renderTunedConf(tuned, columnsOf(io))}`)
    return
  }
  const document = { release: releaseOf(release), size, ...tuned, sparkConf: sparkConfOf(tuned) }
  writeJson(io, { ...document, job: tunedJob(job, tuned) })
}

function tune(
  job: SparkJob,
  { partitions, recordBytes, recordsPerSecond, recordsPerSecondPerCore }: SizeInput,
  { target, executors, driver }: Sizing,
  release: string,
  overrides: Record<string, string>,
): TunedConf {
  const common = {
    release,
    target,
    partitions,
    recordBytes,
    recordsPerSecondPerCore,
    executors,
    driver,
    partitionedTable: (job.table.partitionBy ?? []).length > 0,
    overrides,
  }
  if (job.trigger.type === 'availableNow') return tuneBatch(common)
  const { intervalSeconds: triggerSeconds } = job.trigger
  return tuneStreaming({ ...common, expectedRecordsPerSecond: recordsPerSecond, triggerSeconds })
}

function columnsOf(io: CliIo): number {
  return io.isTty ? Math.max(80, io.columns) : 120
}
