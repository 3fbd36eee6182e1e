import { messageOf, throwIfAborted } from '@tidewater/core'
import { damaged } from '../damage.js'
import { loadDecompressor, tooLarge } from './codecs.js'
import { ByteCursor } from './cursor.js'
import { PieceBuffer } from './piece-buffer.js'

export interface ContainerOptions {
  readonly signal?: AbortSignal | undefined
  /** Largest block, compressed or not. Default 256 MiB; writers of Iceberg end a block at 64 KB, or write one for all. */
  readonly maxBlockBytes?: number | undefined
}

/** An Avro object container file (Avro specification 1.11, "Object Container Files"), its header read. */
export interface AvroContainer {
  /** The header's key-value pairs. */
  readonly metadata: ReadonlyMap<string, string>
  /** The JSON of the schema: many files have the same, which {@link parseAvroSchema} then reads once. */
  readonly schemaText: string
  /** In order, once. A block's bytes are valid until the next one is asked for. */
  readonly blocks: AsyncIterable<AvroBlock>
  /** Lets the source go, also when no block was asked for. */
  close(): Promise<void>
}

export interface AvroBlock {
  /** Records in it. */
  readonly count: number
  /** Decompressed. */
  readonly bytes: Buffer
}

const magic = Buffer.from('Obj\x01', 'latin1')
const syncBytes = 16
const longestNumber = 10
const maxHeaderBytes = 16 * 1024 * 1024
const firstHeaderBytes = 16 * 1024
const defaultMaxBlockBytes = 256 * 1024 * 1024

/**
 * Reads a container's header. Memory is a piece and a block.
 *
 * @throws TidewaterError `METADATA_CORRUPT`, `METADATA_UNSUPPORTED`, `PACKAGE_NOT_INSTALLED`, `ABORTED`, and what `pieces`
 * throw; the same from `blocks`
 */
export async function openContainer(
  pieces: AsyncIterable<Uint8Array>,
  { signal, maxBlockBytes = defaultMaxBlockBytes }: ContainerOptions = {},
): Promise<AvroContainer> {
  const input = new PieceBuffer(pieces)
  try {
    const { metadata, sync } = await readHeader(input)
    const decompress = await loadDecompressor(metadata.get('avro.codec') ?? 'null')
    const schemaText = metadata.get('avro.schema')
    if (schemaText === undefined) throw damaged('schema', 'the header has no avro.schema')
    const blocks = readBlocks(input, sync, decompress, maxBlockBytes, signal)
    return { metadata, schemaText, blocks, close: () => input.close() }
  } catch (thrown) {
    await input.close()
    throw thrown
  }
}

async function* readBlocks(
  input: PieceBuffer,
  sync: Buffer,
  decompress: Awaited<ReturnType<typeof loadDecompressor>>,
  maxBlockBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<AvroBlock> {
  const cursor = new ByteCursor()
  try {
    for (let block = 0; ; block++) {
      throwIfAborted(signal)
      await input.fill(2 * longestNumber)
      if (input.available.length === 0) return
      const [count, sizeBytes] = readNumbers(cursor, input, block)
      if (sizeBytes > maxBlockBytes) throw tooLarge(maxBlockBytes)
      if (!(await input.fill(sizeBytes + syncBytes))) throw truncated(`block ${block}`, sizeBytes, input)
      const compressed = input.take(sizeBytes)
      if (input.take(syncBytes).compare(sync) !== 0) {
        throw damaged('sync-marker', `block ${block} doesn't end in the file's sync marker`, { block })
      }
      yield { count, bytes: await decompress(compressed, maxBlockBytes) }
    }
  } finally {
    await input.close()
  }
}

function readNumbers(cursor: ByteCursor, input: PieceBuffer, block: number): [number, number] {
  cursor.over(input.available)
  let count: number
  let sizeBytes: number
  try {
    count = cursor.readNumber()
    sizeBytes = cursor.readNumber()
  } catch (cause) {
    if (input.available.length < 2 * longestNumber) throw truncated(`block ${block}`, undefined, input)
    throw damaged('record', `the head of block ${block} can't be read: ${messageOf(cause)}`, { block }, cause)
  }
  if (count < 0 || sizeBytes < 0) {
    throw damaged('record', `block ${block} has ${count} records in ${sizeBytes} bytes`, {
      block,
      count,
      sizeBytes,
    })
  }
  input.take(cursor.position)
  return [count, sizeBytes]
}

async function readHeader(input: PieceBuffer): Promise<{ metadata: Map<string, string>; sync: Buffer }> {
  const hasMagic = (await input.fill(magic.length)) && input.available.subarray(0, magic.length).equals(magic)
  if (!hasMagic) {
    const begin = input.available.subarray(0, magic.length).toString('hex')
    throw damaged('magic', `not an Avro file: it begins with ${begin === '' ? 'nothing' : `0x${begin}`}`)
  }
  for (let wanted = firstHeaderBytes; ; wanted *= 2) {
    const isWhole = !(await input.fill(wanted))
    try {
      const cursor = new ByteCursor().over(input.available)
      cursor.advance(magic.length)
      const metadata = readPairs(cursor)
      const sync = cursor.readBytes(syncBytes)
      input.take(cursor.position)
      return { metadata, sync }
    } catch (cause) {
      if (!isWhole && wanted < maxHeaderBytes) continue
      throw damaged(
        isWhole ? 'truncated' : 'header',
        `the header can't be read from the ${input.available.length} bytes there are: ${messageOf(cause)}`,
        {},
        cause,
      )
    }
  }
}

function readPairs(cursor: ByteCursor): Map<string, string> {
  const pairs = new Map<string, string>()
  for (let count = cursor.readBlockCount(); count !== 0; count = cursor.readBlockCount()) {
    for (let pair = 0; pair < count; pair++) pairs.set(cursor.readString(), cursor.readString())
  }
  return pairs
}

function truncated(what: string, announcedBytes: number | undefined, input: PieceBuffer) {
  const left = input.available.length
  const announced = announcedBytes === undefined ? '' : ` of ${announcedBytes} bytes`
  return damaged('truncated', `the file ends in ${what}${announced}, ${left} bytes after its head`, {
    ...(announcedBytes === undefined ? {} : { announcedBytes }),
    leftBytes: left,
  })
}
