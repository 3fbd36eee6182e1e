/**
 * A table's metadata, as one metadata file states it (Iceberg specification, "Table Metadata Fields"). Ids of 64 bits are
 * bigint; times are milliseconds since the epoch; what an older format version doesn't have is filled in as the
 * specification says, or left out.
 */
export interface TableMetadata {
  readonly formatVersion: 1 | 2 | 3
  /** Version 1 may have none. */
  readonly tableUuid?: string
  /** The table's base location, with the scheme its writer used; may be the root of a bucket. */
  readonly location: string
  /** Highest sequence number given out; 0 in version 1. */
  readonly lastSequenceNumber: number
  readonly lastUpdatedMs: number
  readonly lastColumnId: number
  readonly schemas: readonly TableSchema[]
  readonly currentSchemaId: number
  /** All that ever were: a manifest names the one it was written with. */
  readonly partitionSpecs: readonly PartitionSpec[]
  readonly defaultSpecId: number
  readonly sortOrders: readonly SortOrder[]
  readonly defaultSortOrderId: number
  readonly properties: Readonly<Record<string, string>>
  /** Undefined while the table has none. */
  readonly currentSnapshotId?: bigint
  readonly snapshots: readonly Snapshot[]
  /** Branches and tags by name; `main` is there when there is a current snapshot. */
  readonly refs: ReadonlyMap<string, SnapshotRef>
  /** Which snapshot was current from when on, oldest first. */
  readonly snapshotLog: readonly { readonly timestampMs: number; readonly snapshotId: bigint }[]
  /** Earlier metadata files that are still kept, oldest first. */
  readonly metadataLog: readonly { readonly timestampMs: number; readonly metadataFile: string }[]
  readonly statistics: readonly StatisticsFile[]
  readonly partitionStatistics: readonly PartitionStatisticsFile[]
  /** Version 3: the next row's id. */
  readonly nextRowId?: bigint
}

export interface TableSchema {
  readonly schemaId: number
  readonly fields: readonly SchemaField[]
  /** Columns that identify a row. */
  readonly identifierFieldIds: readonly number[]
}

export interface SchemaField {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: ColumnType
}

/** A primitive type by its name, such as `long` or `decimal(9, 2)`, or a nested one. */
export type ColumnType =
  | string
  | { readonly type: 'struct'; readonly fields: readonly SchemaField[] }
  | {
      readonly type: 'list'
      readonly elementId: number
      readonly elementRequired: boolean
      readonly element: ColumnType
    }
  | {
      readonly type: 'map'
      readonly keyId: number
      readonly key: ColumnType
      readonly valueId: number
      readonly valueRequired: boolean
      readonly value: ColumnType
    }

export interface PartitionSpec {
  readonly specId: number
  /** None for an unpartitioned table. */
  readonly fields: readonly PartitionField[]
}

export interface PartitionField {
  /** Column or, in version 3, columns that the transform takes. */
  readonly sourceIds: readonly number[]
  readonly fieldId: number
  readonly name: string
  /** Such as `identity`, `bucket[16]`, `truncate[4]`, `day`, `void`. */
  readonly transform: string
}

export interface SortOrder {
  readonly orderId: number
  readonly fields: readonly {
    readonly sourceIds: readonly number[]
    readonly transform: string
    readonly direction: string
    readonly nullOrder: string
  }[]
}

export interface Snapshot {
  readonly snapshotId: bigint
  readonly parentSnapshotId?: bigint
  /** 0 in version 1. */
  readonly sequenceNumber: number
  readonly timestampMs: number
  /** `append`, `replace`, `overwrite` or `delete`. */
  readonly operation?: string
  /** All of the summary, the operation too. */
  readonly summary: Readonly<Record<string, string>>
  /** Where the manifest list is. Undefined in old tables of version 1, which have `manifests` instead. */
  readonly manifestList?: string
  readonly manifests?: readonly string[]
  readonly schemaId?: number
  /** Version 3: the key its manifest list is encrypted with. */
  readonly keyId?: string
}

export interface SnapshotRef {
  readonly snapshotId: bigint
  readonly type: 'branch' | 'tag'
  /** Of a branch: how many of its snapshots are kept whatever their age. */
  readonly minSnapshotsToKeep?: number
  /** Of a branch: how old its snapshots may become. */
  readonly maxSnapshotAgeMs?: number
  /** How old the reference itself may become; `main` never does. */
  readonly maxRefAgeMs?: number
}

export interface StatisticsFile {
  readonly snapshotId: bigint
  readonly location: string
  readonly fileSizeBytes: number
  readonly footerSizeBytes: number
  readonly blobs: readonly {
    readonly type: string
    readonly snapshotId: bigint
    readonly sequenceNumber: number
    readonly fieldIds: readonly number[]
    readonly properties: Readonly<Record<string, string>>
  }[]
}

export interface PartitionStatisticsFile {
  readonly snapshotId: bigint
  readonly location: string
  readonly fileSizeBytes: number
}
