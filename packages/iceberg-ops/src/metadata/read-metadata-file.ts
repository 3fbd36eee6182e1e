import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { messageOf } from '@tidewater/core'
import type { ObjectReader } from '@tidewater/core/storage'
import { damaged, located, missing, unsupported } from './damage.js'
import type { TableMetadata } from './table/model.js'
import { parseTableMetadata } from './table/parse-table.js'

/** What reading a table's files takes. */
export interface ReadOptions {
  /** Such as `createObjectStore()` of `@tidewater/core/storage`. */
  readonly objects: ObjectReader
  readonly signal?: AbortSignal | undefined
}

// A string of Node can't be much longer.
const maxMetadataBytes = 500 * 1024 * 1024

/**
 * Reads one metadata file, `….metadata.json`. Gzip is told by the file's first bytes, whatever its name.
 *
 * @throws TidewaterError `METADATA_MISSING`, `METADATA_CORRUPT`, `METADATA_UNSUPPORTED`, `ABORTED`, and what `objects` throw:
 * `STORAGE_FAILED`, `AUTHORIZATION_FAILED` and others of S3
 */
export async function readMetadataFile(location: string, options: ReadOptions): Promise<TableMetadata> {
  const metadata = await readMetadataIfThere(location, options)
  if (metadata === undefined) throw missing(location, "it is named as the table's metadata")
  return metadata
}

/** The same; undefined when the file isn't there. */
export async function readMetadataIfThere(
  location: string,
  { objects, signal }: ReadOptions,
): Promise<TableMetadata | undefined> {
  const found = await objects.get(location, { signal })
  if (found === undefined) return undefined
  try {
    return parseTableMetadata(
      await textOf(Buffer.from(found.bytes.buffer, found.bytes.byteOffset, found.bytes.byteLength)),
    )
  } catch (thrown) {
    throw located(location, thrown)
  }
}

const unzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)

async function textOf(bytes: Buffer): Promise<string> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    if (bytes.length > maxMetadataBytes) throw tooLarge()
    return bytes.toString('utf8')
  }
  try {
    return (await unzip(bytes, { maxOutputLength: maxMetadataBytes })).toString('utf8')
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw damaged(
      'compression',
      `${bytes.length} bytes of gzip can't be decompressed: ${messageOf(cause)}`,
      {},
      cause,
    )
  }
}

function tooLarge() {
  return unsupported(
    `the metadata is larger than ${maxMetadataBytes} bytes`,
    'Expire snapshots, which are most of it, with the engine that writes the table.',
    { maxMetadataBytes },
  )
}
