import { type Finding, parseConfig, type Severity } from '@tidewater/core'
import { bytesText, counted, countText, durationText, instantText, percentText } from './format.js'
import { isBucketRoot } from './location-set.js'
import type { TableHealth } from './table-health.js'
import { type HealthThresholds, type HealthThresholdsInput, healthThresholdsSchema } from './thresholds.js'

type Check = (health: TableHealth, thresholds: HealthThresholds) => Omit<Finding, 'subject'> | undefined

/**
 * What is wrong with the table, worst first.
 *
 * @param thresholds default: those of {@link healthThresholdsSchema}
 * @throws TidewaterError `CONFIG_INVALID` for a threshold out of bounds
 */
export function healthFindings(health: TableHealth, thresholds: HealthThresholdsInput = {}): Finding[] {
  const limits = parseConfig(healthThresholdsSchema, thresholds, 'health thresholds')
  const findings = checks.flatMap((check) => {
    const found = check(health, limits)
    return found === undefined ? [] : [{ ...found, subject: health.table }]
  })
  const weight: Record<Severity, number> = { error: 0, warning: 1, info: 2 }
  return findings.sort((one, other) => weight[one.severity] - weight[other.severity])
}

const unreadable: Check = ({ unreadable: manifests }) => {
  const [first] = manifests
  if (first === undefined) return undefined
  const read = manifests.reduce((sum, { filesRead }) => sum + filesRead, 0)
  return {
    id: 'table.unreadable-manifest',
    severity: 'error',
    evidence: `${counted(manifests.length, 'manifest')} could not be read, the first ${first.location}: ${first.message}`,
    reason: `Readers of the table fail on it, and what is in it is in no figure of this report${read === 0 ? '' : `, but for ${counted(read, 'file')} before the damage`}.`,
    fix: 'Allow this caller to read it, or restore it from a version of the object, or roll the table back.',
  }
}

const words = { metadata: 'current metadata', location: 'location', uuid: 'table-uuid' } as const

const disagreement: Check = ({ disagreements }) => {
  const [first] = disagreements
  if (first === undefined) return undefined
  const all = disagreements.map(
    ({ what, measured, said, by }) =>
      `the ${words[what]} is ${measured} by the metadata that was measured, and ${said} by ${by}`,
  )
  return {
    id: 'table.catalogs-disagree',
    severity: 'error',
    evidence: all.join('; ').replace(/^t/, 'T'),
    reason:
      'Readers and writers of the two see different tables, and expiry or the removal of orphans by one deletes what the other needs. Nothing is maintained meanwhile.',
    fix: 'Find out which is written to, and drop the other entry (without its files), or register the current metadata with it.',
  }
}

const clock: Check = ({ snapshots: { newestMs }, measuredAtMs }, { maxClockSkewMs }) => {
  if (newestMs === null || newestMs - measuredAtMs <= maxClockSkewMs) return undefined
  return {
    id: 'table.clock',
    severity: 'warning',
    evidence: `The newest snapshot is of ${instantText(newestMs)}, ${durationText(newestMs - measuredAtMs)} after this machine measured it`,
    reason:
      'The clock of this machine or that of a writer is wrong: ages of snapshots and files are reckoned from both, and maintenance is refused above an hour.',
    fix: 'Set both by NTP. A snapshot of the future is not expired before it is old by this clock.',
  }
}

const bucketRoot: Check = ({ location }) => {
  if (!isBucketRoot(location)) return undefined
  return {
    id: 'table.bucket-root',
    severity: 'warning',
    evidence: `The table's location is ${location}, a whole bucket`,
    reason:
      "Whatever else is in the bucket is below it and looks like its orphans, so that none are looked for; Athena's VACUUM refuses it.",
    fix: 'Move the table into a folder of its own, by writing it anew.',
  }
}

const smallFiles: Check = ({ dataFiles, compaction }, { smallFileRatio, minSmallFiles }) => {
  const { count, smallCount, smallBytes, smallBelowBytes } = dataFiles
  // One small file a partition is as good as it gets: what compaction can't mend is nothing to warn of.
  const avoidable = compaction.candidateFiles - (compaction.filesAfter - (count - compaction.candidateFiles))
  const reached = severityOf(count === 0 ? 0 : smallCount / count, smallFileRatio)
  // Of a table that one task reads, many files cost little.
  const severity =
    reached !== undefined && compaction.scanTasksAfter >= compaction.scanTasksNow ? 'info' : reached
  if (severity === undefined || smallCount < minSmallFiles || avoidable <= 0) return undefined
  return {
    id: 'table.small-files',
    severity,
    evidence: `${countText(smallCount)} of ${counted(count, 'data file')} (${percentText(smallCount / count)}) are smaller than ${bytesText(smallBelowBytes)}, ${bytesText(smallBytes)} in all`,
    reason: `Each file is opened by itself: a whole scan takes ${counted(compaction.scanTasksNow, 'task')}, and would take ${countText(compaction.scanTasksAfter)} with ${counted(compaction.filesAfter, 'file')}.`,
    fix: 'Run rewrite_data_files on the partitions that are no longer written to.',
  }
}

