import * as zlib from 'node:zlib'
import { type Compression, messageOf, TidewaterError } from '@tidewater/core'

/** Compresses a batch's records at once, on the caller's thread. */
export interface Compressor {
  /** Number in a record batch's attributes. */
  readonly codec: number
  compress(records: Buffer): Uint8Array
}

type ZlibFunction = (data: Uint8Array) => Buffer
// node:zlib has Zstandard since 22.15; the types are those of the oldest supported Node.
const { zstdCompressSync } = zlib as unknown as Partial<Record<'zstdCompressSync', ZlibFunction>>

const loaders: Readonly<Record<Compression, () => Promise<Compressor>>> = {
  none: async () => ({ codec: 0, compress: (records) => records }),
  gzip: async () => ({ codec: 1, compress: (records) => zlib.gzipSync(records) }),
  snappy: async () => {
    const snappy = await import('snappy')
    // Copying the result out is faster than a buffer that native code owns (measured).
    return { codec: 2, compress: (records) => snappy.compressSync(records, { copyOutputData: true }) }
  },
  lz4: async () => {
    const lz4 = await import('lz4-napi')
    return { codec: 3, compress: (records) => lz4.compressFrameSync(records) }
  },
  zstd: async () => {
    if (zstdCompressSync !== undefined) return { codec: 4, compress: zstdCompressSync }
    const { Zstd } = await import('@hpcc-js/wasm-zstd')
    const zstd = await Zstd.load()
    return { codec: 4, compress: (records) => zstd.compress(records) }
  },
}

export const nativeCompressions = Object.keys(loaders) as Compression[]

/** @throws TidewaterError `PACKAGE_NOT_INSTALLED` when the codec's addon isn't there for this platform */
export async function loadCompressor(compression: Compression): Promise<Compressor> {
  try {
    return await loaders[compression]()
  } catch (thrown) {
    throw new TidewaterError(
      'PACKAGE_NOT_INSTALLED',
      `The ${compression} codec can't be loaded: ${messageOf(thrown)}`,
      {
        remedy: 'Install with optional dependencies for this platform, or choose compression: gzip.',
        details: { compression },
        cause: thrown,
      },
    )
  }
}
