import { bytesText, counted, countText } from '../health/format.js'
import type { PartitionHealth, TableHealth } from '../health/table-health.js'
import type { PlannedOperation, TablePlan } from '../policy/decide.js'
import type { TableOperationName } from '../statement/operation.js'

/** What an operation has done to the table, measured and not as the engine says. */
export interface OperationEffect {
  readonly name: TableOperationName
  /** Null where the metadata can't tell. */
  readonly achieved: boolean | null
  readonly measured: string
}

/**
 * Compares the table before and after a plan was carried out. Engines report success with nothing done: compaction whose every
 * commit lost against an expiry (Iceberg issue 17202), VACUUM that may not delete (Athena user guide).
 *
 * Writers go on meanwhile, so that what is compared is what they don't add to: the very partitions that were rewritten, the
 * snapshots that were there, the files that were orphans. Where they may have added as much as was taken away, the snapshot that
 * a rewrite commits is what tells.
 */
export function effectsOf(plan: TablePlan, before: TableHealth, after: TableHealth): OperationEffect[] {
  return plan.decisions
    .filter((decision): decision is PlannedOperation => decision.planned)
    .map((planned) => effectOf(planned, before, after))
}

function effectOf(planned: PlannedOperation, before: TableHealth, after: TableHealth): OperationEffect {
  const { name, operation } = planned
  switch (operation.operation) {
    case 'rewrite_data_files':
      return rewriteEffect(planned, before, after)
    case 'rewrite_manifests': {
      const [was, is] = [before.manifests, after.manifests]
      const [scattered, grouped] = [was.meanManifestsPerPartition, is.meanManifestsPerPartition]
      return {
        name,
        achieved:
          is.dataManifests < was.dataManifests ||
          grouped < scattered ||
          isRewritten('manifestsMs', before, after),
        measured: `${countText(was.dataManifests)} data manifests became ${countText(is.dataManifests)}; a partition is in ${grouped.toFixed(1)} instead of ${scattered.toFixed(1)}`,
      }
    }
    case 'expire_snapshots': {
      const { oldestMs } = after.snapshots
      // What a tag, a branch or a stream needs stays, however old: then the oldest may be as old as before.
      const isGone = (oldestMs ?? Number.POSITIVE_INFINITY) >= operation.olderThanMs
      return {
        name,
        achieved: isGone || after.snapshots.count < before.snapshots.count ? true : null,
        measured: `${countText(before.snapshots.count)} snapshots became ${countText(after.snapshots.count)}`,
      }
    }
    case 'remove_orphan_files':
      return orphanEffect(planned, before, after)
    case 'vacuum':
      return vacuumEffect(planned, before, after)
    case 'rewrite_position_delete_files':
      return {
        name,
        achieved:
          after.deletes.positionDeleteFiles < before.deletes.positionDeleteFiles ||
          isRewritten('deleteFilesMs', before, after),
        measured: `${counted(before.deletes.positionDeleteFiles, 'position delete file')} became ${countText(after.deletes.positionDeleteFiles)}`,
      }
    case 'compute_table_stats':
    case 'set_table_properties':
      return { name, achieved: null, measured: 'nothing that health measures' }
  }
}

function isRewritten(
  what: keyof TableHealth['snapshots']['rewrites'],
  { snapshots: { rewrites: before } }: TableHealth,
  { snapshots: { rewrites: after } }: TableHealth,
): boolean {
  return (after[what] ?? 0) > (before[what] ?? 0)
}

function rewriteEffect(
  { name, partitions }: PlannedOperation,
  before: TableHealth,
  after: TableHealth,
): OperationEffect {
  if (partitions === undefined) {
    const [was, is] = [before.compaction, after.compaction]
    return {
      name,
      achieved: is.candidateFiles < was.candidateFiles || isRewritten('dataFilesMs', before, after),
      measured: `${countText(before.dataFiles.count)} data files became ${countText(after.dataFiles.count)}, those to rewrite ${countText(was.candidateFiles)} became ${countText(is.candidateFiles)}`,
    }
  }
  const chosen = new Set(partitions)
  const sum = ({ partitions: { listed } }: TableHealth, pick: (one: PartitionHealth) => number) =>
    listed.filter(({ name }) => chosen.has(name)).reduce((total, one) => total + pick(one), 0)
  // A partition that is no longer listed has nothing left to gain.
  const [was, is] = [before, after].map((health) => sum(health, ({ candidateFiles }) => candidateFiles))
  return {
    name,
    achieved: (is ?? 0) < (was ?? 0),
    measured: `files to rewrite in ${counted(partitions.length, 'partition')}: ${countText(was ?? 0)} became ${countText(is ?? 0)}`,
  }
}

function orphanEffect(
  { name, operation }: PlannedOperation,
  before: TableHealth,
  after: TableHealth,
): OperationEffect {
  const [was, is] = [before.orphans, after.orphans]
  if (was === null || is === null) return { name, achieved: null, measured: 'files were not listed' }
  const text = `${counted(was.count, 'orphan file')} of ${bytesText(was.bytes)} became ${countText(is.count)}`
  const isDry = operation.operation === 'remove_orphan_files' && operation.dryRun
  return {
    name,
    achieved: isDry ? null : was.count === 0 || is.count < was.count,
    measured: isDry ? `${text}; listed only` : text,
  }
}

/** What VACUUM expires and may not delete is an orphan from then on. */
function vacuumEffect(planned: PlannedOperation, before: TableHealth, after: TableHealth): OperationEffect {
  const orphans = orphanEffect(planned, before, after)
  const [was, is] = [before.snapshots.count, after.snapshots.count]
  const measured = `${countText(was)} snapshots became ${countText(is)}; ${orphans.measured}`
  const isLeft = before.orphans !== null && (after.orphans?.count ?? 0) > before.orphans.count
  if (isLeft || orphans.achieved === false) return { name: planned.name, achieved: false, measured }
  return { name: planned.name, achieved: is < was || orphans.achieved === true ? true : null, measured }
}
