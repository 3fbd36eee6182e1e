import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { loadPeer, messageOf, TidewaterError } from '@tidewater/core'
import { damaged, unsupported } from '../damage.js'

/** Decompresses a block, which may be no larger than `maxBytes` then. */
export type Decompress = (block: Buffer, maxBytes: number) => Buffer | Promise<Buffer>

type ZstdDecompress = (
  data: Uint8Array,
  options: { maxOutputLength: number },
  callback: (error: Error | null, result: Buffer) => void,
) => void
// node:zlib has Zstandard since 22.15; the types are those of the oldest supported Node.
const { zstdDecompress } = zlib as unknown as { readonly zstdDecompress?: ZstdDecompress }

/** The codecs of Avro (specification 1.11, "Required Codecs" and "Optional Codecs") that Iceberg's writers are set to. */
const loaders: Readonly<Record<string, () => Promise<Decompress>>> = {
  null: async () => (block) => block,
  deflate: async () => inflate,
  snappy: loadSnappy,
  zstandard: loadZstandard,
}

/**
 * @param codec as in a file's `avro.codec`
 * @throws TidewaterError `METADATA_UNSUPPORTED`, `PACKAGE_NOT_INSTALLED` (`snappy`; `@hpcc-js/wasm-zstd` on Node before 22.15).
 * What it returns throws `METADATA_CORRUPT` and `METADATA_UNSUPPORTED`.
 */
export function loadDecompressor(codec: string): Promise<Decompress> {
  const load = Object.hasOwn(loaders, codec) ? loaders[codec] : undefined
  if (load !== undefined) return load()
  const known = Object.keys(loaders)
  throw unsupported(
    `the codec is ${JSON.stringify(codec)}; ${known.join(', ')} are read`,
    "Set the table's write.avro.compression-codec to gzip and rewrite its manifests.",
    { codec, supported: known },
  )
}

// Avro's writers end a block at about 64 KB: one piece of output, where the default would make five and join them.
const inflateChunkBytes = 96 * 1024
const inflateRaw = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflateRaw)

const inflate: Decompress = async (block, maxBytes) => {
  try {
    return await inflateRaw(block, { maxOutputLength: maxBytes, chunkSize: inflateChunkBytes })
  } catch (thrown) {
    throw refused('deflate', thrown, maxBytes)
  }
}

/** Behind each block are four bytes, big-endian: the CRC-32 of what it decompresses to. */
async function loadSnappy(): Promise<Decompress> {
  const module = await loadPeer('snappy', () => import('snappy'), 'PACKAGE_NOT_INSTALLED')
  const snappy = module.default ?? module
  return (block, maxBytes) => {
    if (block.length < 5) throw damaged('compression', `a snappy block of ${block.length} bytes`)
    const compressed = block.subarray(0, -4)
    requireSize(statedSnappySize(compressed), maxBytes)
    let bytes: Buffer
    try {
      bytes = snappy.uncompressSync(compressed, { asBuffer: true, copyOutputData: true }) as Buffer
    } catch (thrown) {
      throw refused('snappy', thrown, maxBytes)
    }
    const stated = block.readUInt32BE(block.length - 4)
    const actual = zlib.crc32(bytes)
    if (stated === actual) return bytes
    const digits = (sum: number) => sum.toString(16).padStart(8, '0')
    throw damaged('checksum', `a block's checksum is ${digits(actual)}, not ${digits(stated)} as stated`)
  }
}

/** A raw snappy block begins with its size, seven bits to a byte. */
function statedSnappySize(block: Buffer): number {
  let size = 0
  for (let at = 0; at < 5; at++) {
    const byte = block[at] ?? 0
    size += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) break
  }
  return size
}

async function loadZstandard(): Promise<Decompress> {
  if (zstdDecompress !== undefined) {
    const decompress = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(zstdDecompress)
    return async (block, maxBytes) => {
      try {
        return await decompress(block, { maxOutputLength: maxBytes })
      } catch (thrown) {
        throw refused('zstandard', thrown, maxBytes)
      }
    }
  }
  const { Zstd } = await loadPeer(
    '@hpcc-js/wasm-zstd',
    () => import('@hpcc-js/wasm-zstd'),
    'PACKAGE_NOT_INSTALLED',
  )
  const zstd = await Zstd.load()
  return (block, maxBytes) => {
    requireSize(statedZstandardSize(block) ?? 0, maxBytes)
    let bytes: Uint8Array
    try {
      bytes = zstd.decompress(block)
    } catch (thrown) {
      throw refused('zstandard', thrown, maxBytes)
    }
    requireSize(bytes.byteLength, maxBytes)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}

/** RFC 8878, section 3.1.1.1: a frame may state its content's size. */
function statedZstandardSize(block: Buffer): number | undefined {
  const descriptor = block[4]
  if (descriptor === undefined || block.length < 18) return undefined
  const isSingleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes
  switch (descriptor >>> 6) {
    case 0:
      return isSingleSegment ? block[at] : undefined
    case 1:
      return block.readUInt16LE(at) + 256
    case 2:
      return block.readUInt32LE(at)
    default:
      return Number(block.readBigUInt64LE(at))
  }
}

function requireSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) throw tooLarge(maxBytes)
}

function refused(codec: string, thrown: unknown, maxBytes: number): TidewaterError {
  if (TidewaterError.isInstance(thrown)) return thrown
  if ((thrown as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBytes)
  return damaged(
    'compression',
    `a block can't be decompressed with ${codec}: ${messageOf(thrown)}`,
    { codec },
    thrown,
  )
}

export function tooLarge(maxBytes: number): TidewaterError {
  return unsupported(
    `a block of more than ${maxBytes} bytes (maxBlockBytes)`,
    'Raise maxBlockBytes if the file is sound, and see that there is memory for it.',
    { maxBlockBytes: maxBytes },
  )
}
