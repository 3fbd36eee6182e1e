import type { Predicate } from '../statement/predicate.js'

/**
 * What a table is made of at one moment, by its metadata alone: its current snapshot, and what its metadata still keeps of
 * earlier ones. Everything is JSON; 64-bit ids are decimal strings, instants milliseconds since the epoch.
 */
export interface TableHealth {
  /** The name that it was asked for by. */
  readonly table: string
  readonly location: string
  /** Null where the catalog keeps the metadata itself. */
  readonly metadataLocation: string | null
  readonly formatVersion: number
  /** Columns that are lists or maps, or have some inside. */
  readonly repeatedColumns: readonly string[]
  readonly measuredAtMs: number
  /** Null while the table has no snapshot. */
  readonly snapshotId: string | null
  readonly dataFiles: DataFileStatistics
  readonly deletes: DeleteStatistics
  readonly partitions: PartitionStatistics
  readonly manifests: ManifestStatistics
  readonly snapshots: SnapshotStatistics
  readonly metadata: MetadataStatistics
  /** Streaming queries that have written to it, the one that wrote last first. */
  readonly streams: readonly StreamingWriter[]
  readonly compaction: CompactionEstimate
  /** Null when the files below the table's location were not listed, or can't be told from those of others. */
  readonly orphans: OrphanCandidates | null
  /** Manifests that could not be read to their end: of their files `filesRead` are in the figures here. */
  readonly unreadable: readonly UnreadableManifest[]
  /** Where the metadata and a catalog, or two catalogs, say different things of the table. */
  readonly disagreements: readonly Disagreement[]
}

export interface DataFileStatistics {
  readonly count: number
  readonly bytes: number
  readonly records: number
  /** Ascending; the last one has no upper bound. */
  readonly histogram: readonly SizeClass[]
  /** The size files are meant to have: `write.target-file-size-bytes`, 512 MiB unless set (Iceberg, table properties). */
  readonly targetBytes: number
  /** Files smaller than this are small: 75 % of the target, as Iceberg's compaction has it. */
  readonly smallBelowBytes: number
  readonly smallCount: number
  readonly smallBytes: number
}

export interface SizeClass {
  /** Files of this size or more are in the next class; null for the last one. */
  readonly belowBytes: number | null
  readonly count: number
  readonly bytes: number
}

export interface DeleteStatistics {
  readonly positionDeleteFiles: number
  /** Those smaller than 75 % of `write.delete.target-file-size-bytes` (64 MiB) in the partition that has most: only a partition's are merged. */
  readonly mostInOnePartition: number
  readonly equalityDeleteFiles: number
  readonly deletionVectors: number
  /** Rows that position delete files and deletion vectors delete: at most, as several may name the same row. */
  readonly positionDeletes: number
  /** Rows of equality delete files; how many records each deletes is not in the metadata. */
  readonly equalityDeletes: number
  readonly bytes: number
}

export interface PartitionStatistics {
  /** Partitions that have data files, each spec's own. An unpartitioned table has one. */
  readonly count: number
  /** Spec the table writes by. */
  readonly specId: number
  /** Of the current snapshot's data files, how many are of which spec. */
  readonly filesBySpec: Readonly<Record<string, number>>
  readonly largestBytes: number
  readonly medianBytes: number
  /** Those compaction would take most files away from, at most `listedPartitionsMax`. */
  readonly listed: readonly PartitionHealth[]
}

export interface PartitionHealth {
  readonly specId: number
  /** As in the paths that Iceberg writes: `day=2026-01-31/region=eu`; empty for an unpartitioned spec. */
  readonly name: string
  /** What selects it and no other, on the table's columns; null where no predicate can, as of a bucket. */
  readonly predicate: Predicate | null
  readonly files: number
  readonly bytes: number
  readonly records: number
  readonly deleteFiles: number
  /** Files compaction would rewrite, and how many there would be in their place. */
  readonly candidateFiles: number
  readonly candidateBytes: number
  readonly candidateFilesAfter: number
  /** When the newest of its files was committed; null when that snapshot is no longer known. */
  readonly lastWrittenMs: number | null
}

export interface ManifestStatistics {
  readonly dataManifests: number
  readonly deleteManifests: number
  readonly bytes: number
  /** In how many data manifests a partition is on average: 1 is the best there is. */
  readonly meanManifestsPerPartition: number
}

export interface SnapshotStatistics {
  readonly count: number
  readonly oldestMs: number | null
  readonly newestMs: number | null
  /** Snapshots per hour, between the oldest and the newest that are there; null with fewer than two. */
  readonly perHour: number | null
  /** When the newest snapshot that rewrote each was committed; null where none of them is known any more. */
  readonly rewrites: {
    readonly dataFilesMs: number | null
    readonly deleteFilesMs: number | null
    readonly manifestsMs: number | null
  }
  readonly refs: readonly {
    readonly name: string
    readonly type: 'branch' | 'tag'
    readonly snapshotId: string
  }[]
}

export interface MetadataStatistics {
  /** The current metadata file. */
  readonly fileBytes: number
  /** Earlier metadata files that the table still names. */
  readonly previousFiles: number
  /** Manifests and manifest lists of the current snapshot, and the current metadata file. */
  readonly currentBytes: number
  /** `currentBytes` by the bytes of the data files; null without data. */
  readonly ratioToData: number | null
}

/** A query of Spark Structured Streaming, by what its commits leave in snapshot summaries. */
export interface StreamingWriter {
  readonly queryId: string
  /** The newest epoch that is committed: what keeps a micro-batch that is run again from being appended twice. */
  readonly lastEpochId: string
  /** The snapshot that says so, which must not be expired while the query may start again. */
  readonly snapshotId: string
  readonly committedAtMs: number
  readonly commits: number
  /** Median time between two commits that are still known; null with fewer than two. */
  readonly commitIntervalMs: number | null
}

/** What merging small files, and files with deletes, would do (Iceberg's bin packing, by its default options). */
export interface CompactionEstimate {
  readonly candidateFiles: number
  readonly candidateBytes: number
  readonly filesAfter: number
  /** Tasks that a scan of the whole table is split into (`read.split.target-size` 128 MiB, `read.split.open-file-cost` 4 MiB). */
  readonly scanTasksNow: number
  readonly scanTasksAfter: number
}

export interface OrphanCandidates {
  /** Files changed later than this were not looked at. */
  readonly olderThanMs: number
  readonly listedFiles: number
  readonly count: number
  readonly bytes: number
  /** Some of them, at most 20. */
  readonly examples: readonly string[]
}

export interface Disagreement {
  /** `metadata`: which metadata file is the current one; `location`: the table's folder; `uuid`: which table it is. */
  readonly what: 'metadata' | 'location' | 'uuid'
  /** By the metadata that was measured, and the catalog it was found in. */
  readonly measured: string
  readonly said: string
  /** Who says that, in words. */
  readonly by: string
}

export interface UnreadableManifest {
  readonly location: string
  /** Files it showed before it broke off. */
  readonly filesRead: number
  readonly code: string
  readonly message: string
}

export const listedPartitionsMax = 200
