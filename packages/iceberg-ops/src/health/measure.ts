import { parseConfig } from '@tidewater/core'
import type { ObjectStore } from '@tidewater/core/storage'
import { z } from 'zod'
import { scanFiles, type UnreadableFile } from '../metadata/scan-files.js'
import type { ColumnType, Snapshot, TableMetadata } from '../metadata/table/model.js'
import { type FileSizes, HealthAggregate, type PartitionTally } from './aggregate.js'
import { type CatalogClaim, disagreementsOf } from './disagreements.js'
import { isBucketRoot } from './location-set.js'
import { findOrphans } from './orphans.js'
import { partitionPredicate } from './partition-predicate.js'
import { streamsOf } from './streams.js'
import {
  type CompactionEstimate,
  listedPartitionsMax,
  type PartitionHealth,
  type PartitionStatistics,
  type SnapshotStatistics,
  type TableHealth,
} from './table-health.js'

const mebibyte = 2 ** 20
const hourMs = 3_600_000

const optionsSchema = z.strictObject({
  /** Size that data files are meant to have. Default: the table's `write.target-file-size-bytes`, else 512 MiB. */
  targetFileSizeBytes: z.int().min(1).optional(),
  /**
   * Looks for files no metadata names that are older than this: lists the table's location, and reads every snapshot. Not where that
   * is the root of a bucket, or disputed. Default: no.
   */
  orphansOlderThanMs: z.int().optional(),
  /** Manifests that are read at a time. Default 8. */
  concurrency: z.int().min(1).max(256).optional(),
})

export type MeasureOptions = z.input<typeof optionsSchema> & {
  readonly objects: ObjectStore
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly signal?: AbortSignal | undefined
}

/** A table that has been opened. */
export interface MeasuredTable {
  /** How it is called, `database.table`: what a policy's patterns are held against. */
  readonly name: string
  readonly metadata: TableMetadata
  readonly metadataLocation?: string | undefined
  /** What catalogs say of it, to be held against its metadata. Default: nothing. */
  readonly claims?: readonly CatalogClaim[]
}

/**
 * Measures a table's health by its metadata alone, without an engine or a query. A manifest that can't be read is named, and the
 * rest is measured.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `METADATA_MISSING` | `METADATA_CORRUPT` | `METADATA_UNSUPPORTED` for the manifest list,
 *   `ABORTED`, and what `objects` throw
 */
