import { parseConfig } from '@tidewater/core'
import { z } from 'zod'
import type { TableInventory } from '../inventory/inventory.js'
import type { MaintenancePlan, MaintenanceTable } from './maintenance-document.gen.js'
import { validateMaintenancePlan } from './validate.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const maintenanceOptionsSchema = z.strictObject({
  /** Size data files are merged towards (`target-file-size-bytes`). Default 512 MiB, Iceberg's own. */
  targetFileSizeBytes: z
    .int()
    .min(1 << 20)
    .max(2 ** 40)
    .default(512 * 2 ** 20),
  /** Fewest files worth merging (`min-input-files`). Default 5, Iceberg's own. */
  minInputFiles: z.int().min(2).max(100_000).default(5),
  /** Snapshots younger than this are kept. Default 5 days, Iceberg's own. */
  maxSnapshotAgeMs: z
    .int()
    .min(0)
    .default(5 * dayMs),
  /** Newest snapshots kept whatever their age. Default 1, Iceberg's own. */
  retainLastSnapshots: z.int().min(1).max(100_000).default(1),
  /** Files no metadata names are left alone while younger than this. Default 3 days; under 24 hours is refused. */
  orphanAgeMs: z
    .int()
    .min(dayMs, 'must be at least 24 hours: a running writer has files that no metadata names yet')
    .default(3 * dayMs),
  /** Really remove orphan files instead of listing them. Default false. */
  removeOrphanFiles: z.boolean().default(false),
  /** More manifests than this are rewritten. Default 1. */
  maxManifests: z.int().min(1).default(1),
  /** Streaming queries, beside the newest, whose last snapshot must stay. */
  protectQueryIds: z.array(z.string()).default([]),
})

export type MaintenanceOptions = z.input<typeof maintenanceOptionsSchema>
export type MaintenanceOperationName = MaintenancePlan['operations'][number]['operation']

export interface MaintenanceDecision {
  readonly operation: MaintenanceOperationName
  readonly planned: boolean
  readonly reason: string
}

export interface PlannedMaintenance {
  /** What `tidewater_spark.maintain` runs. Looking for orphan files is always part of it. */
  readonly plan: MaintenancePlan
  /** One decision for every operation there is, in the order they run. */
  readonly decisions: readonly MaintenanceDecision[]
}

/**
 * Decides what maintenance a table needs now. Merging comes first, so that the manifests are rewritten once, and expiry
 * after both, so that the snapshots they replace can go.
 *
 * @param nowMs milliseconds since the epoch
 * @throws TidewaterError `CONFIG_INVALID` for an option out of bounds.
 */
export function planMaintenance(
  table: MaintenanceTable,
  inventory: TableInventory,
  options: MaintenanceOptions,
  nowMs: number,
): PlannedMaintenance {
  const limits = parseConfig(maintenanceOptionsSchema, options, 'maintenance options')
  const before = (ageMs: number) => new Date(nowMs - ageMs).toISOString()
  const decisions: MaintenanceDecision[] = []
  const operations: MaintenancePlan['operations'][number][] = []
  const decide = (operation: MaintenancePlan['operations'][number], planned: boolean, reason: string) => {
    decisions.push({ operation: operation.operation, planned, reason })
    if (planned) operations.push(operation)
  }

  const meanBytes = inventory.dataFiles === 0 ? 0 : Number(inventory.dataFileBytes) / inventory.dataFiles
  const rewrites =
    inventory.dataFiles >= limits.minInputFiles && meanBytes < limits.targetFileSizeBytes * 0.75
  const files = `${inventory.dataFiles} data files of ${mebibytes(meanBytes)} on average`
  const target = `target ${mebibytes(limits.targetFileSizeBytes)}, at least ${limits.minInputFiles} files`
  decide(
    {
      operation: 'rewrite_data_files',
      options: {
        'target-file-size-bytes': String(limits.targetFileSizeBytes),
        'min-input-files': String(limits.minInputFiles),
      },
    },
    rewrites,
    `${files}; ${target}`,
  )
  decide(
    { operation: 'rewrite_manifests' },
    inventory.manifests > limits.maxManifests,
    `${inventory.manifests} manifests; at most ${limits.maxManifests} wanted`,
  )
  decide(
    {
      operation: 'expire_snapshots',
      olderThan: before(limits.maxSnapshotAgeMs),
      retainLast: limits.retainLastSnapshots,
    },
    inventory.snapshots > limits.retainLastSnapshots || rewrites,
    `${inventory.snapshots} snapshots; those older than ${before(limits.maxSnapshotAgeMs)} may go, the last ${limits.retainLastSnapshots} stay`,
  )
  decide(
    {
      operation: 'remove_orphan_files',
      olderThan: before(limits.orphanAgeMs),
      dryRun: !limits.removeOrphanFiles,
    },
    true,
    `files older than ${before(limits.orphanAgeMs)} that no metadata names are ${limits.removeOrphanFiles ? 'removed' : 'listed'}`,
  )
  const plan = validateMaintenancePlan({
    version: 1,
    table,
    protectQueryIds: limits.protectQueryIds,
    operations,
  })
  return { plan, decisions }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 2 : 0)} MiB`
}
