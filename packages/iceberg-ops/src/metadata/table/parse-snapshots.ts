import { describeValue } from '@tidewater/core'
import { damaged } from '../damage.js'
import type { JsonFields } from './json-fields.js'
import type { PartitionStatisticsFile, Snapshot, SnapshotRef, StatisticsFile } from './model.js'

/** Iceberg specification, "Snapshots". */
export function parseSnapshot(fields: JsonFields): Snapshot {
  const summary = fields.has('summary') ? fields.stringMap('summary') : {}
  return {
    snapshotId: fields.id('snapshot-id'),
    ...fields.optional('parentSnapshotId', 'parent-snapshot-id', (name) => fields.id(name)),
    sequenceNumber: fields.has('sequence-number') ? fields.integer('sequence-number') : 0,
    timestampMs: fields.integer('timestamp-ms'),
    ...(summary.operation === undefined ? {} : { operation: summary.operation }),
    summary,
    ...fields.optional('manifestList', 'manifest-list', (name) => fields.string(name)),
    ...fields.optional('manifests', 'manifests', (name) => fields.strings(name)),
    ...fields.optional('schemaId', 'schema-id', (name) => fields.integer(name)),
    ...fields.optional('keyId', 'key-id', (name) => fields.string(name)),
  }
}

/** Iceberg specification, "Snapshot References". */
export function parseRef(fields: JsonFields): SnapshotRef {
  const type = fields.string('type')
  if (type !== 'branch' && type !== 'tag')
    throw damaged('field', `a reference's type is ${describeValue(type)}, not branch or tag`)
  return {
    snapshotId: fields.id('snapshot-id'),
    type,
    ...fields.optional('minSnapshotsToKeep', 'min-snapshots-to-keep', (name) => fields.integer(name)),
    ...fields.optional('maxSnapshotAgeMs', 'max-snapshot-age-ms', (name) => fields.integer(name)),
    ...fields.optional('maxRefAgeMs', 'max-ref-age-ms', (name) => fields.integer(name)),
  }
}

/** Iceberg specification, "Table Statistics". */
export function parseStatistics(fields: JsonFields): StatisticsFile {
  return {
    snapshotId: fields.id('snapshot-id'),
    location: fields.string('statistics-path'),
    fileSizeBytes: fields.integer('file-size-in-bytes'),
    footerSizeBytes: fields.integer('file-footer-size-in-bytes'),
    blobs: fields.objects('blob-metadata', (blob) => ({
      type: blob.string('type'),
      snapshotId: blob.id('snapshot-id'),
      sequenceNumber: blob.integer('sequence-number'),
      fieldIds: blob.integers('fields'),
      properties: blob.has('properties') ? blob.stringMap('properties') : {},
    })),
  }
}

/** Iceberg specification, "Partition Statistics". */
export function parsePartitionStatistics(fields: JsonFields): PartitionStatisticsFile {
  return {
    snapshotId: fields.id('snapshot-id'),
    location: fields.string('statistics-path'),
    fileSizeBytes: fields.integer('file-size-in-bytes'),
  }
}
