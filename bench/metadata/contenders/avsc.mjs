// The manifests alone, through avsc's own container reader and a reader's schema of the same fields.
import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRaw } from 'node:zlib'
import avro from 'avsc'
import { measured } from './measured.mjs'

const [warehouse] = process.argv.slice(2)
const folder = join(warehouse, 'db', 'large', 'metadata')

const field = (name, type) => ({ name, type })
const optional = (name, type) => ({ name, type: ['null', type], default: null })
const reader = {
  type: 'record',
  name: 'manifest_entry',
  fields: [
    field('status', 'int'),
    optional('snapshot_id', 'long'),
    optional('sequence_number', 'long'),
    optional('file_sequence_number', 'long'),
    field('data_file', {
      type: 'record',
      name: 'r2',
      fields: [
        field('content', 'int'),
        field('file_path', 'string'),
        field('file_format', 'string'),
        field('partition', {
          type: 'record',
          name: 'r102',
          fields: [optional('ts_day', 'int'), optional('user_bucket', 'int')],
        }),
        field('record_count', 'long'),
        field('file_size_in_bytes', 'long'),
      ],
    }),
  ],
}

const long = avro.types.LongType.__with({
  fromBuffer: (bytes) => bytes.readBigInt64LE(),
  toBuffer: () => Buffer.alloc(8),
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value) => typeof value === 'bigint',
  compare: () => 0,
})
const options = {
  codecs: { deflate: (block, done) => inflateRaw(block, done) },
  readerSchema: avro.Type.forSchema(reader, { registry: { long } }),
  parseHook: (schema) => avro.Type.forSchema(schema, { registry: { long } }),
}

await measured(async () => {
  let files = 0
  let bytes = 0
  for (const name of readdirSync(folder).filter((one) => /-m\d+\.avro$/.test(one))) {
    const blocks = createReadStream(join(folder, name)).pipe(new avro.streams.BlockDecoder(options))
    for await (const { data_file: file } of blocks) {
      files++
      bytes += Number(file.file_size_in_bytes)
    }
  }
  return { files, bytes }
})