export async function measureHealth(
  table: MeasuredTable,
  { objects, nowMs, signal, ...rest }: MeasureOptions,
): Promise<TableHealth> {
  const { metadata, metadataLocation, claims = [] } = table
  const options = parseConfig(optionsSchema, rest, 'health options')
  const sizes = fileSizes(metadata, options.targetFileSizeBytes)
  const aggregate = new HealthAggregate(sizes, metadata.snapshots)
  const concurrency = options.concurrency === undefined ? {} : { concurrency: options.concurrency }
  const { unreadable } = await scanFiles(metadata, 'current', aggregate, { objects, signal, ...concurrency })
  const current = metadata.snapshots.find(({ snapshotId }) => snapshotId === metadata.currentSnapshotId)
  const sizeOf = async (location: string | undefined) =>
    location === undefined ? 0 : ((await objects.head(location, { signal }))?.sizeBytes ?? 0)
  const [fileBytes, listBytes] = await Promise.all([sizeOf(metadataLocation), sizeOf(current?.manifestList)])
  const tallies = aggregate.partitions.filter((tally) => tally !== undefined)
  const data = tallies.filter(({ files }) => files > 0)
  const [count, bytes, records] = [
    sum(data, ({ files }) => files),
    sum(data, (tally) => tally.bytes),
    sum(data, (tally) => tally.records),
  ]
  const currentBytes = fileBytes + listBytes + aggregate.manifestBytes
  const disagreements = disagreementsOf(metadata, metadataLocation, claims)
  // What lies there may be another's, or named by metadata that is not this.
  const isShared = isBucketRoot(metadata.location) || disagreements.length > 0
  const orphans =
    options.orphansOlderThanMs === undefined || isShared
      ? null
      : await findOrphans(metadata, {
          objects,
          metadataLocation,
          olderThanMs: options.orphansOlderThanMs,
          signal,
          ...concurrency,
        })
  return {
    table: table.name,
    location: metadata.location,
    metadataLocation: metadataLocation ?? null,
    formatVersion: metadata.formatVersion,
    repeatedColumns: repeatedColumns(metadata),
    measuredAtMs: nowMs,
    snapshotId: metadata.currentSnapshotId === undefined ? null : String(metadata.currentSnapshotId),
    dataFiles: {
      count,
      bytes,
      records,
      histogram: aggregate.histogram,
      targetBytes: sizes.targetBytes,
      smallBelowBytes: sizes.minBytes,
      smallCount: aggregate.smallCount,
      smallBytes: aggregate.smallBytes,
    },
    deletes: { ...aggregate.deletes },
    partitions: partitionStatistics(data, aggregate, metadata, sizes),
    manifests: {
      dataManifests: aggregate.dataManifests,
      deleteManifests: aggregate.deleteManifests,
      bytes: aggregate.manifestBytes,
      meanManifestsPerPartition:
        data.length === 0 ? 0 : sum(data, ({ manifests }) => manifests) / data.length,
    },
    snapshots: snapshotStatistics(metadata),
    metadata: {
      fileBytes,
      previousFiles: metadata.metadataLog.length,
      currentBytes,
      ratioToData: bytes === 0 ? null : currentBytes / bytes,
    },
    streams: streamsOf(metadata),
    compaction: compactionEstimate(data, aggregate, sizes, splitBytes(metadata)),
    orphans,
    unreadable: unreadable.map(inWords),
    disagreements,
  }
}

function repeatedColumns({ schemas, currentSchemaId }: TableMetadata): string[] {
  const isRepeated = (type: ColumnType): boolean => {
    if (typeof type === 'string') return false
    return type.type !== 'struct' || type.fields.some((field) => isRepeated(field.type))
  }
  const { fields = [] } = schemas.find(({ schemaId }) => schemaId === currentSchemaId) ?? {}
  return fields.filter(({ type }) => isRepeated(type)).map(({ name }) => name)
}

function fileSizes({ properties }: TableMetadata, targetFileSizeBytes: number | undefined): FileSizes {
  const targetBytes =
    targetFileSizeBytes ?? bytesOf(properties, 'write.target-file-size-bytes', 512 * mebibyte)
  return {
    targetBytes,
    minBytes: Math.floor(targetBytes * 0.75),
    maxBytes: Math.floor(targetBytes * 1.8),
    minDeleteBytes: Math.floor(
      bytesOf(properties, 'write.delete.target-file-size-bytes', 64 * mebibyte) * 0.75,
    ),
    openCostBytes: bytesOf(properties, 'read.split.open-file-cost', 4 * mebibyte),
  }
}

function splitBytes({ properties }: TableMetadata): number {
  return bytesOf(properties, 'read.split.target-size', 128 * mebibyte)
}

/** A property as Iceberg takes it: what is no positive number is the default. */
function bytesOf(properties: Readonly<Record<string, string>>, name: string, byDefault: number): number {
  const value = Number(properties[name])
  return Number.isSafeInteger(value) && value > 0 ? value : byDefault
}

function filesAfter({ candidateFiles, candidateBytes }: PartitionTally, { targetBytes }: FileSizes): number {
  return candidateFiles === 0 ? 0 : Math.max(1, Math.ceil(candidateBytes / targetBytes))
}

