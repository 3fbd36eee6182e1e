import { type Clock, realClock, TidewaterError, toTidewaterError } from '@tidewater/core'
import { joinLocation, type ObjectStore, underLease } from '@tidewater/core/storage'
import type { TableHealth } from '../health/table-health.js'
import { decideMaintenance, type PlannedOperation, type TablePlan } from '../policy/decide.js'
import { type MaintenancePolicy, ruleFor } from '../policy/policy.js'
import { effectsOf, type OperationEffect } from './effect.js'
import type { MaintenanceEngine, OperationResult } from './engine.js'

/** A crash leaves the table to others after this long. */
const leaseLifeMs = 300_000
const retryDelayMs = 5_000

export interface MaintainOptions {
  readonly policy: MaintenancePolicy
  readonly engine: MaintenanceEngine
  /** Measures the table anew, by its metadata. */
  readonly measure: (signal: AbortSignal | undefined) => Promise<TableHealth>
  readonly lease: {
    readonly store: ObjectStore
    /** Who asks, for those who find the table held: such as the name of the machine. Never a secret. */
    readonly holder: string
    /**
     * Where the lease lies that keeps two maintenances of the table apart; nothing else may be in it. Default: `_tidewater/maintenance`
     * below the table's location, which is no orphan by its underscore.
     */
    readonly folder?: string
  }
  /** Milliseconds since the epoch. Default: this machine's. */
  readonly now?: () => number
  /** For waiting. Default: the real one. */
  readonly clock?: Clock
  /** How often it is decided and tried anew after a conflict of commits. Default 3. */
  readonly maxAttempts?: number
  /** Only decides. Default false. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (message: string) => void
}

export interface MaintenanceOutcome {
  readonly table: string
  readonly status: 'nothing-to-do' | 'planned' | 'done'
  readonly plan: TablePlan
  readonly before: TableHealth
  /** Absent while nothing was done. */
  readonly after?: TableHealth
  readonly effects: readonly OperationEffect[]
  readonly results: readonly OperationResult[]
  /** Times it was decided and tried; 0 when nothing was done. */
  readonly attempts: number
}

/**
 * Measures a table, decides what to do to it, does it, and measures what came of it. One maintenance at a time: an expiry beside
 * a compaction lets that achieve nothing (Iceberg issue 17202). What is interrupted can be run again: each operation is committed
 * whole or not at all, and the next run decides on what it finds.
 *
 * @throws TidewaterError `TABLE_IN_USE` naming who maintains it, `MAINTENANCE_FAILED` when an operation failed or achieved nothing,
 *   `LEASE_LOST`, `ABORTED`, and what `measure` throws
 */
export async function maintainTable(options: MaintainOptions): Promise<MaintenanceOutcome> {
  const { measure, dryRun = false, signal } = options
  const before = await measure(signal)
  const plan = planOf(before, options)
  const idle = { table: before.table, plan, before, effects: [], results: [], attempts: 0 }
  if (plannedOf(plan).length === 0) return { ...idle, status: 'nothing-to-do' }
  if (dryRun) return { ...idle, status: 'planned' }
  const { store, holder, folder = joinLocation(before.location, '_tidewater/maintenance') } = options.lease
  const whenHeld = (by: string) => {
    throw inUse(before.table, by)
  }
  const held = {
    clock: options.clock ?? realClock,
    lifeMs: leaseLifeMs,
    renews: true,
    holder,
    whenHeld,
    signal,
  }
  return underLease(store, folder, (leased) => maintainUnderLease(options, leased), held)
}

async function maintainUnderLease(
  options: MaintainOptions,
  signal: AbortSignal,
): Promise<MaintenanceOutcome> {
  const { engine, measure, clock = realClock, maxAttempts = 3, onProgress } = options
  for (let attempts = 1; ; attempts++) {
    // Again under the lease: whoever held it until now has changed the table.
    const before = await measure(signal)
    const plan = planOf(before, options)
    const operations = plannedOf(plan).map(({ operation }) => operation)
    const common = { table: before.table, plan, before }
    if (operations.length === 0)
      return { ...common, status: 'nothing-to-do', effects: [], results: [], attempts: 0 }
    let results: readonly OperationResult[]
    try {
      results = await engine.run(operations, { signal, onProgress })
    } catch (thrown) {
      const error = toTidewaterError(thrown, 'MAINTENANCE_FAILED')
      if (!error.retryable || attempts >= maxAttempts || signal.aborted) throw error
      onProgress?.(`${error.message}; measured and decided anew, attempt ${attempts + 1} of ${maxAttempts}`)
      await clock.sleep(retryDelayMs * attempts * (0.5 + clock.random()), signal)
      continue
    }
    const after = await measure(signal)
    const effects = effectsOf(plan, before, after)
    requireEffects(before.table, effects)
    return { ...common, status: 'done', after, effects, results, attempts }
  }
}

function planOf(health: TableHealth, { policy, engine, now = Date.now }: MaintainOptions): TablePlan {
  const nowMs = now()
  const plan = decideMaintenance(health, policy, nowMs)
  const rule = ruleFor(policy, health.table)
  return rule === undefined ? plan : engine.adapt(plan, rule, nowMs, health)
}

function plannedOf({ decisions }: TablePlan): PlannedOperation[] {
  return decisions.filter((decision): decision is PlannedOperation => decision.planned)
}

function requireEffects(table: string, effects: readonly OperationEffect[]): void {
  const [first] = effects.filter(({ achieved }) => achieved === false)
  if (first === undefined) return
  throw new TidewaterError(
    'MAINTENANCE_FAILED',
    `${first.name} of ${table} ended without an error and achieved nothing: ${first.measured}`,
    {
      remedy:
        first.name === 'vacuum' || first.name === 'remove_orphan_files'
          ? 'Allow s3:DeleteObject under the location of the table.'
          : 'Look for failed commits in the log of the engine: most often something else maintains the table.',
      details: { table, effects },
    },
  )
}

function inUse(table: string, holder: string): TidewaterError {
  return new TidewaterError(
    'TABLE_IN_USE',
    `${table} is being maintained${holder === '' ? '' : ` by ${holder}`}`,
    {
      retryable: true,
      remedy: `Wait for it to end; after a crash for ${leaseLifeMs / 60_000} minutes.`,
      details: { table, holder },
    },
  )
}
