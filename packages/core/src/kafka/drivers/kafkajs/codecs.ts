import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type * as Kafkajs from 'kafkajs'
import { TidewaterError } from '../../../errors.js'
import { loadPeer } from '../../../load-peer.js'
import type { Compression } from '../../port.js'

type ZlibFunction = (data: Uint8Array, callback: (error: Error | null, result: Buffer) => void) => void

// node:zlib has Zstandard since 22.15; the types are those of the oldest supported Node.
const { zstdCompress, zstdDecompress } = zlib as unknown as Partial<
  Record<'zstdCompress' | 'zstdDecompress', ZlibFunction>
>

/** What kafkajs can do with this Node version. LZ4's frame format is in neither kafkajs nor node:zlib. */
export const kafkajsCompressions: readonly Compression[] = [
  'none',
  'gzip',
  'snappy',
  ...(zstdCompress === undefined ? [] : (['zstd'] as const)),
]

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

/** kafkajs asks for its codec by calling this; the ones it lacks throw. */
type CodecRegistry = Record<number, () => Codec>

/** Fills in the codecs kafkajs lacks. kafkajs keeps them for the whole process: one a caller registered stays. */
export function registerCodecs(kafkajs: typeof Kafkajs): void {
  const { CompressionTypes } = kafkajs
  const registry = kafkajs.CompressionCodecs as unknown as CodecRegistry
  registerMissing(registry, CompressionTypes.Snappy, () => snappyCodec)
  registerMissing(registry, CompressionTypes.LZ4, () => {
    throw unsupportedCodec('lz4')
  })
  registerMissing(registry, CompressionTypes.ZSTD, () => {
    if (zstdCompress === undefined || zstdDecompress === undefined) throw unsupportedCodec('zstd')
    const compress = promisify(zstdCompress)
    const decompress = promisify(zstdDecompress)
    return { compress: ({ buffer }) => compress(buffer), decompress }
  })
}

function registerMissing(registry: CodecRegistry, type: number, codec: () => Codec): void {
  try {
    registry[type]?.()
  } catch {
    registry[type] = codec
  }
}

function unsupportedCodec(compression: Compression): Error {
  const supported = kafkajsCompressions.join(', ')
  return notRetried(
    new TidewaterError(
      'DRIVER_UNSUPPORTED_OPTION',
      `The kafkajs driver can't read or write compression "${compression}" on Node ${process.version}: it supports ${supported}`,
      {
        remedy: 'Use the confluent driver, or another compression.',
        details: {
          driver: 'kafkajs',
          option: 'compression',
          value: compression,
          supported: kafkajsCompressions,
        },
      },
    ),
  )
}

/**
 * kafkajs tells errors apart by name, and this one alone ends a consumer; after any other from a codec it fetches the
 * same batch again for ever.
 */
function notRetried(cause: TidewaterError): Error {
  const error = new Error(cause.message, { cause })
  return Object.assign(error, { name: 'KafkaJSNotImplemented', retriable: false })
}

type Snappy = Pick<typeof import('snappy'), 'compressSync' | 'uncompressSync'>

/** @throws TidewaterError `DRIVER_NOT_INSTALLED` */
export async function loadSnappy(): Promise<Snappy> {
  const module = await loadPeer('snappy', () => import('snappy'))
  return module.default ?? module
}

// Synchronous on purpose: with its asynchronous calls snappy 7 lets a process grow by hundreds of megabytes that no garbage
// collection gives back, and a batch takes about a millisecond.
const snappyCodec: Codec = {
  // One raw block, as librdkafka writes it; Java reads both forms.
  async compress({ buffer }) {
    const snappy = await loadSnappy()
    return snappy.compressSync(buffer, { copyOutputData: true })
  },
  async decompress(buffer) {
    const snappy = await loadSnappy().catch((error: TidewaterError) => {
      throw notRetried(error)
    })
    if (!isXerial(buffer)) return uncompress(snappy, buffer)
    const blocks: Buffer[] = []
    for (let position = xerialHeaderBytes; position < buffer.length; ) {
      const size = buffer.readInt32BE(position)
      position += 4
      blocks.push(uncompress(snappy, buffer.subarray(position, position + size)))
      position += size
    }
    return Buffer.concat(blocks)
  },
}

function uncompress(snappy: Snappy, block: Buffer): Buffer {
  return snappy.uncompressSync(block, { asBuffer: true, copyOutputData: true }) as Buffer
}

// The framing of the snappy-java library, which Java clients write: this magic, two version numbers, then blocks of a
// big-endian length and a raw snappy block each.
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const xerialHeaderBytes = 16

export function isXerial(buffer: Buffer): boolean {
  return buffer.length >= xerialHeaderBytes && buffer.subarray(0, xerialMagic.length).equals(xerialMagic)
}

export function compressionType(kafkajs: typeof Kafkajs, compression: Compression): Kafkajs.CompressionTypes {
  const { CompressionTypes } = kafkajs
  const types: Record<Compression, Kafkajs.CompressionTypes> = {
    none: CompressionTypes.None,
    gzip: CompressionTypes.GZIP,
    snappy: CompressionTypes.Snappy,
    lz4: CompressionTypes.LZ4,
    zstd: CompressionTypes.ZSTD,
  }
  return types[compression]
}
