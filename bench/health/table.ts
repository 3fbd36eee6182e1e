import { createWriteStream } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import avro from 'avsc'

export interface TableShape {
  readonly files: number
  /** Each a day of a region; files are spread over them evenly. */
  readonly partitions: number
  readonly filesPerManifest: number
}

const columns = 17
const snapshotId = '3051729675574597004'
const dayMs = 86_400_000
const firstDay = 20_000
const regions = 100

const field = (id: number, name: string, type: unknown) => ({ name, type, 'field-id': id })
const optional = (id: number, name: string, type: unknown) => ({
  name,
  type: ['null', type],
  default: null,
  'field-id': id,
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

/** Manifest entries and manifest lists as Iceberg 1.10 writes them in version 2 (Iceberg specification, "Manifests"). */
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
            optional(1000, 'at_day', { type: 'int', logicalType: 'date' }),
            optional(1001, 'region', 'string'),
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

const summaryField = {
  type: 'record',
  name: 'r508',
  fields: [
    field(509, 'contains_null', 'boolean'),
    optional(518, 'contains_nan', 'boolean'),
    optional(510, 'lower_bound', 'bytes'),
    optional(511, 'upper_bound', 'bytes'),
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
    optional(507, 'partitions', { type: 'array', items: summaryField, 'element-id': 508 }),
  ],
}

const specFields = [
  { name: 'at_day', transform: 'day', 'source-id': 1, 'field-id': 1000 },
  { name: 'region', transform: 'identity', 'source-id': 2, 'field-id': 1001 },
]
const tableSchema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'at', required: true, type: 'timestamptz' },
    { id: 2, name: 'region', required: true, type: 'string' },
    ...Array.from({ length: columns - 2 }, (_, at) => ({
      id: at + 3,
      name: `value_${at + 1}`,
      required: true,
      type: 'long',
    })),
  ],
}

/**
 * Writes the metadata of a table that has no data: statistics of 17 columns for each file, manifests of neighbouring partitions,
 * compressed as Iceberg does.
 *
 * @returns the metadata file
 */
export async function synthesizeTable(
  folder: string,
  { files, partitions, filesPerManifest }: TableShape,
  { signal, onManifest }: { signal: AbortSignal; onManifest: (written: number, of: number) => void },
): Promise<string> {
  const metadata = join(folder, 'metadata')
  await mkdir(metadata, { recursive: true })
  const random = lcg(7)
  const all = Math.ceil(files / filesPerManifest)
  const list: object[] = []
  for (let number = 0; number < all; number++) {
    signal.throwIfAborted()
    const first = number * filesPerManifest
    const count = Math.min(filesPerManifest, files - first)
    const path = join(metadata, `${String(number).padStart(6, '0')}-m0.avro`)
    await writeAvro(path, entrySchema, manifestMetadata(), (write) => {
      for (let at = first; at < first + count; at++)
        write(entry(folder, at, Math.floor((at * partitions) / files), random))
    })
    list.push(manifestFile(path, (await stat(path)).size, count))
    onManifest(number + 1, all)
  }
  const listFile = join(metadata, `snap-${snapshotId}-1.avro`)
  await writeAvro(listFile, listSchema, { 'format-version': '2' }, (write) => list.forEach(write))
  const file = join(metadata, 'v1.metadata.json')
  await writeFile(file, metadataJson(folder, listFile))
  await writeFile(join(metadata, 'version-hint.text'), '1')
  return file
}

async function writeAvro(
  path: string,
  schema: object,
  metadata: Readonly<Record<string, string>>,
  fill: (write: (record: object) => void) => void,
): Promise<void> {
  // Given the schema and not a type of it, avsc keeps it whole for the header: fields are found by their ids.
  const options = {
    codec: 'deflate',
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text)])),
  }
  const encoder = new avro.streams.BlockEncoder(schema as avro.Schema, options)
  const out = createWriteStream(path)
  encoder.pipe(out)
  fill((record) => void encoder.write(record))
  encoder.end()
  await finished(out)
}

function manifestMetadata() {
  return {
    schema: JSON.stringify(tableSchema),
    'schema-id': '0',
    'partition-spec': JSON.stringify(specFields),
    'partition-spec-id': '0',
    'format-version': '2',
    content: 'data',
  }
}

function entry(folder: string, number: number, partition: number, random: () => number): object {
  const day = firstDay + Math.floor(partition / regions)
  const region = `region-${partition % regions}`
  const counts = (value: () => number) =>
    Array.from({ length: columns }, (_, at) => ({ key: at + 1, value: value() }))
  const bounds = () =>
    Array.from({ length: columns }, (_, at) => {
      if (at === 1) return { key: 2, value: Buffer.from(region) }
      const value = Buffer.alloc(8)
      value.writeUInt32LE(random(), 0)
      return { key: at + 1, value }
    })
  const records = 10_000 + (random() % 5_000)
  return {
    status: 1,
    snapshot_id: null,
    sequence_number: null,
    file_sequence_number: null,
    data_file: {
      content: 0,
      file_path: `file:${folder}/data/at_day=${new Date(day * dayMs).toISOString().slice(0, 10)}/region=${region}/00000-${number}-${random().toString(16)}-00001.parquet`,
      file_format: 'PARQUET',
      partition: { at_day: day, region },
      record_count: records,
      file_size_in_bytes: 100_000 + (random() % 30_000_000),
      column_sizes: counts(() => random() % 1_000_000),
      value_counts: counts(() => records),
      null_value_counts: counts(() => 0),
      nan_value_counts: [],
      lower_bounds: bounds(),
      upper_bounds: bounds(),
      key_metadata: null,
      split_offsets: [4],
      equality_ids: null,
      sort_order_id: 0,
    },
  }
}

function manifestFile(path: string, bytes: number, files: number): object {
  return {
    manifest_path: path,
    manifest_length: bytes,
    partition_spec_id: 0,
    content: 0,
    sequence_number: 1,
    min_sequence_number: 1,
    added_snapshot_id: 0,
    added_files_count: files,
    existing_files_count: 0,
    deleted_files_count: 0,
    added_rows_count: files * 10_000,
    existing_rows_count: 0,
    deleted_rows_count: 0,
    partitions: null,
  }
}

function metadataJson(folder: string, manifestList: string): string {
  const snapshot = {
    'sequence-number': 1,
    'timestamp-ms': 1_767_225_600_000,
    summary: { operation: 'append' },
    'manifest-list': manifestList,
    'schema-id': 0,
  }
  const metadata = {
    'format-version': 2,
    'table-uuid': '9c12d441-03fe-4693-9a96-a0705ddf69c1',
    location: folder,
    'last-sequence-number': 1,
    'last-updated-ms': 1_767_225_600_000,
    'last-column-id': columns,
    'current-schema-id': 0,
    schemas: [tableSchema],
    'default-spec-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields: specFields }],
    'last-partition-id': 1001,
    'default-sort-order-id': 0,
    'sort-orders': [{ 'order-id': 0, fields: [] }],
    properties: {},
    refs: { main: { type: 'branch' } },
    'snapshot-log': [],
    'metadata-log': [],
    snapshots: [snapshot],
  }
  // The id has 64 bits, which a number can't hold.
  return JSON.stringify(metadata)
    .replace(
      '"refs":{"main":{',
      `"current-snapshot-id":${snapshotId},"refs":{"main":{"snapshot-id":${snapshotId},`,
    )
    .replace('"snapshots":[{', `"snapshots":[{"snapshot-id":${snapshotId},`)
}

/** Numbers of 31 bits, the same in every run (Numerical Recipes' generator). */
function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 1
  }
}