function partitionStatistics(
  data: readonly PartitionTally[],
  { filesBySpec }: HealthAggregate,
  metadata: TableMetadata,
  sizes: FileSizes,
): PartitionStatistics {
  const bytes = data.map((tally) => tally.bytes).sort((one, other) => one - other)
  const gain = (tally: PartitionTally) => tally.candidateFiles - filesAfter(tally, sizes)
  const listed = [...data]
    .sort((one, other) => gain(other) - gain(one) || other.bytes - one.bytes)
    .slice(0, listedPartitionsMax)
  return {
    count: data.length,
    specId: metadata.defaultSpecId,
    filesBySpec: Object.fromEntries(filesBySpec),
    largestBytes: bytes.at(-1) ?? 0,
    medianBytes: bytes[Math.floor(bytes.length / 2)] ?? 0,
    listed: listed.map((tally) => partitionHealth(tally, metadata, sizes, filesBySpec.size)),
  }
}

function partitionHealth(
  tally: PartitionTally,
  metadata: TableMetadata,
  sizes: FileSizes,
  specs: number,
): PartitionHealth {
  const { partition, manifests: _, mergeableDeleteFiles: __, ...sums } = tally
  const { specId, name } = partition
  // The columns of an earlier spec's partition may also be those of files that are being written by the present one.
  const isAmbiguous = specs > 1 && specId !== metadata.defaultSpecId
  return {
    specId,
    name,
    predicate: isAmbiguous ? null : partitionPredicate(partition, metadata),
    ...sums,
    candidateFilesAfter: filesAfter(tally, sizes),
  }
}

function snapshotStatistics({ snapshots, refs }: TableMetadata): SnapshotStatistics {
  const instants = snapshots.map(({ timestampMs }) => timestampMs)
  const oldestMs = instants.reduce<number | null>(
    (least, ms) => (least === null || ms < least ? ms : least),
    null,
  )
  const newestMs = instants.reduce<number | null>(
    (most, ms) => (most === null || ms > most ? ms : most),
    null,
  )
  const spanMs = (newestMs ?? 0) - (oldestMs ?? 0)
  return {
    count: snapshots.length,
    oldestMs,
    newestMs,
    perHour: spanMs > 0 ? (snapshots.length - 1) / (spanMs / hourMs) : null,
    rewrites: {
      dataFilesMs: newestRewriteMs(snapshots, 'deleted-data-files'),
      deleteFilesMs: newestRewriteMs(snapshots, 'removed-delete-files'),
      manifestsMs: newestRewriteMs(snapshots, 'manifests-replaced'),
    },
    refs: [...refs].map(([name, { type, snapshotId }]) => ({ name, type, snapshotId: String(snapshotId) })),
  }
}

/** @param counter of the snapshot's summary that says how many were replaced (Iceberg: SnapshotSummary) */
function newestRewriteMs(snapshots: readonly Snapshot[], counter: string): number | null {
  return snapshots.reduce<number | null>((newest, { operation, summary, timestampMs }) => {
    const isRewrite = operation === 'replace' && Number(summary[counter] ?? 0) > 0
    return isRewrite && (newest === null || timestampMs > newest) ? timestampMs : newest
  }, null)
}

function compactionEstimate(
  data: readonly PartitionTally[],
  { scanWeight, settledScanWeight }: HealthAggregate,
  sizes: FileSizes,
  splitTargetBytes: number,
): CompactionEstimate {
  const [files, candidateFiles, candidateBytes, merged] = [
    sum(data, (tally) => tally.files),
    sum(data, (tally) => tally.candidateFiles),
    sum(data, (tally) => tally.candidateBytes),
    sum(data, (tally) => filesAfter(tally, sizes)),
  ]
  const weightAfter =
    settledScanWeight +
    sum(data, (tally) => Math.max(tally.candidateBytes, filesAfter(tally, sizes) * sizes.openCostBytes))
  return {
    candidateFiles,
    candidateBytes,
    filesAfter: files - candidateFiles + merged,
    scanTasksNow: Math.ceil(scanWeight / splitTargetBytes),
    scanTasksAfter: Math.ceil(weightAfter / splitTargetBytes),
  }
}

function inWords({ location, filesBefore, error }: UnreadableFile) {
  return { location, filesRead: filesBefore, code: error.code, message: error.message }
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0)
}
