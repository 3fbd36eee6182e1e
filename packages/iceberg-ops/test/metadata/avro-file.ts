import { createHash } from 'node:crypto'
import { crc32, deflateRawSync } from 'node:zlib'
import { Zstd } from '@hpcc-js/wasm-zstd'
import { type Schema, Type, types } from 'avsc'
import { compressSync } from 'snappy'

const zstd = await Zstd.load()

export const codecs = ['null', 'deflate', 'snappy', 'zstandard'] as const

const compressors: Readonly<Record<string, (block: Buffer) => Uint8Array>> = {
  null: (block) => block,
  deflate: (block) => deflateRawSync(block),
  snappy: (block) => {
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(block))
    return Buffer.concat([compressSync(block), sum])
  },
  zstandard: (block) => zstd.compress(block),
}

/** avsc's type with longs of 64 bits as bigint. */
export function avroType(schema: unknown): Type {
  const long = types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(value))
      return bytes
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
    compare: (one: bigint, other: bigint) => (one < other ? -1 : one > other ? 1 : 0),
  })
  return Type.forSchema(schema as Schema, { registry: { long }, wrapUnions: false })
}

export interface AvroFileOptions {
  readonly codec?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly recordsPerBlock?: number
}

/** An Avro container file as avsc encodes its records. */
export function avroFile(
  schema: unknown,
  records: readonly unknown[],
  { codec = 'deflate', metadata = {}, recordsPerBlock = 3 }: AvroFileOptions = {},
): Buffer {
  const type = avroType(schema)
  const pairs = { 'avro.schema': JSON.stringify(schema), 'avro.codec': codec, ...metadata }
  const sync = createHash('md5').update(JSON.stringify(pairs)).digest()
  const header = Type.forSchema({ type: 'map', values: 'bytes' }).toBuffer(
    Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, Buffer.from(value)])),
  )
  const parts: Uint8Array[] = [Buffer.from('Obj\x01', 'latin1'), header, sync]
  for (let begin = 0; begin < records.length; begin += recordsPerBlock) {
    const some = records.slice(begin, begin + recordsPerBlock)
    const plain = Buffer.concat(some.map((record) => type.toBuffer(record)))
    const block = compressors[codec]?.(plain) ?? plain
    parts.push(number(some.length), number(block.byteLength), block, sync)
  }
  return Buffer.concat(parts)
}

function number(value: number): Buffer {
  return Type.forSchema('long').toBuffer(value)
}

/** Bytes in pieces, as a store gives them: each in the memory of the one before. */
export async function* inPieces(bytes: Buffer, pieceBytes = 7): AsyncGenerator<Uint8Array> {
  const memory = Buffer.alloc(pieceBytes)
  for (let begin = 0; begin < bytes.length; begin += pieceBytes) {
    const length = bytes.copy(memory, 0, begin, begin + pieceBytes)
    yield memory.subarray(0, length)
  }
}