const deletes: Check = ({ deletes: of, dataFiles }, { deleteRatio }) => {
  const rows = of.positionDeletes + of.equalityDeletes
  const share = dataFiles.records === 0 ? 0 : rows / dataFiles.records
  if (of.equalityDeleteFiles === 0 && share < deleteRatio) return undefined
  const kinds = [
    of.positionDeleteFiles > 0 ? counted(of.positionDeleteFiles, 'position delete file') : '',
    of.equalityDeleteFiles > 0 ? counted(of.equalityDeleteFiles, 'equality delete file') : '',
    of.deletionVectors > 0 ? counted(of.deletionVectors, 'deletion vector') : '',
  ].filter((kind) => kind !== '')
  return {
    id: 'table.deletes',
    severity: 'warning',
    evidence: `${kinds.join(', ')} with ${counted(rows, 'row')} (${percentText(share)} of the records)`,
    reason:
      'Readers apply deletes to the data files at each scan; equality deletes are compared with every record.',
    fix: 'Run rewrite_data_files with a delete threshold, and rewrite_position_delete_files.',
  }
}

const metadataSize: Check = ({ metadata, dataFiles }, { metadataRatio, minMetadataBytes }) => {
  const severity = severityOf(metadata.ratioToData ?? 0, metadataRatio)
  if (severity === undefined || metadata.currentBytes < minMetadataBytes) return undefined
  return {
    id: 'table.metadata-size',
    severity,
    evidence: `${bytesText(metadata.currentBytes)} of metadata for ${bytesText(dataFiles.bytes)} of data (${percentText(metadata.ratioToData ?? 0)})`,
    reason: 'Planning reads it for each query, and each commit writes a part of it again.',
    fix: 'Expire snapshots, rewrite manifests, and set write.metadata.delete-after-commit.enabled.',
  }
}

const snapshots: Check = ({ snapshots: { count, perHour } }, { maxSnapshots }) => {
  if (count <= maxSnapshots) return undefined
  const pace = perHour === null ? '' : `, ${perHour.toFixed(1)} more an hour`
  return {
    id: 'table.snapshots',
    severity: 'warning',
    evidence: `${counted(count, 'snapshot')}${pace}`,
    reason:
      'The metadata file carries all of them and is written anew by each commit; the files they need stay.',
    fix: 'Run expire_snapshots; it keeps what a running stream needs.',
  }
}

const manifestClustering: Check = ({ manifests, partitions }, { maxManifestsPerPartition }) => {
  const { meanManifestsPerPartition, dataManifests } = manifests
  if (partitions.count < 2 || meanManifestsPerPartition <= maxManifestsPerPartition) return undefined
  return {
    id: 'table.manifest-clustering',
    severity: 'warning',
    evidence: `A partition is in ${meanManifestsPerPartition.toFixed(1)} of ${counted(dataManifests, 'data manifest')} on average`,
    reason: 'A query of one partition reads all manifests that name it.',
    fix: 'Run rewrite_manifests.',
  }
}

const skew: Check = ({ partitions }, { maxPartitionSkew }) => {
  const { largestBytes, medianBytes, count } = partitions
  if (count < 3 || medianBytes === 0 || largestBytes / medianBytes <= maxPartitionSkew) return undefined
  return {
    id: 'table.partition-skew',
    severity: 'info',
    evidence: `The largest of ${countText(count)} partitions has ${bytesText(largestBytes)}, the median one ${bytesText(medianBytes)}`,
    reason: 'What is done by partition, such as compaction, takes as long as the largest.',
    fix: 'Add a bucket of another column to the partition spec, or a finer time.',
  }
}

const oldSpecs: Check = ({ partitions: { filesBySpec, specId } }) => {
  const others = Object.entries(filesBySpec).filter(([id]) => Number(id) !== specId)
  const files = others.reduce((sum, [, count]) => sum + count, 0)
  if (files === 0) return undefined
  return {
    id: 'table.old-partition-spec',
    severity: 'info',
    evidence: `${counted(files, 'data file')} of the earlier ${others.length === 1 ? 'spec' : 'specs'} ${others.map(([id]) => id).join(', ')}; the table writes by spec ${specId}`,
    reason: 'Queries prune them by the earlier partition fields only.',
    fix: 'Rewrite them into the current spec, if they are read often.',
  }
}

const commitInterval: Check = ({ streams }, { minCommitIntervalMs }) => {
  const busy = streams.find(
    ({ commitIntervalMs }) => commitIntervalMs !== null && commitIntervalMs < minCommitIntervalMs,
  )
  if (busy?.commitIntervalMs == null) return undefined
  return {
    id: 'table.commit-interval',
    severity: 'warning',
    evidence: `Streaming query ${busy.queryId} commits every ${durationText(busy.commitIntervalMs)}`,
    reason: 'Each commit adds files, a manifest, a snapshot and a metadata file.',
    fix: `Trigger it every ${durationText(minCommitIntervalMs)} or less often, if readers can wait that long.`,
  }
}

const orphanFiles: Check = ({ orphans }) => {
  if (orphans === null || orphans.count === 0) return undefined
  return {
    id: 'table.orphan-files',
    severity: 'warning',
    evidence: `${counted(orphans.count, 'file')} of ${bytesText(orphans.bytes)} that no metadata names, such as ${orphans.examples[0] ?? ''}`,
    reason:
      'They are stored and paid for, and no reader sees them. Left by writers that failed, or by a table that was dropped.',
    fix: 'Look at the list, and run remove_orphan_files with an age no running writer reaches.',
  }
}

const checks: readonly Check[] = [
  unreadable,
  disagreement,
  clock,
  bucketRoot,
  smallFiles,
  deletes,
  metadataSize,
  snapshots,
  manifestClustering,
  orphanFiles,
  commitInterval,
  skew,
  oldSpecs,
]

function severityOf(
  value: number,
  limits: { readonly warning: number; readonly error: number },
): 'warning' | 'error' | undefined {
  if (value >= limits.error) return 'error'
  return value >= limits.warning ? 'warning' : undefined
}
