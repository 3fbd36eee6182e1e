import { hostname } from 'node:os'
import { TidewaterError } from '@tidewater/core'
import { createObjectStore } from '@tidewater/core/storage'
import { jobTables, type SparkJob } from '@tidewater/emr'
import {
  type MaintenanceOutcome,
  type MaintenancePolicy,
  type MaintenancePolicyInput,
  maintainTable,
  measureTable,
  parsePolicy,
  sparkEngine,
  type TableHealth,
  type TablePlan,
} from '@tidewater/iceberg-ops'
import type { TableSource } from '@tidewater/iceberg-ops/metadata'
import { localMaintenanceRunner } from '@tidewater/testkit'
import { type CliIo, resolvePath } from '../io.js'
import { count } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { type LocalSparkOptions, prepareLocalSpark } from './local-spark.js'
import { readJob } from './read-document.js'
import { readPolicy } from './read-policy.js'

export interface TableMaintainOptions extends LocalSparkOptions {
  /** File with a maintenance policy; excludes `operations`. */
  readonly policy?: string
  /** A policy of one rule, by options of the command. */
  readonly operations?: MaintenancePolicyInput['rules'][number]['operations']
  readonly targetFileSizeBytes?: number
  readonly protectQueryIds?: readonly string[]
  /** The dead-letter table instead of the main one: each micro-batch may commit to both. */
  readonly deadLetters: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

const dayMs = 86_400_000

/** Measures a table that a job writes, prints the plan with its reasons, carries it out, and prints what it did. */
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
  const policy = await policyOf(options, io)
  // A plan needs no Spark.
  const spark = options.dryRun
    ? { stateFolder: resolvePath(io, options.stateFolder) }
    : await prepareLocalSpark(options, io)
  const { catalog } = job.table
  const { namespace, name } = target
  const objects = createObjectStore(accountOf(catalog))
  const print = options.json ? io.stderr : io.stdout
  try {
    const measure = (signal: AbortSignal | undefined) =>
      measureTable(`${namespace}.${name}`, sourceOf(catalog, namespace, name), {
        objects,
        nowMs: io.now(),
        signal,
        orphansOlderThanMs: io.now() - orphanAgeMs(policy),
        ...(options.targetFileSizeBytes === undefined
          ? {}
          : { targetFileSizeBytes: options.targetFileSizeBytes }),
      })
    await runStage(io, `Table ${namespace}.${name}`, () => measure(io.signal), inWords)
    const outcome = await runStage(
      io,
      'Maintenance',
      (one) =>
        maintainTable({
          policy,
          engine: sparkEngine({
            runner: localMaintenanceRunner({ ...spark, env: { ...io.env } }),
            table: { catalog, namespace, name },
            ...(options.protectQueryIds === undefined ? {} : { protectQueryIds: options.protectQueryIds }),
          }),
          measure,
          lease: { store: objects, holder: hostname() },
          now: () => io.now(),
          dryRun: options.dryRun,
          signal: io.signal,
          onProgress: one.say,
        }),
      ({ status }) => ({ 'nothing-to-do': 'nothing to do', planned: 'planned only', done: 'done' })[status],
    )
    print(renderPlan(outcome.plan))
    print(
      outcome.effects.map(({ name: operation, measured }) => `  did  ${operation}: ${measured}\n`).join(''),
    )
    if (options.json) writeJson(io, documentOf(outcome))
  } finally {
    objects.close()
  }
}

async function policyOf({ policy, operations }: TableMaintainOptions, io: CliIo): Promise<MaintenancePolicy> {
  if (policy === undefined)
    return parsePolicy({
      version: 1,
      rules: [{ tables: ['*'], ...(operations === undefined ? {} : { operations }) }],
    })
  if (operations === undefined) return readPolicy(policy, io)
  throw new TidewaterError('USAGE', '--policy excludes the options that say what is done', {
    remedy: 'Write into the policy what they say, or leave it out.',
  })
}

/** The youngest that any rule lets go: the plan takes the older of the two. */
function orphanAgeMs({ rules }: MaintenancePolicy): number {
  const ages = rules.flatMap(({ operations: { removeOrphanFiles } }) =>
    removeOrphanFiles === false ? [] : [removeOrphanFiles.minAgeHours * 3_600_000],
  )
  return Math.min(3 * dayMs, ...ages)
}

type Catalog = SparkJob['table']['catalog']

function sourceOf(catalog: Catalog, namespace: string, name: string): TableSource {
  if (catalog.type === 'hadoop') return { type: 'hadoop', warehouse: catalog.warehouse, namespace, name }
  return { type: 'glue', database: namespace, name, ...accountOf(catalog) }
}

function accountOf(catalog: Catalog) {
  if (catalog.type === 'hadoop') return {}
  const { region, endpoint } = catalog
  return { ...(region === undefined ? {} : { region }), ...(endpoint === undefined ? {} : { endpoint }) }
}

function renderPlan({ decisions }: TablePlan): string {
  return decisions
    .map(({ name, planned, reason }) => `  ${planned ? 'run ' : 'skip'} ${name}: ${reason}\n`)
    .join('')
}

function documentOf({ status, plan, before, after, effects, results, attempts }: MaintenanceOutcome) {
  return { status, plan, before, ...(after === undefined ? {} : { after }), effects, results, attempts }
}

function inWords({ dataFiles, snapshots, manifests }: TableHealth): string {
  return `${count(dataFiles.records)} records, ${count(dataFiles.count)} data files, ${count(snapshots.count)} snapshots, ${count(manifests.dataManifests)} manifests`
}
