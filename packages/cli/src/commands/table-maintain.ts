import { TidewaterError } from '@tidewater/core'
import { jobTables } from '@tidewater/emr'
import {
  inventoryStatement,
  type MaintenanceDecision,
  type MaintenanceOptions,
  parseInventory,
  planMaintenance,
  type TableInventory,
} from '@tidewater/iceberg-ops'
import { queryRunner, runMaintenance } from '@tidewater/testkit'
import type { CliIo } from '../io.js'
import { count } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { type LocalSparkOptions, prepareLocalSpark } from './local-spark.js'
import { readJob } from './read-document.js'

export interface TableMaintainOptions extends LocalSparkOptions {
  readonly maintenance: MaintenanceOptions
  /** The dead-letter table instead of the main one: each micro-batch commits to both. */
  readonly deadLetters: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

/** Plans the maintenance of a table a job writes, prints the plan with its reasons, and carries it out. */
export async function tableMaintain(
  jobPath: string,
  options: TableMaintainOptions,
  io: CliIo,
): Promise<void> {
  const job = await readJob(jobPath, io)
  const tables = jobTables(job)
  const target = options.deadLetters ? tables.deadLetterTable : tables.table
  if (target === undefined) {
    throw new TidewaterError('USAGE', `Job ${job.name} has no dead-letter table (onDecodeError is "fail")`, {
      remedy: 'Leave --dead-letters out.',
    })
  }
  const spark = { ...(await prepareLocalSpark(options, io)), signal: io.signal }
  const { catalog } = job.table
  const measure = (title: string) =>
    runStage(
      io,
      title,
      async () => {
        const results = await queryRunner(
          catalog,
          spark,
        )([{ id: 'inventory', sql: inventoryStatement(target) }])
        return parseInventory(results.get('inventory')?.[0])
      },
      describeInventory,
    )
  const before = await measure(`Table ${target.namespace}.${target.name}`)
  const { namespace, name } = target
  const { plan, decisions } = planMaintenance(
    { catalog, namespace, name },
    before,
    options.maintenance,
    io.now(),
  )
  const print = options.json ? io.stderr : io.stdout
  print(renderDecisions(decisions))
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
  const after = await measure('Table after maintenance')
  if (options.json) writeJson(io, { before, after, decisions, operations, dryRun: false })
}

function renderDecisions(decisions: readonly MaintenanceDecision[]): string {
  return decisions
    .map(({ operation, planned, reason }) => `  ${planned ? 'run ' : 'skip'} ${operation}: ${reason}\n`)
    .join('')
}

function describeInventory({ dataFiles, snapshots, manifests, records }: TableInventory): string {
  return `${count(records)} records, ${count(dataFiles)} data files, ${count(snapshots)} snapshots, ${count(manifests)} manifests`
}
