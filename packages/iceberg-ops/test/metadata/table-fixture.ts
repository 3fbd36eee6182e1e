import type { ListedObject, ObjectReader } from '@tidewater/core/storage'
import { expect } from 'vitest'
import { type FileEntry, parseTableMetadata, type ScanOptions, scanFiles } from '../../src/metadata/index.js'
import { avroFile, inPieces } from './avro-file.js'

// 64 bits, which a number can't hold.
export const snapshotId = 3051729675574597004n

type Json = Readonly<Record<string, unknown>>

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

export const dayAndRegion = [
  optional(1000, 'ts_day', { type: 'int', logicalType: 'date' }),
  optional(1001, 'region', 'string'),
]

/** The schema of manifest entries, of version 2 and 3 (Iceberg specification, "Manifests"). */
export const entrySchema = (partition: readonly unknown[] = dayAndRegion) => ({
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
        field(102, 'partition', { type: 'record', name: 'r102', fields: partition }),
        field(103, 'record_count', 'long'),
        field(104, 'file_size_in_bytes', 'long'),
        optional(108, 'column_sizes', columnMap(117, 118, 'long')),
        optional(125, 'lower_bounds', columnMap(126, 127, 'bytes')),
        optional(131, 'key_metadata', 'bytes'),
        optional(132, 'split_offsets', { type: 'array', items: 'long', 'element-id': 133 }),
        optional(135, 'equality_ids', { type: 'array', items: 'int', 'element-id': 136 }),
        optional(140, 'sort_order_id', 'int'),
        optional(143, 'referenced_data_file', 'string'),
        optional(144, 'content_offset', 'long'),
        optional(145, 'content_size_in_bytes', 'long'),
      ],
    }),
  ],
})

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
    optional(507, 'partitions', { type: 'array', items: 'string', 'element-id': 508 }),
    optional(519, 'key_metadata', 'bytes'),
  ],
}

/** An entry of a data file that a manifest added; `entry` and `file` change its fields. */
export function entry(location: string, file: Json = {}, own: Json = {}): Json {
  return {
    status: 1,
    data_file: {
      content: 0,
      file_path: location,
      file_format: 'PARQUET',
      partition: { ts_day: 20_000, region: 'eu' },
      record_count: 10,
      file_size_in_bytes: 1_000,
      column_sizes: [{ key: 1, value: 300 }],
      lower_bounds: [{ key: 1, value: Buffer.from([1, 2]) }],
      split_offsets: [4],
      ...file,
    },
    ...own,
  }
}

export const manifest = (entries: readonly Json[], codec = 'deflate', schema: unknown = entrySchema()) =>
  avroFile(schema, entries, { codec, metadata: { 'partition-spec-id': '0', content: 'data' } })

export function manifestList(manifests: readonly { location: string; sizeBytes: number; more?: Json }[]) {
  return avroFile(
    listSchema,
    manifests.map(({ location, sizeBytes, more }) => ({
      manifest_path: location,
      manifest_length: sizeBytes,
      partition_spec_id: 0,
      content: 0,
      sequence_number: 7,
      min_sequence_number: 1,
      added_snapshot_id: snapshotId,
      added_files_count: 1,
      ...more,
    })),
  )
}

/** JSON of a table's metadata with ids of 64 bits, `more` replacing or adding fields as they are written. */
export function metadataJson(more: Readonly<Record<string, string>> = {}): string {
  const fields: Record<string, string> = {
    'format-version': '2',
    'table-uuid': '"9c12d441-03fe-4693-9a96-a0705ddf69c1"',
    location: '"s3://bucket"',
    'last-sequence-number': '7',
    'last-updated-ms': '1767225600000',
    'last-column-id': '2',
    'current-schema-id': '0',
    schemas: `[{"type":"struct","schema-id":0,"fields":[{"id":1,"name":"ts","required":true,"type":"timestamptz"},
      {"id":2,"name":"region","required":false,"type":"string"}]}]`,
    'default-spec-id': '0',
    'partition-specs': `[{"spec-id":0,"fields":[{"source-id":1,"field-id":1000,"name":"ts_day","transform":"day"},
      {"source-id":2,"field-id":1001,"name":"region","transform":"identity"}]}]`,
    'default-sort-order-id': '0',
    'sort-orders': '[{"order-id":0,"fields":[]}]',
    'current-snapshot-id': String(snapshotId),
    snapshots: `[${snapshotJson(snapshotId, 's3://bucket/metadata/list.avro')}]`,
    ...more,
  }
  return `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`
}

export function snapshotJson(id: bigint, list: string): string {
  return `{"snapshot-id":${id},"sequence-number":7,"timestamp-ms":1767225600000,"summary":{"operation":"append"},"manifest-list":"${list}"}`
}

export type Held = Map<string, Buffer | (() => never)>

/** Objects in memory; one that is a function throws when it is read. */
export function objectsIn(
  held: Held,
): ObjectReader & { readonly reads: string[]; readonly held: Set<string> } {
  const reads: string[] = []
  // What is being read at the moment.
  const open = new Set<string>()
  async function* watched(location: string, pieces: AsyncGenerator<Uint8Array>) {
    open.add(location)
    try {
      yield* pieces
    } finally {
      open.delete(location)
    }
  }
  const facts = (bytes: Buffer) => ({ sizeBytes: bytes.length, etag: 'e', modifiedAtMs: 0 })
  const find = (location: string): Buffer | undefined => {
    const found = held.get(location)
    return typeof found === 'function' ? found() : found
  }
  return {
    reads,
    held: open,
    head: async (location) => {
      const bytes = find(location)
      return bytes === undefined ? undefined : facts(bytes)
    },
    get: async (location) => {
      reads.push(location)
      const bytes = find(location)
      return bytes === undefined ? undefined : { ...facts(bytes), bytes }
    },
    open: async (location) => {
      reads.push(location)
      const bytes = find(location)
      return bytes === undefined
        ? undefined
        : { ...facts(bytes), pieces: watched(location, inPieces(bytes, 50)) }
    },
    async *list(folder): AsyncGenerator<ListedObject> {
      for (const [location, bytes] of held)
        if (location.startsWith(`${folder}/`) && typeof bytes !== 'function')
          yield { location, ...facts(bytes) }
    },
  }
}

export const listLocation = 's3://bucket/metadata/list.avro'
export const at = (name: string) => `s3://bucket/metadata/${name}`

/** A table of one snapshot, whose manifest list names these manifests. */
export function table(
  manifests: Readonly<Record<string, Buffer | (() => never)>>,
  more: Record<string, object> = {},
): Held {
  const list = Object.entries(manifests).map(([name, bytes]) => ({
    location: at(name),
    sizeBytes: typeof bytes === 'function' ? 1 : bytes.length,
    more: (more[name] ?? {}) as Record<string, unknown>,
  }))
  return new Map<string, Buffer | (() => never)>([
    [listLocation, manifestList(list)],
    ...Object.entries(manifests).map(([name, bytes]) => [at(name), bytes] as const),
  ])
}

/** What a scan of the table shows. However it ends, nothing stays open. */
export async function scan<T>(held: Held, pick: (file: FileEntry) => T, options: Partial<ScanOptions> = {}) {
  const found: T[] = []
  const visitor = { file: (file: FileEntry) => void found.push(pick(file)) }
  const metadata = parseTableMetadata(metadataJson())
  const objects = objectsIn(held)
  try {
    const report = await scanFiles(metadata, 'current', visitor, { objects, ...options })
    return { found, report }
  } finally {
    expect([...objects.held]).toEqual([])
  }
}
