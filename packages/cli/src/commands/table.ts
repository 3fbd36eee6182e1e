import { readFile } from 'node:fs/promises'
import { kafkaConnection, parseConfig, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import type { SparkJob } from '@tidewater/emr'
import {
  inventoryStatement,
  type MaintenanceOptions,
  parseInventory,
  planMaintenance,
  type TableInventory,
} from '@tidewater/iceberg-ops'
import { prepareToolchain, queryRunner, runMaintenance } from '@tidewater/testkit'
import { z } from 'zod'
import { describeDifferences } from '../demo/summary.js'
import { type CliIo, resolvePath } from '../io.js'
import { auditTable } from '../table/audit.js'
import { count, table } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { readJob } from './job.js'

export interface TableOptions {
  readonly stateFolder: string
  readonly json: boolean
}

const deliveriesSchema = z.object({
  partitions: z.array(z.object({ partition: z.int().min(0), delivered: z.int().min(0) })),
})

/**
 * Counts the table a job writes against its topic, and against what the producers were told when `delivered` names the
 * `--json` output of `tidewater produce`.
 *
 * @throws TidewaterError `AUDIT_FAILED` naming the differing partitions.
 */
export async function tableAudit(
  jobPath: string,
  options: TableOptions & { readonly delivered?: string; readonly identity: readonly string[] },
  io: CliIo,
): Promise<void> {
  const job = await readJob(jobPath, io)
  const delivered = options.delivered === undefined ? undefined : await readDeliveries(options.delivered, io)
  if (job.table.kafkaMetadataColumns === false) {
    throw new TidewaterError(
      'USAGE',
      `Job ${job.name} writes no Kafka coordinates (table.kafkaMetadataColumns is false)`,
      {
        remedy: 'An audit counts offsets: switch kafkaMetadataColumns on.',
      },
    )
  }
  const admin = await kafkajsDriver.createAdmin(
    kafkaConnection({ brokers: job.source.bootstrapBrokers, clientId: 'tidewater-cli' }),
  )
  let offsets: Awaited<ReturnType<typeof admin.topicOffsets>>
  try {
    offsets = await admin.topicOffsets(job.source.topic)
  } finally {
    await admin.close()
  }
  const expected = offsets.map((one) =>
    delivered === undefined ? one : { ...one, delivered: delivered.get(one.partition) ?? 0n },
  )
  await prepareToolchain({ signal: io.signal })
  const runQueries = queryRunner(job.table.catalog, sparkOptions(options, io))
  const { audit, evidence } = await runStage(
    io,
    'Audit',
    () => auditTable(runQueries, tablesOf(job), expected, options.identity),
    (result) => (result.audit.exactlyOnce ? 'each record exactly once' : 'differences found'),
  )
  if (options.json) writeJson(io, { ...audit, evidence })
  else
    io.stdout(
      table(
        ['partition', 'expected', 'landed', 'dead letters', 'duplicates', 'missing'],
        audit.partitions.map((one) =>
          [one.partition, one.expected, one.landed, one.deadLettered, one.duplicates, one.missing].map(count),
        ),
      ),
    )
  if (!audit.exactlyOnce) {
    throw new TidewaterError('AUDIT_FAILED', describeDifferences(audit).join('\n'), {
      remedy: 'Run with --json: "evidence" lists missing and repeated offsets.',
    })
  }
}

/** Plans the maintenance of the table a job writes, prints the plan with its reasons, and carries it out. */
export async function tableMaintain(
  jobPath: string,
  options: TableOptions & { readonly maintenance: MaintenanceOptions; readonly dryRun: boolean },
  io: CliIo,
): Promise<void> {
  const job = await readJob(jobPath, io)
  await prepareToolchain({ signal: io.signal })
  const spark = sparkOptions(options, io)
  const { table: name } = tablesOf(job)
  const measure = async (title: string) =>
    runStage(
      io,
      title,
      async () => {
        const rows = await queryRunner(
          job.table.catalog,
          spark,
        )([{ id: 'inventory', sql: inventoryStatement(name) }])
        return parseInventory(rows.get('inventory')?.[0])
      },
      describeInventory,
    )
  const before = await measure('Table')
  const { catalog, namespace, name: tableName } = job.table
  const { plan, decisions } = planMaintenance(
    { catalog, namespace, name: tableName },
    before,
    options.maintenance,
    io.now(),
  )
  for (const { operation, planned, reason } of decisions) {
    io.stderr(`  ${planned ? 'run ' : 'skip'} ${operation}: ${reason}\n`)
  }
  if (options.dryRun) {
    if (options.json) writeJson(io, { before, decisions, plan, dryRun: true })
    return
  }
  const operations = await runStage(
    io,
    'Maintenance',
    (one) => runMaintenance(plan, { ...spark, onOperation: (done) => one.say(done.operation) }),
    (results) => results.map(({ operation }) => operation).join(', '),
  )
  const after = await measure('Table after')
  if (options.json) writeJson(io, { before, after, decisions, operations })
}

function tablesOf(job: SparkJob) {
  const { catalog, namespace, name } = job.table
  const names = { catalog: catalog.name, namespace, name }
  if (job.decoding.onDecodeError === 'fail') return { table: names }
  const deadLetters = job.decoding.deadLetterTable ?? { namespace, name: `${name}_dead_letters` }
  return { table: names, deadLetterTable: { catalog: catalog.name, ...deadLetters } }
}

function sparkOptions(options: TableOptions, io: CliIo) {
  return { stateFolder: resolvePath(io, options.stateFolder), signal: io.signal }
}

function describeInventory({ dataFiles, snapshots, manifests, records }: TableInventory): string {
  return `${count(records)} records, ${count(dataFiles)} data files, ${count(snapshots)} snapshots, ${count(manifests)} manifests`
}

async function readDeliveries(path: string, io: CliIo): Promise<ReadonlyMap<number, bigint>> {
  let document: unknown
  try {
    document = JSON.parse(await readFile(resolvePath(io, path), 'utf8'))
  } catch (cause) {
    throw new TidewaterError('USAGE', `Can't read the delivery report ${path}`, {
      remedy: 'Name the file that "tidewater produce --json" was written to.',
      cause,
    })
  }
  const { partitions } = parseConfig(deliveriesSchema, document, `delivery report ${path}`)
  return new Map(partitions.map(({ partition, delivered }) => [partition, BigInt(delivered)]))
}
