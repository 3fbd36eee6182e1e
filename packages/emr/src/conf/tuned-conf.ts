import { type Finding, TidewaterError } from '@tidewater/core'
import type { SparkJob } from '../job/job-document.gen.js'
import { validateJob } from '../job/validate.js'
import type { Source } from '../sources.js'

/**
 * Where a setting goes: `spark` is Spark's configuration (`--conf`), `source` the Kafka source's options, `table` the Iceberg
 * table's properties, `query` the streaming query itself. The last three stand in the job document.
 */
export type TunedScope = 'spark' | 'source' | 'table' | 'query'

export interface TunedEntry {
  readonly scope: TunedScope
  /** As Spark, its Kafka source or Iceberg names it. */
  readonly key: string
  readonly value: string
  readonly reason: string
  readonly source: Source
}

/** A setting that was given, in place of what is recommended or beside it. */
export interface OverriddenEntry {
  readonly scope: TunedScope
  readonly key: string
  /** What was given, and holds. */
  readonly value: string
  /** undefined: nothing is recommended for this key. */
  readonly recommended: string | undefined
  /** Why the recommendation is what it is. */
  readonly reason: string | undefined
}

export interface TunedConf {
  /** What is recommended and was not overridden. */
  readonly entries: readonly TunedEntry[]
  readonly overridden: readonly OverriddenEntry[]
  readonly findings: readonly Finding[]
}

/** Spark's configuration, overrides included: what `spark-submit` is given as `--conf`. */
export function sparkConfOf(tuned: TunedConf): Record<string, string> {
  return settingsOf(tuned, 'spark')
}

/**
 * The job document with what was tuned in its source, table and trigger. What the document states and the tuning doesn't know
 * stays as it is.
 *
 * @throws TidewaterError `CONFIG_INVALID` for an override that the document has no field for, `JOB_INVALID`
 */
export function tunedJob(job: SparkJob, tuned: TunedConf): SparkJob {
  const { maxOffsetsPerTrigger, minPartitions, failOnDataLoss, ...kafka } = settingsOf(tuned, 'source')
  const { processingTime, ...query } = settingsOf(tuned, 'query')
  const {
    'write.distribution-mode': distributionMode,
    'write.spark.fanout.enabled': fanout,
    ...properties
  } = settingsOf(tuned, 'table')
  refuseUnknown([...Object.keys(kafka).filter((key) => !key.startsWith('kafka.')), ...Object.keys(query)])
  return validateJob({
    ...job,
    source: {
      ...job.source,
      ...(maxOffsetsPerTrigger === undefined ? {} : { maxOffsetsPerTrigger: Number(maxOffsetsPerTrigger) }),
      ...(minPartitions === undefined ? {} : { minPartitions: Number(minPartitions) }),
      ...(failOnDataLoss === undefined ? {} : { failOnDataLoss: failOnDataLoss === 'true' }),
      kafkaOptions: { ...job.source.kafkaOptions, ...kafka },
    },
    table: {
      ...job.table,
      ...(distributionMode === undefined ? {} : { distributionMode }),
      ...(fanout === undefined ? {} : { fanout: fanout === 'true' }),
      properties: { ...job.table.properties, ...properties },
    },
    trigger:
      processingTime === undefined
        ? job.trigger
        : { type: 'processingTime', intervalSeconds: Number.parseInt(processingTime, 10) },
  })
}

function settingsOf(tuned: TunedConf, scope: TunedScope): Record<string, string> {
  const all = [...tuned.entries, ...tuned.overridden].filter((entry) => entry.scope === scope)
  return Object.fromEntries(all.map(({ key, value }) => [key, value]))
}

function refuseUnknown(keys: readonly string[]): void {
  if (keys.length === 0) return
  throw new TidewaterError('CONFIG_INVALID', `The job document has no field for ${keys.join(', ')}`, {
    remedy: `Leave ${keys.join(', ')} out of the overrides.`,
    details: { keys },
  })
}
