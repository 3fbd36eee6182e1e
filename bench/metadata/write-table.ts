import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import avro, { type Schema, type Type } from 'avsc'

const filesPerManifest = 10_000
// What Avro's own writers end a block at.
const blockBytes = 64_000
const bucketsPerDay = 16
const firstDay = 19_000
const columns = Array.from({ length: 17 }, (_, at) => at + 1)
const snapshotId = 3051729675574597004n

const field = (id: number, name: string, type: unknown) => ({ name, type, 'field-id': id })
const optional = (id: number, name: string, type: unknown) => ({
  ...field(id, name, ['null', type]),
  default: null,
})
const columnMap = (key: number, value: number, type: string) => ({
  type: 'array',
  logicalType: 'map',
  items: {
    type: 'record',
    name: `k${key}_v${value}`,
    fields: [field(key, 'key', 'int'), field(value, 'value', type)],
  },
})

const entrySchema = {
  type: 'record',
  name: 'manifest_entry',
  fields: [
    field(0, 'status', 'int'),
    optional(1, 'snapshot_id', 'long'),
    optional(3, 'sequence_number', 'long'),
    optional(4, 'file_sequence_number', 'long'),
    field(2, 'data_file', {
      type: 'record',
      name: 'r2',
      fields: [
        field(134, 'content', 'int'),
        field(100, 'file_path', 'string'),
        field(101, 'file_format', 'string'),
        field(102, 'partition', {
          type: 'record',
          name: 'r102',
          fields: [
            optional(1000, 'ts_day', { type: 'int', logicalType: 'date' }),
            optional(1001, 'user_bucket', 'int'),
          ],
        }),
        field(103, 'record_count', 'long'),
        field(104, 'file_size_in_bytes', 'long'),
        optional(108, 'column_sizes', columnMap(117, 118, 'long')),
        optional(109, 'value_counts', columnMap(119, 120, 'long')),
        optional(110, 'null_value_counts', columnMap(121, 122, 'long')),
        optional(137, 'nan_value_counts', columnMap(138, 139, 'long')),
        optional(125, 'lower_bounds', columnMap(126, 127, 'bytes')),
        optional(128, 'upper_bounds', columnMap(129, 130, 'bytes')),
        optional(131, 'key_metadata', 'bytes'),
        optional(132, 'split_offsets', { type: 'array', items: 'long', 'element-id': 133 }),
        optional(135, 'equality_ids', { type: 'array', items: 'int', 'element-id': 136 }),
        optional(140, 'sort_order_id', 'int'),
      ],
    }),
  ],
}

const listSchema = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    field(500, 'manifest_path', 'string'),
    field(501, 'manifest_length', 'long'),
    field(502, 'partition_spec_id', 'int'),
    field(517, 'content', 'int'),
    field(515, 'sequence_number', 'long'),
    field(516, 'min_sequence_number', 'long'),
    field(503, 'added_snapshot_id', 'long'),
    field(504, 'added_files_count', 'int'),
    field(505, 'existing_files_count', 'int'),
    field(506, 'deleted_files_count', 'int'),
    field(512, 'added_rows_count', 'long'),
    field(513, 'existing_rows_count', 'long'),
    field(514, 'deleted_rows_count', 'long'),
  ],
}

/**
 * Writes the metadata of `db.large` in a Hadoop warehouse: as many data files, with the statistics of 17 columns each, and
 * partitions by day and bucket. The data files themselves are not there.
 *
 * @returns the bytes of all manifests
 */
export function writeTable(warehouse: string, files: number, partitions: number): number {
  const table = join(warehouse, 'db', 'large')
  const folder = join(table, 'metadata')
  mkdirSync(folder, { recursive: true })
  const schema = {
    type: 'struct',
    'schema-id': 0,
    fields: columns.map((id) => ({
      id,
      name: ['ts', 'user'][id - 1] ?? `c${id}`,
      required: false,
      type: id === 1 ? 'timestamptz' : 'long',
    })),
  }
  const spec = [
    { 'source-id': 1, 'field-id': 1000, name: 'ts_day', transform: 'day' },
    { 'source-id': 2, 'field-id': 1001, name: 'user_bucket', transform: `bucket[${bucketsPerDay}]` },
  ]
  const manifests: Record<string, unknown>[] = []
  let manifestBytes = 0
  for (let first = 0; first < files; first += filesPerManifest) {
    const count = Math.min(filesPerManifest, files - first)
    const path = join(folder, `${randomBytes(16).toString('hex')}-m${manifests.length}.avro`)
    const entries = Array.from({ length: count }, (_, at) => entry(table, first + at, partitions))
    const bytes = avroFile(entrySchema, entries, {
      schema: JSON.stringify(schema),
      'schema-id': '0',
      'partition-spec': JSON.stringify(spec),
      'partition-spec-id': '0',
      'format-version': '2',
      content: 'data',
    })
    writeFileSync(path, bytes)
    manifestBytes += bytes.length
    manifests.push({
      manifest_path: path,
      manifest_length: bytes.length,
      partition_spec_id: 0,
      content: 0,
      sequence_number: 1,
      min_sequence_number: 1,
      added_snapshot_id: snapshotId,
      added_files_count: count,
      existing_files_count: 0,
      deleted_files_count: 0,
      added_rows_count: 0,
      existing_rows_count: 0,
      deleted_rows_count: 0,
    })
  }
  const list = join(folder, `snap-${snapshotId}.avro`)
  writeFileSync(list, avroFile(listSchema, manifests, { 'format-version': '2' }))
  writeFileSync(join(folder, 'version-hint.text'), '1')
  writeFileSync(join(folder, 'v1.metadata.json'), metadataJson(table, schema, spec, list))
  return manifestBytes
}

