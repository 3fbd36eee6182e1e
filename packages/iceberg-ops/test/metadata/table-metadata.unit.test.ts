import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { metadataVersionOf, parseTableMetadata, readMetadataFile } from '../../src/metadata/index.js'
import { metadataJson, objectsIn, snapshotId, snapshotJson } from './table-fixture.js'

describe('table metadata', () => {
  it('keeps ids of 64 bits, and every field of version 3', () => {
    const id = 9_223_372_036_854_775_807n
    const metadata = parseTableMetadata(
      metadataJson({
        'format-version': '3',
        'next-row-id': String(id),
        properties: '{"write.format.default":"parquet","commit.retry.num-retries":4}',
        'current-snapshot-id': String(id),
        snapshots: `[${snapshotJson(id, 's3://b/l')},{"snapshot-id":-3,"parent-snapshot-id":${id},"timestamp-ms":5,"sequence-number":8,
          "summary":{"operation":"replace","replaced":"1"},"manifest-list":"s3://b/m","schema-id":0,"first-row-id":3,"key-id":"k"}]`,
        refs: `{"main":{"snapshot-id":${id},"type":"branch"},"audit":{"snapshot-id":-3,"type":"branch","min-snapshots-to-keep":2,
          "max-snapshot-age-ms":1000,"max-ref-age-ms":9007199254740991},"v1":{"snapshot-id":-3,"type":"tag"}}`,
        'snapshot-log': `[{"timestamp-ms":5,"snapshot-id":${id}}]`,
        'metadata-log': '[{"timestamp-ms":4,"metadata-file":"s3://b/metadata/v1.metadata.json"}]',
        statistics: `[{"snapshot-id":${id},"statistics-path":"s3://b/s.puffin","file-size-in-bytes":100,"file-footer-size-in-bytes":10,
          "blob-metadata":[{"type":"apache-datasketches-theta-v1","snapshot-id":${id},"sequence-number":1,"fields":[1],"properties":{"ndv":"9"}}]}]`,
        'partition-statistics': `[{"snapshot-id":${id},"statistics-path":"s3://b/p.parquet","file-size-in-bytes":7}]`,
        'partition-specs': `[{"spec-id":3,"fields":[{"source-ids":[1,2],"field-id":1000,"name":"b","transform":"bucket[4]"}]}]`,
        'sort-orders': `[{"order-id":1,"fields":[{"source-id":1,"transform":"identity","direction":"asc","null-order":"nulls-first"}]}]`,
      }),
    )
    expect(metadata).toMatchObject({
      formatVersion: 3,
      location: 's3://bucket',
      nextRowId: id,
      currentSnapshotId: id,
      properties: { 'write.format.default': 'parquet', 'commit.retry.num-retries': '4' },
      snapshotLog: [{ timestampMs: 5, snapshotId: id }],
      metadataLog: [{ timestampMs: 4, metadataFile: 's3://b/metadata/v1.metadata.json' }],
      statistics: [
        {
          snapshotId: id,
          location: 's3://b/s.puffin',
          footerSizeBytes: 10,
          blobs: [{ snapshotId: id, fieldIds: [1], properties: { ndv: '9' } }],
        },
      ],
      partitionStatistics: [{ snapshotId: id, location: 's3://b/p.parquet', fileSizeBytes: 7 }],
      partitionSpecs: [{ specId: 3, fields: [{ sourceIds: [1, 2], fieldId: 1000, transform: 'bucket[4]' }] }],
      sortOrders: [{ orderId: 1, fields: [{ sourceIds: [1], direction: 'asc', nullOrder: 'nulls-first' }] }],
    })
    expect(metadata.snapshots[1]).toEqual({
      snapshotId: -3n,
      parentSnapshotId: id,
      sequenceNumber: 8,
      timestampMs: 5,
      operation: 'replace',
      summary: { operation: 'replace', replaced: '1' },
      manifestList: 's3://b/m',
      schemaId: 0,
      keyId: 'k',
    })
    expect(metadata.refs.get('audit')).toEqual({
      snapshotId: -3n,
      type: 'branch',
      minSnapshotsToKeep: 2,
      maxSnapshotAgeMs: 1000,
      maxRefAgeMs: Number.MAX_SAFE_INTEGER,
    })
  })

  it('fills in what version 1 leaves out', () => {
    const metadata =
      parseTableMetadata(`{"format-version":1,"location":"/t","last-updated-ms":1,"last-column-id":5,
      "schema":{"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":{"type":"list","element-id":3,"element-required":false,
        "element":{"type":"struct","fields":[{"id":4,"name":"x","required":false,"type":"long"}]}}},
        {"id":2,"name":"m","required":false,"type":{"type":"map","key-id":5,"key":"string","value-id":6,"value-required":true,"value":"int"}}]},
      "partition-spec":[{"source-id":1,"name":"a","transform":"identity"},{"source-id":2,"name":"b","transform":"void"}],
      "current-snapshot-id":${snapshotId},"snapshots":[{"snapshot-id":${snapshotId},"timestamp-ms":1,"manifests":["/m1"]}]}`)
    expect(metadata).toMatchObject({
      formatVersion: 1,
      lastSequenceNumber: 0,
      currentSchemaId: 0,
      defaultSpecId: 0,
      sortOrders: [],
      properties: {},
      partitionSpecs: [{ specId: 0, fields: [{ fieldId: 1000 }, { fieldId: 1001, transform: 'void' }] }],
      snapshots: [{ snapshotId, sequenceNumber: 0, manifests: ['/m1'], summary: {} }],
    })
    expect(metadata.tableUuid).toBeUndefined()
    expect(metadata.refs).toEqual(new Map([['main', { snapshotId, type: 'branch' }]]))
    expect(metadata.schemas[0]?.fields[0]?.type).toMatchObject({
      type: 'list',
      element: { type: 'struct', fields: [{ id: 4 }] },
    })
  })

  it.each([
    ['{"format-version":4}', 'METADATA_UNSUPPORTED', { formatVersion: 4, supported: [1, 2, 3] }],
    ['[]', 'METADATA_CORRUPT', { damage: 'field', expected: 'an object' }],
    ['', 'METADATA_CORRUPT', { damage: 'json' }],
    [metadataJson().slice(0, -20), 'METADATA_CORRUPT', { damage: 'json' }],
    ['['.repeat(200_000), 'METADATA_CORRUPT', { damage: 'json' }],
    [
      metadataJson({ location: '7' }),
      'METADATA_CORRUPT',
      { path: 'location', value: '7', expected: 'a string' },
    ],
    [metadataJson({ 'last-updated-ms': '1.5' }), 'METADATA_CORRUPT', { path: 'last-updated-ms' }],
    [
      metadataJson({ 'current-snapshot-id': '9223372036854775808' }),
      'METADATA_CORRUPT',
      { path: 'current-snapshot-id', expected: 'an integer of 64 bits' },
    ],
    [
      metadataJson({ snapshots: `[${snapshotJson(1n, 'x')},{"snapshot-id":"2"}]` }),
      'METADATA_CORRUPT',
      { path: 'snapshots[1].snapshot-id', value: '"2"' },
    ],
    [
      metadataJson({ refs: '{"main":{"snapshot-id":1,"type":"fork"}}' }),
      'METADATA_CORRUPT',
      { damage: 'field' },
    ],
    [metadataJson({ properties: '{"a":{}}' }), 'METADATA_CORRUPT', { path: 'properties.a' }],
  ])('says what is wrong with %s', (text, code, details) => {
    const failure = (() => {
      try {
        return parseTableMetadata(text)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(failure).toMatchObject({ code, details })
  })
})

describe('a metadata file', () => {
  const location = 's3://bucket/metadata/00003-x.gz.metadata.json'
  const read = (bytes: Buffer | undefined) =>
    readMetadataFile(location, {
      objects: objectsIn(new Map(bytes === undefined ? [] : [[location, bytes]])),
    })

  it('may be compressed with gzip, whatever its name', async () => {
    const text = Buffer.from(metadataJson())
    expect(await read(gzipSync(text))).toEqual(await read(text))
  })

  it.each([
    ['missing', undefined, 'METADATA_MISSING', {}],
    ['cut', Buffer.from(metadataJson()).subarray(0, 100), 'METADATA_CORRUPT', { damage: 'json' }],
    [
      'cut and compressed',
      gzipSync(metadataJson()).subarray(0, -20),
      'METADATA_CORRUPT',
      { damage: 'compression' },
    ],
    ['empty', Buffer.alloc(0), 'METADATA_CORRUPT', { damage: 'json' }],
  ])('that is %s is named in the error', async (_, bytes, code, details) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(location),
      details: { location, ...details },
    })
  })

  it.each([
    ['/t/metadata/v12.metadata.json', 12],
    ['/t/metadata/v12.gz.metadata.json', 12],
    ['/t/metadata/v12.metadata.json.gz', 12],
    ['s3://b/t/metadata/00003-9c12d441-03fe-4693-9a96-a0705ddf69c1.metadata.json', 3],
    ['s3://b/t/metadata/00003-9c12d441-03fe-4693-9a96-a0705ddf69c1.gz.metadata.json', 3],
    ['s3://b/t/metadata/snap-3-x.avro', undefined],
    ['latest.metadata.json', undefined],
  ])('tells its version by its name: %s', (name, version) => {
    expect(metadataVersionOf(name)).toBe(version)
  })
})
