import { bytesText, counted, countText, durationText, instantText } from '../health/format.js'
import { isBucketRoot } from '../health/location-set.js'
import type { PartitionHealth, TableHealth } from '../health/table-health.js'
import type { TableOperation, TableOperationName } from '../statement/operation.js'
import type { Predicate } from '../statement/predicate.js'
import { isInWindow, type MaintenancePolicy, type MaintenanceRule, requireClock, ruleFor } from './policy.js'

const hourMs = 3_600_000
/** Iceberg's `commit.manifest.target-size-bytes`. */
const manifestTargetBytes = 8 * 2 ** 20
/** Iceberg's own `min-input-files`: position deletes of a partition with fewer are left as they are. */
const mostMinInputFiles = 5

/** What maintenance does to a table now, and why, or why not. */
export interface TablePlan {
  readonly table: string
  /** The snapshot it was decided on; null while the table has none. */
  readonly snapshotId: string | null
  /** One decision for each operation there is, in the order they run. */
  readonly decisions: readonly Decision[]
  /** Files fewer after the whole plan. */
  readonly gainFiles: number
  /** Bytes read and written again. */
  readonly costBytes: number
}

export type Decision = PlannedOperation | SkippedOperation

export interface PlannedOperation {
  readonly name: TableOperationName
  readonly planned: true
  readonly operation: TableOperation
  readonly reason: string
  /** The partitions it is about; absent when it is about the whole table. */
  readonly partitions?: readonly string[]
  readonly expected: string
  readonly gainFiles: number
  readonly costBytes: number
}

export interface SkippedOperation {
  readonly name: TableOperationName
  readonly planned: false
  readonly reason: string
}

const order = [
  'rewrite_data_files',
  'rewrite_position_delete_files',
  'rewrite_manifests',
  'expire_snapshots',
  'remove_orphan_files',
] as const satisfies readonly TableOperationName[]

/**
 * Decides what to do to a table. Merging comes first, so that manifests are grouped once, and expiry after both, so that the
 * snapshots they replace can go.
 *
 * Never in it: the snapshot that says what a streaming query has committed, one that a branch or tag names, files younger
 * than a day that no metadata names, and partitions that are being written to, where the table has any.
 *
 * @param nowMs milliseconds since the epoch
 * @throws TidewaterError `CONFIG_INVALID` when the table was measured, or written, in the future
 */
export function decideMaintenance(health: TableHealth, policy: MaintenancePolicy, nowMs: number): TablePlan {
  requireClock(health.measuredAtMs, nowMs, health.snapshots.newestMs)
  const rule = ruleFor(policy, health.table)
  const heldBack = whyNothing(health, rule, nowMs)
  const decisions =
    rule === undefined || heldBack !== undefined
      ? order.map((name) => skipped(name, heldBack ?? 'no rule'))
      : order.map((name) => deciders[name](health, rule, nowMs))
  return planWith({ table: health.table, snapshotId: health.snapshotId }, decisions)
}

/** The plan with other decisions, and with what they gain and cost. */
export function planWith(
  { table, snapshotId }: Pick<TablePlan, 'table' | 'snapshotId'>,
  decisions: readonly Decision[],
): TablePlan {
  const planned = decisions.filter((one): one is PlannedOperation => one.planned)
  return {
    table,
    snapshotId,
    decisions,
    gainFiles: planned.reduce((sum, { gainFiles }) => sum + gainFiles, 0),
    costBytes: planned.reduce((sum, { costBytes }) => sum + costBytes, 0),
  }
}

function whyNothing(
  health: TableHealth,
  rule: MaintenanceRule | undefined,
  nowMs: number,
): string | undefined {
  if (rule === undefined) return 'No rule of the policy names this table'
  if (!rule.enabled) return 'The rule for this table has enabled: false'
  if (!isInWindow(rule, nowMs)) return `${instantText(nowMs)} is in no window of the rule for this table`
  if (health.snapshotId === null) return 'The table has no snapshot'
  const [first] = health.unreadable
  // What is in it would look like an orphan, or be left out of a merge that is then measured wrongly.
  if (first !== undefined) return `A manifest of the table can't be read: ${first.location}`
  const [disagreement] = health.disagreements
  if (disagreement !== undefined) {
    const { what, measured, said, by } = disagreement
    return `It is disputed which table this is: ${what} ${measured}, and ${said} by ${by}`
  }
  return undefined
}

type Decider = (health: TableHealth, rule: MaintenanceRule, nowMs: number) => Decision