function entry(table: string, number: number, partitions: number) {
  const partition = number % partitions
  const day = firstDay + Math.floor(partition / bucketsPerDay)
  const bucket = partition % bucketsPerDay
  const path = `ts_day=${new Date(day * 86_400_000).toISOString().slice(0, 10)}/user_bucket=${bucket}`
  const bound = (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value) * 7_919n)
    return bytes
  }
  const perColumn = <T>(value: (column: number) => T) => columns.map((key) => ({ key, value: value(key) }))
  return {
    status: 1,
    snapshot_id: null,
    sequence_number: null,
    file_sequence_number: null,
    data_file: {
      content: 0,
      file_path: `${table}/data/${path}/00000-${number}-${randomBytes(16).toString('hex')}-00001.parquet`,
      file_format: 'PARQUET',
      partition: { ts_day: day, user_bucket: bucket },
      record_count: 1_000 + (number % 977),
      file_size_in_bytes: 2 ** 20 + (number % 99_991),
      column_sizes: perColumn((key) => 1_000 + ((number * key) % 70_000)),
      value_counts: perColumn(() => 1_000 + (number % 977)),
      null_value_counts: perColumn((key) => (key % 3 === 0 ? number % 977 : 0)),
      nan_value_counts: [],
      lower_bounds: perColumn((key) => bound(number * key)),
      upper_bounds: perColumn((key) => bound(number * key + 1_000)),
      key_metadata: null,
      split_offsets: [4],
      equality_ids: null,
      sort_order_id: 0,
    },
  }
}

/** An Avro container file with deflate, as Iceberg writes its manifests. */
function avroFile(
  schema: object,
  records: readonly object[],
  metadata: Readonly<Record<string, string>>,
): Buffer {
  const type = typeOf(schema)
  const pairs = { 'avro.schema': JSON.stringify(schema), 'avro.codec': 'deflate', ...metadata }
  const header = Object.entries(pairs).map(([key, value]) => [key, Buffer.from(value)] as const)
  const sync = randomBytes(16)
  const parts: Uint8Array[] = [
    Buffer.from('Obj\x01', 'latin1'),
    avro.Type.forSchema({ type: 'map', values: 'bytes' }).toBuffer(Object.fromEntries(header)),
    sync,
  ]
  let block: Buffer[] = []
  let sizeBytes = 0
  const endBlock = () => {
    const compressed = deflateRawSync(Buffer.concat(block))
    parts.push(number(block.length), number(compressed.length), compressed, sync)
    block = []
    sizeBytes = 0
  }
  for (const record of records) {
    const bytes = type.toBuffer(record)
    block.push(bytes)
    sizeBytes += bytes.length
    if (sizeBytes >= blockBytes) endBlock()
  }
  if (block.length > 0) endBlock()
  return Buffer.concat(parts)
}

function number(value: number): Buffer {
  return avro.Type.forSchema('long').toBuffer(value)
}

function typeOf(schema: object): Type {
  const long = avro.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint | number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(value))
      return bytes
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'bigint' || typeof value === 'number',
    compare: (one: bigint, other: bigint) => (one < other ? -1 : 1),
  })
  return avro.Type.forSchema(schema as Schema, { registry: { long }, wrapUnions: false })
}

function metadataJson(table: string, schema: object, spec: object, list: string): string {
  const snapshot = `{"sequence-number":1,"snapshot-id":${snapshotId},"timestamp-ms":1767225600000,"summary":{"operation":"append"},"manifest-list":"${list}","schema-id":0}`
  return `{"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"${table}",
    "last-sequence-number":1,"last-updated-ms":1767225600000,"last-column-id":${columns.length},"current-schema-id":0,
    "schemas":[${JSON.stringify(schema)}],"default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":${JSON.stringify(spec)}}],
    "last-partition-id":1001,"default-sort-order-id":0,"sort-orders":[{"order-id":0,"fields":[]}],"properties":{},
    "current-snapshot-id":${snapshotId},"refs":{"main":{"snapshot-id":${snapshotId},"type":"branch"}},"snapshots":[${snapshot}],
    "snapshot-log":[{"timestamp-ms":1767225600000,"snapshot-id":${snapshotId}}],"metadata-log":[]}`
}
