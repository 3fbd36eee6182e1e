// The same files by avsc's own container reader and a reader's schema of the fields that health needs: the manifests alone.
import { createReadStream, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inflateRaw } from 'node:zlib'
import avro from 'avsc'

const [location] = process.argv.slice(2)
const folder = dirname(location)

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
          fields: [optional('at_day', 'int'), optional('region', 'string')],
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

const before = process.resourceUsage()
const startedMs = performance.now()
let files = 0
let bytes = 0
for (const name of readdirSync(folder).filter((one) => /-m\d+\.avro$/.test(one))) {
  const blocks = createReadStream(join(folder, name)).pipe(new avro.streams.BlockDecoder(options))
  for await (const { data_file: file } of blocks) {
    files++
    bytes += Number(file.file_size_in_bytes)
  }
}
const seconds = (performance.now() - startedMs) / 1_000
const after = process.resourceUsage()
process.stdout.write(
  JSON.stringify({
    seconds,
    cpuSeconds: (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6,
    maxRssMiB: after.maxRSS / 1_024,
    files,
    bytes,
  }),
)