const rewriteDataFiles: Decider = (health, { operations }, nowMs) => {
  const name = 'rewrite_data_files'
  const settings = operations.rewriteDataFiles
  if (settings === false) return optedOut(name)
  const { compaction, partitions, dataFiles } = health
  const worth = partitions.listed.filter(
    ({ candidateFiles, candidateFilesAfter }) =>
      candidateFiles >= settings.minInputFiles && candidateFiles > candidateFilesAfter,
  )
  if (worth.length === 0)
    return skipped(
      name,
      `${counted(dataFiles.count, 'data file')} of ${bytesText(dataFiles.bytes)}; no partition has ${settings.minInputFiles} files to merge into fewer`,
    )
  const isUnpartitioned = worth.every((partition) => partition.name === '')
  const hotSinceMs = nowMs - settings.hotForHours * hourMs
  const isHot = ({ lastWrittenMs }: PartitionHealth) => lastWrittenMs !== null && lastWrittenMs > hotSinceMs
  const cold = isUnpartitioned ? worth : worth.filter((partition) => !isHot(partition))
  const hot = worth.length - cold.length
  const ready = isUnpartitioned ? cold : cold.filter(({ predicate }) => predicate !== null)
  const nameless = cold.length - ready.length
  const chosen = underBudget(ready, settings.maxPartitions, settings.maxBytes)
  const left = [
    hot > 0
      ? `${counted(hot, 'partition')} written to in the last ${durationText(settings.hotForHours * hourMs)}`
      : '',
    nameless > 0 ? `${counted(nameless, 'partition')} that no predicate on columns selects` : '',
    ready.length > chosen.length
      ? `${counted(ready.length - chosen.length, 'partition')} over the limits of one run`
      : '',
  ].filter((part) => part !== '')
  const leaves = left.length === 0 ? '' : `; left out: ${left.join(', ')}`
  if (chosen.length === 0)
    return skipped(name, `Nothing of ${counted(worth.length, 'partition')} may be merged now${leaves}`)
  const sum = (pick: (partition: PartitionHealth) => number) =>
    chosen.reduce((total, partition) => total + pick(partition), 0)
  const [before, after, bytes] = [
    sum(({ candidateFiles }) => candidateFiles),
    sum(({ candidateFilesAfter }) => candidateFilesAfter),
    sum(({ candidateBytes }) => candidateBytes),
  ]
  const where = isUnpartitioned ? undefined : anyOf(chosen.map(({ predicate }) => predicate as Predicate))
  return {
    name,
    planned: true,
    operation: {
      operation: name,
      minInputFiles: settings.minInputFiles,
      targetFileSizeBytes: dataFiles.targetBytes,
      ...(where === undefined ? {} : { where }),
    },
    ...(isUnpartitioned ? {} : { partitions: chosen.map((partition) => partition.name) }),
    reason: `${countText(compaction.candidateFiles)} of ${counted(dataFiles.count, 'data file')} are too small or too large${leaves}`,
    expected: `${counted(before, 'file')} of ${bytesText(bytes)} become ${countText(after)}`,
    gainFiles: before - after,
    costBytes: 2 * bytes,
  }
}

/** Those that gain most for their bytes, as many as the limits allow; one always, or a large one would never be done. */
function underBudget(
  partitions: readonly PartitionHealth[],
  maxPartitions: number,
  maxBytes: number,
): readonly PartitionHealth[] {
  const gain = ({ candidateFiles, candidateFilesAfter, candidateBytes }: PartitionHealth) =>
    (candidateFiles - candidateFilesAfter) / Math.max(1, candidateBytes)
  const chosen: PartitionHealth[] = []
  let bytes = 0
  for (const partition of [...partitions].sort((one, other) => gain(other) - gain(one))) {
    if (chosen.length >= maxPartitions) break
    if (chosen.length > 0 && bytes + partition.candidateBytes > maxBytes) continue
    chosen.push(partition)
    bytes += partition.candidateBytes
  }
  return chosen
}

function anyOf([first, ...rest]: readonly Predicate[]): Predicate | undefined {
  if (first === undefined || rest.length === 0) return first
  return { or: [first, ...rest] }
}

const rewritePositionDeleteFiles: Decider = ({ deletes }, { operations }) => {
  const name = 'rewrite_position_delete_files'
  const settings = operations.rewritePositionDeleteFiles
  if (settings === false) return optedOut(name)
  const { positionDeleteFiles: files, mostInOnePartition: most } = deletes
  const minInputFiles = Math.max(2, Math.min(settings.minFiles, mostMinInputFiles))
  const found = `${counted(files, 'position delete file')}, ${countText(most)} small ones in one partition at most; merged from ${settings.minFiles} on, and ${minInputFiles} of a partition`
  if (files < settings.minFiles || most < minInputFiles) return skipped(name, found)
  return {
    name,
    planned: true,
    operation: { operation: name, minInputFiles },
    reason: found,
    expected: 'fewer position delete files, and none of data files that are gone',
    gainFiles: 0,
    costBytes: 2 * deletes.bytes,
  }
}

