import type { Finding } from '@tidewater/core'
import type { Release } from '../releases.js'
import { streamParallelism } from '../size/parallelism.js'
import { coreRate } from '../size/rate.js'
import type { CommonOptions, StreamingOptions } from './options.js'
import { targetFileSizeBytes } from './table-properties.js'

/** Of its Avro value, what a NetFlow record takes in Parquet with zstd: 26.5 of 152 bytes, measured. */
const parquetShare = 26.5 / 152

/** Iceberg's and the run book's advice: a file and a snapshot for each micro-batch are too many, more often than that. */
const shortestTriggerSeconds = 60

/** What is worth knowing of a release and a cluster shape, for any profile. */
export function commonFindings(options: CommonOptions, release: Release): Finding[] {
  return [
    ...(release.finding === undefined ? [] : [release.finding]),
    ...pythonFindings(release),
    ...coreFindings(options),
    ...leftOut(options, release),
  ]
}

/** What is worth knowing of a stream: whether it keeps up, and what its micro-batches do to the table. */
export function streamingFindings(options: StreamingOptions, release: Release): Finding[] {
  return [
    ...serverlessFindings(options, release),
    ...rateFindings(options),
    ...triggerFindings(options),
    fileFinding(options),
  ]
}

function pythonFindings({ label, pythonVersions }: Release): Finding[] {
  const minors = pythonVersions.map((version) => Number(version.split('.')[1]))
  if (minors.some((minor) => minor >= 9 && minor < 13)) return []
  return [
    {
      id: 'emr.python-unsupported',
      severity: 'error',
      subject: label,
      evidence: `Python ${pythonVersions.join(', ')}`,
      reason: 'The job needs Python 3.9 to 3.12.',
      fix: 'Use emr-7.0.0 or newer, or bring a Python along (spark.archives and spark.pyspark.python).',
    },
  ]
}

function coreFindings(options: CommonOptions): Finding[] {
  const { partitions, executors } = options
  const cores = executors.max * executors.cores
  if (cores >= partitions) return []
  return [
    {
      id: 'emr.fewer-cores-than-partitions',
      severity: 'warning',
      subject: `${executors.max} executors`,
      evidence: `${cores} vCPU for ${partitions} partitions`,
      reason:
        'Spark reads each partition with a task of its own, so a micro-batch takes several rounds of tasks. The run book: at least as many vCPU as partitions.',
      fix: `Give the job ${partitions} vCPU, or fewer partitions.`,
    },
  ]
}

/** @param settings Spark's configuration with the overrides in it */
export function conflictFindings(settings: Readonly<Record<string, string>>): Finding[] {
  const [min, max] = ['min', 'max'].map((end) => settings[`spark.dynamicAllocation.${end}Executors`])
  if (min === undefined || max === undefined || Number(min) <= Number(max)) return []
  return [
    {
      id: 'emr.executors-conflict',
      severity: 'error',
      subject: 'spark.dynamicAllocation.minExecutors',
      evidence: `minExecutors is ${min}, maxExecutors ${max}`,
      reason: 'Spark refuses to start.',
      fix: 'Override both, or none.',
    },
  ]
}

function leftOut({ rowLevelChanges }: CommonOptions, { label, icebergVersion, gates }: Release): Finding[] {
  if (rowLevelChanges !== 'merge-on-read' || gates.deleteGranularity) return []
  return [
    {
      id: 'emr.option-left-out',
      severity: 'info',
      subject: 'write.delete.granularity',
      evidence: `${label} has Iceberg ${icebergVersion}, the option is of 1.5.0`,
      reason: 'A delete file may then concern all data files of a partition, and readers open more of them.',
      fix: 'Use emr-7.2.0 or newer if many rows are deleted.',
    },
  ]
}

function serverlessFindings({ target }: StreamingOptions, { label, gates }: Release): Finding[] {
  if (target !== 'serverless' || gates.serverlessStreaming) return []
  return [
    {
      id: 'emr.serverless-streaming',
      severity: 'error',
      subject: label,
      evidence: `${label} on EMR Serverless`,
      reason: 'Job runs in the mode STREAMING need emr-7.1.0 or newer.',
      fix: 'Use a newer release, or EMR on EC2.',
    },
  ]
}

function rateFindings(options: StreamingOptions): Finding[] {
  const { cores } = streamParallelism(options)
  const rate = coreRate(options)
  if (options.expectedRecordsPerSecond <= cores * rate.recordsPerSecond) return []
  return [
    {
      id: 'emr.too-slow',
      severity: 'error',
      subject: `${cores} cores`,
      evidence: `${cores * rate.recordsPerSecond} records a second (${rate.recordsPerSecond} a core: ${rate.reason}) for ${options.expectedRecordsPerSecond} expected`,
      reason: 'The job falls behind for ever, until records leave the topic unread.',
      fix: `Give it ${Math.ceil(options.expectedRecordsPerSecond / rate.recordsPerSecond)} cores or more, or measure its rate and give that.`,
    },
  ]
}

function triggerFindings({ triggerSeconds }: StreamingOptions): Finding[] {
  if (triggerSeconds >= shortestTriggerSeconds) return []
  return [
    {
      id: 'emr.trigger-short',
      severity: 'warning',
      subject: 'processingTime',
      evidence: `a micro-batch every ${triggerSeconds} s, ${Math.round(86_400 / triggerSeconds)} snapshots a day`,
      reason:
        'Each writes small files, manifests and a metadata file, which slow readers and maintenance down.',
      fix: `Raise triggerSeconds to ${shortestTriggerSeconds} or more, unless rows are needed sooner.`,
    },
  ]
}

function fileFinding(options: StreamingOptions): Finding {
  const { expectedRecordsPerSecond, triggerSeconds, recordBytes } = options
  const { tasks } = streamParallelism(options)
  const fileBytes = (expectedRecordsPerSecond * triggerSeconds * recordBytes * parquetShare) / tasks
  const filesPerDay = Math.round((tasks * 86_400) / triggerSeconds)
  return {
    id: 'emr.small-files',
    severity: 'info',
    subject: 'data files',
    evidence: `about ${mebibytes(fileBytes)} each and ${filesPerDay} a day${options.partitionedTable ? ', more with each partition of the table' : ''}; the target is ${mebibytes(targetFileSizeBytes)}`,
    reason: `Each of ${tasks} tasks writes a file in every micro-batch. A record is reckoned with ${Math.round(parquetShare * 100)} % of its Avro size, as measured with NetFlow.`,
    fix: 'Merge them regularly (`tidewater table maintain`), and lengthen the trigger if rows may come later.',
  }
}

function mebibytes(bytes: number): string {
  const mib = bytes / 2 ** 20
  return `${mib.toFixed(mib < 10 ? 2 : 0)} MiB`
}
