import { unsupported } from '../damage.js'
import { JsonFields, parseLosslessly } from './json-fields.js'
import type { PartitionSpec, SnapshotRef, TableMetadata, TableSchema } from './model.js'
import { parsePartitionFields, parseSchema, parseSortOrder, parseSpec } from './parse-schema.js'
import { parsePartitionStatistics, parseRef, parseSnapshot, parseStatistics } from './parse-snapshots.js'

/**
 * Reads the JSON of a metadata file, of format version 1, 2 or 3.
 *
 * @throws TidewaterError `METADATA_CORRUPT` naming the field, its value and what belongs there; `METADATA_UNSUPPORTED` for a
 * later format version
 */
export function parseTableMetadata(text: string): TableMetadata {
  return readTableMetadata(parseLosslessly(text))
}

/** The same from JSON that was parsed losslessly already. */
export function readTableMetadata(json: unknown): TableMetadata {
  const fields = new JsonFields(json)
  const formatVersion = readFormatVersion(fields)
  const schemas = readSchemas(fields)
  const partitionSpecs = readSpecs(fields)
  const currentSnapshotId = readCurrentSnapshotId(fields)
  return {
    formatVersion,
    ...fields.optional('tableUuid', 'table-uuid', (name) => fields.string(name)),
    location: fields.string('location'),
    lastSequenceNumber: fields.has('last-sequence-number') ? fields.integer('last-sequence-number') : 0,
    lastUpdatedMs: fields.integer('last-updated-ms'),
    lastColumnId: fields.integer('last-column-id'),
    schemas,
    currentSchemaId: fields.has('current-schema-id')
      ? fields.integer('current-schema-id')
      : (schemas[0]?.schemaId ?? 0),
    partitionSpecs,
    defaultSpecId: fields.has('default-spec-id')
      ? fields.integer('default-spec-id')
      : (partitionSpecs[0]?.specId ?? 0),
    sortOrders: listOf(fields, 'sort-orders', parseSortOrder),
    defaultSortOrderId: fields.has('default-sort-order-id') ? fields.integer('default-sort-order-id') : 0,
    properties: fields.has('properties') ? fields.stringMap('properties') : {},
    ...(currentSnapshotId === undefined ? {} : { currentSnapshotId }),
    snapshots: listOf(fields, 'snapshots', parseSnapshot),
    refs: readRefs(fields, currentSnapshotId),
    snapshotLog: listOf(fields, 'snapshot-log', (entry) => ({
      timestampMs: entry.integer('timestamp-ms'),
      snapshotId: entry.id('snapshot-id'),
    })),
    metadataLog: listOf(fields, 'metadata-log', (entry) => ({
      timestampMs: entry.integer('timestamp-ms'),
      metadataFile: entry.string('metadata-file'),
    })),
    statistics: listOf(fields, 'statistics', parseStatistics),
    partitionStatistics: listOf(fields, 'partition-statistics', parsePartitionStatistics),
    ...fields.optional('nextRowId', 'next-row-id', (name) => fields.id(name)),
  }
}

function readFormatVersion(fields: JsonFields): 1 | 2 | 3 {
  const version = fields.integer('format-version')
  if (version === 1 || version === 2 || version === 3) return version
  throw unsupported(
    `the table's format version is ${version}; 1, 2 and 3 are read`,
    'Use a version of this package that knows the format.',
    { formatVersion: version, supported: [1, 2, 3] },
  )
}

/** Version 1 may have `schema` alone. */
function readSchemas(fields: JsonFields): TableSchema[] {
  return fields.has('schemas')
    ? fields.objects('schemas', parseSchema)
    : [parseSchema(fields.object('schema'))]
}

/** Version 1 may have `partition-spec` alone, without its id. */
function readSpecs(fields: JsonFields): PartitionSpec[] {
  if (fields.has('partition-specs')) return fields.objects('partition-specs', parseSpec)
  return [{ specId: 0, fields: parsePartitionFields(fields, 'partition-spec') }]
}

/** Iceberg's Java library writes -1 for none (Iceberg specification, "Table Metadata Fields", implementation note). */
function readCurrentSnapshotId(fields: JsonFields): bigint | undefined {
  if (!fields.has('current-snapshot-id')) return undefined
  const id = fields.id('current-snapshot-id')
  return id === -1n ? undefined : id
}

function readRefs(fields: JsonFields, currentSnapshotId: bigint | undefined): Map<string, SnapshotRef> {
  const refs = new Map(fields.has('refs') ? fields.entries('refs', parseRef) : [])
  if (currentSnapshotId !== undefined && !refs.has('main')) {
    refs.set('main', { snapshotId: currentSnapshotId, type: 'branch' })
  }
  return refs
}

function listOf<T>(fields: JsonFields, name: string, read: (fields: JsonFields) => T): T[] {
  return fields.has(name) ? fields.objects(name, read) : []
}
