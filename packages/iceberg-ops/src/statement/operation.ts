import type { Predicate } from './predicate.js'

/**
 * What can be done to an Iceberg table to keep it healthy, in no engine's words. What is left out is the engine's default,
 * or the table's own property.
 */
export type TableOperation =
  | RewriteDataFiles
  | RewriteManifests
  | ExpireSnapshots
  | RemoveOrphanFiles
  | RewritePositionDeleteFiles
  | ComputeTableStats
  | Vacuum
  | SetTableProperties

export type TableOperationName = TableOperation['operation']

/** Merges small data files into larger ones, and applies deletes to them. */
export interface RewriteDataFiles {
  readonly operation: 'rewrite_data_files'
  /** Default `binpack`: files are merged as they are. */
  readonly strategy?: 'binpack' | 'sort' | 'zorder'
  /** For `sort` (default: the table's own sort order) and for `zorder`, which needs at least one column. */
  readonly sortBy?: readonly SortColumn[]
  /** Which files; only what holds for whole files may be rewritten by Athena: partition columns. Default: all. */
  readonly where?: Predicate
  /** Size that files are merged towards. */
  readonly targetFileSizeBytes?: number
  /** Fewest files of a group worth merging. */
  readonly minInputFiles?: number
  /** Files smaller or larger than this are rewritten. */
  readonly minFileSizeBytes?: number
  readonly maxFileSizeBytes?: number
  /** A file with at least so many delete files is rewritten whatever its size. */
  readonly deleteFileThreshold?: number
  /** A file with at least this share of its rows deleted, from 0 to 1, is rewritten. Iceberg 1.8. */
  readonly deleteRatioThreshold?: number
  /** Delete files that nothing needs any more are removed. Iceberg 1.7. */
  readonly removesDanglingDeletes?: boolean
  /** Groups are committed by this many commits at most, instead of by one. */
  readonly maxCommits?: number
  /** Failed commits that are borne, of `maxCommits`. Iceberg 1.6. */
  readonly maxFailedCommits?: number
  /** Most files rewritten by one run. Iceberg 1.10. */
  readonly maxFilesToRewrite?: number
  /** Most bytes of one group, which is rewritten at a time. */
  readonly maxFileGroupSizeBytes?: number
  /** Partition spec the new files are written in. Iceberg 1.6. */
  readonly outputSpecId?: number
}

export interface SortColumn {
  readonly column: string
  /** Default `asc`. A zorder has neither direction nor nulls. */
  readonly direction?: 'asc' | 'desc'
  /** Default: first ascending, last descending. */
  readonly nulls?: 'first' | 'last'
}

/** Groups manifest entries by partition, so that planning reads fewer manifests. */
export interface RewriteManifests {
  readonly operation: 'rewrite_manifests'
  /** Manifests of this partition spec. Default: the table's current one. Iceberg 1.5. */
  readonly specId?: number
}

/** Removes old snapshots, and the files that only they need. */
export interface ExpireSnapshots {
  readonly operation: 'expire_snapshots'
  /** Snapshots older than this instant, in milliseconds since the epoch. */
  readonly olderThanMs: number
  /** Newest snapshots that are kept whatever their age. */
  readonly retainLast: number
  /** Partition specs and schemas that no snapshot uses are removed. Iceberg 1.10. */
  readonly cleansMetadata?: boolean
}

/** Removes the files below the table's location that no metadata names. */
export interface RemoveOrphanFiles {
  readonly operation: 'remove_orphan_files'
  /** Files last changed before this instant, in milliseconds since the epoch. */
  readonly olderThanMs: number
  /** Lists them only. */
  readonly dryRun: boolean
}

/** Merges position delete files, and drops deletes of files that are gone. */
export interface RewritePositionDeleteFiles {
  readonly operation: 'rewrite_position_delete_files'
  readonly where?: Predicate
  readonly targetFileSizeBytes?: number
  /** Fewest delete files of a partition worth merging. */
  readonly minInputFiles?: number
}

/** Counts distinct values per column for the optimiser. Iceberg 1.8. */
export interface ComputeTableStats {
  readonly operation: 'compute_table_stats'
  /** Default: all columns that can have them. */
  readonly columns?: readonly string[]
}

/** Expires snapshots and removes orphan files, by the table's properties: Athena's one statement for both. */
export interface Vacuum {
  readonly operation: 'vacuum'
}

export interface SetTableProperties {
  readonly operation: 'set_table_properties'
  readonly properties: Readonly<Record<string, string>>
}
