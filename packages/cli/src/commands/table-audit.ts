import { TidewaterError } from '@tidewater/core'
import { jobTables, type SparkJob } from '@tidewater/emr'
import type { Audit } from '@tidewater/iceberg-ops'
import { queryRunner } from '@tidewater/testkit'
import type { CliIo } from '../io.js'
import { auditTable } from '../table/audit.js'
import { expectedPartitions, parseDeliveries } from '../table/expected.js'
import { count, table } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { jobConnection, withAdmin } from './connection.js'
import { type LocalSparkOptions, prepareLocalSpark } from './local-spark.js'
import { readJob, readJson } from './read-document.js'

export interface TableAuditOptions extends LocalSparkOptions {
  /** Outputs of `tidewater produce --json`, all of the topic's. */
  readonly delivered: readonly string[]
  /** Columns that together name a record. */
  readonly identity: readonly string[]
  /** PEM file of the brokers' certificate authority. Default: the job's own trust store when that is PEM. */
  readonly caFile?: string
  readonly json: boolean
}

/**
 * Counts the table a job writes against its topic, and against what the producers were told where that is given.
 *
 * @throws TidewaterError `AUDIT_FAILED` naming the differing partitions.
 */
export async function tableAudit(jobPath: string, options: TableAuditOptions, io: CliIo): Promise<void> {
  const job = await readJob(jobPath, io)
  requireCoordinates(job)
  const reports = await Promise.all(
    options.delivered.map(async (path) => parseDeliveries(await readJson(path, 'delivery report', io), path)),
  )
  const offsets = await withAdmin(jobConnection(job, io.env, options.caFile), (admin) =>
    admin.topicOffsets(job.source.topic),
  )
  const expected = expectedPartitions(job, offsets, reports)
  const spark = await prepareLocalSpark(options, io)
  const runQueries = queryRunner(job.table.catalog, { ...spark, signal: io.signal })
  const { audit, evidence } = await runStage(
    io,
    'Audit',
    () =>
      auditTable(runQueries, { topic: job.source.topic, ...jobTables(job) }, expected, {
        identityColumns: options.identity,
      }),
    (result) => (result.audit.exactlyOnce ? describeSuccess(result.audit) : 'differences found'),
  )
  if (options.json) writeJson(io, { ...audit, evidence })
  else io.stdout(renderAudit(audit))
  if (!audit.exactlyOnce)
    throw auditFailed(audit, 'Run with --json: "evidence" lists missing and repeated offsets.')
}

/** The partitions of an audit, for people. */
export function renderAudit(audit: Audit): string {
  return table(
    ['partition', 'produced', 'landed', 'dead letters', 'duplicates', 'missing'],
    audit.partitions.map((one) =>
      [
        one.partition,
        one.delivered ?? one.expected,
        one.landed,
        one.deadLettered,
        one.duplicates,
        one.missing,
      ].map(count),
    ),
  )
}

/** What is wrong, by partition; empty when nothing is. */
export function describeDifferences(audit: Audit): string[] {
  return [
    ...audit.partitions
      .filter(({ problems }) => problems.length > 0)
      .map(({ partition, problems }) => `partition ${partition}: ${problems.join('; ')}`),
    ...audit.problems,
  ]
}

/** What a passed audit found, in a few words. */
export function describeSuccess(audit: Audit): string {
  const deadLetters = audit.deadLettered === 0n ? '' : ` and ${count(audit.deadLettered)} dead letters`
  return `${count(audit.landed)} records in the table${deadLetters}, each exactly once`
}

function auditFailed(audit: Audit, remedy: string): TidewaterError {
  return new TidewaterError('AUDIT_FAILED', describeDifferences(audit).join('\n'), { remedy })
}

function requireCoordinates(job: SparkJob): void {
  if (job.table.kafkaMetadataColumns !== false) return
  throw new TidewaterError(
    'USAGE',
    `Job ${job.name} writes no Kafka coordinates (table.kafkaMetadataColumns is false)`,
    { remedy: 'An audit counts offsets: switch kafkaMetadataColumns on.' },
  )
}