const rewriteManifests: Decider = ({ manifests, partitions }, { operations, thresholds }) => {
  const name = 'rewrite_manifests'
  const settings = operations.rewriteManifests
  if (settings === false) return optedOut(name)
  const { dataManifests, bytes, meanManifestsPerPartition: mean } = manifests
  const ideal = Math.max(1, Math.ceil(bytes / manifestTargetBytes))
  const found = `${counted(dataManifests, 'data manifest')} where ${countText(ideal)} would do; a partition is in ${mean.toFixed(1)}`
  // With one partition its manifests are all of them, and only their number counts.
  const isScattered =
    partitions.count > 1 ? mean > thresholds.maxManifestsPerPartition : dataManifests > 2 * ideal
  if (dataManifests < settings.minManifests || !isScattered) return skipped(name, found)
  return {
    name,
    planned: true,
    operation: { operation: name },
    reason: found,
    expected: `about ${counted(ideal, 'manifest')}`,
    gainFiles: 0,
    costBytes: 2 * bytes,
  }
}

const expireSnapshots: Decider = ({ snapshots, streams }, { operations }, nowMs) => {
  const name = 'expire_snapshots'
  const settings = operations.expireSnapshots
  if (settings === false) return optedOut(name)
  const { count, oldestMs } = snapshots
  const wantedMs = nowMs - settings.maxAgeHours * hourMs
  const protectedMs = streams
    .filter(
      (stream, at) => at === 0 || nowMs - stream.committedAtMs <= settings.protectStreamsForHours * hourMs,
    )
    .map(({ committedAtMs }) => committedAtMs)
  const olderThanMs = Math.min(wantedMs, ...protectedMs)
  const kept =
    olderThanMs < wantedMs
      ? `; what is newer than ${instantText(olderThanMs)} stays for a streaming query`
      : ''
  const rule = `those older than ${instantText(wantedMs)} may go, the last ${settings.retainLast} and those of branches and tags stay`
  const found = `${counted(count, 'snapshot')}; ${rule}${kept}`
  if (oldestMs === null || oldestMs >= olderThanMs || count <= settings.retainLast)
    return skipped(name, found)
  return {
    name,
    planned: true,
    operation: { operation: name, olderThanMs, retainLast: settings.retainLast },
    reason: found,
    expected: 'fewer snapshots, and no files that only they need',
    gainFiles: 0,
    costBytes: 0,
  }
}

const removeOrphanFiles: Decider = ({ orphans, location }, { operations }, nowMs) => {
  const name = 'remove_orphan_files'
  const settings = operations.removeOrphanFiles
  if (settings === false) return optedOut(name)
  if (isBucketRoot(location)) return skipped(name, sharedBucket(location))
  if (orphans === null) return skipped(name, "The files below the table's location were not listed")
  const olderThanMs = Math.min(orphans.olderThanMs, nowMs - settings.minAgeHours * hourMs)
  const found = `${counted(orphans.count, 'file')} of ${bytesText(orphans.bytes)} that no metadata names, older than ${instantText(olderThanMs)}`
  if (orphans.count === 0) return skipped(name, found)
  return {
    name,
    planned: true,
    operation: { operation: name, olderThanMs, dryRun: settings.dryRun },
    reason: found,
    expected: settings.dryRun ? 'a list of them; removeOrphanFiles.dryRun is true' : 'none of them left',
    gainFiles: settings.dryRun ? 0 : orphans.count,
    costBytes: 0,
  }
}

const deciders: Readonly<Record<(typeof order)[number], Decider>> = {
  rewrite_data_files: rewriteDataFiles,
  rewrite_position_delete_files: rewritePositionDeleteFiles,
  rewrite_manifests: rewriteManifests,
  expire_snapshots: expireSnapshots,
  remove_orphan_files: removeOrphanFiles,
}

/** Why nothing is removed from a bucket that is the table's location as a whole. */
export function sharedBucket(location: string): string {
  return `${location} is a whole bucket: what else is in it would be taken for orphan files`
}

function optedOut(name: TableOperationName): SkippedOperation {
  return skipped(name, 'The policy has it off for this table')
}

function skipped(name: TableOperationName, reason: string): SkippedOperation {
  return { name, planned: false, reason }
}
