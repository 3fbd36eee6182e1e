import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { link, mkdir, open, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf, TidewaterError } from '../errors.js'
import { throwIfAborted } from '../retry/run.js'
import { joinLocation, parseLocation } from './location.js'
import type { ByteRange, ListedObject, ObjectFacts, ObjectStore, StorageCall } from './port.js'

const unfinishedPrefix = '.tidewater-unfinished-'
const pieceBytes = 256 * 1024
// Files that are looked at together when a folder is listed.
const listedTogether = 64

/** Files as objects. A write goes to a file beside its target first and gets the target's name when it is whole. */
export const fileStore: ObjectStore = {
  head: (location, call) =>
    inFile(location, call, async (path) => {
      const facts = await stat(path)
      return facts.isFile() ? factsOf(facts) : undefined
    }),

  get: (location, call = {}) =>
    inFile(location, call, async (path) => {
      const handle = await open(path, 'r')
      try {
        const facts = await handle.stat()
        if (!facts.isFile()) return undefined
        const { start, length } = spanOf(call.range, facts.size)
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start)
        return { ...factsOf(facts), bytes: buffer.subarray(0, bytesRead) }
      } finally {
        await handle.close()
      }
    }),

  async open(location, call = {}) {
    const facts = await fileStore.head(location, call)
    return facts === undefined ? undefined : { ...facts, pieces: piecesOf(location, facts, call) }
  },

  async put(location, bytes, call = {}) {
    const written = await inFile(location, call, async (path) => {
      await mkdir(dirname(path), { recursive: true })
      const unfinished = join(dirname(path), `${unfinishedPrefix}${randomUUID()}`)
      try {
        await writeFile(unfinished, bytes, { flush: true })
        if (call.ifAbsent !== true) await rename(unfinished, path)
        // A rename would replace what is there; a second name for the file can't.
        else await link(unfinished, path)
        return true
      } catch (thrown) {
        if (call.ifAbsent === true && codeOf(thrown) === 'EEXIST') return false
        throw thrown
      } finally {
        await rm(unfinished, { force: true })
      }
    })
    return written === true
  },

  list: (folder, call = {}) => filesUnder(folder, '', call),

  async delete(location, call) {
    await inFile(location, call, (path) => unlink(path))
  },

  close: () => undefined,
}

async function* piecesOf(
  location: string,
  facts: ObjectFacts,
  call: StorageCall,
): AsyncGenerator<Uint8Array> {
  const handle = await inFile(location, call, (path) => open(path, 'r'))
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, Math.max(1, facts.sizeBytes)))
    for (let position = 0; position < facts.sizeBytes; ) {
      const length = Math.min(buffer.length, facts.sizeBytes - position)
      const read = await inFile(location, call, () => handle?.read(buffer, 0, length, position) ?? nothing)
      if (read === undefined || read.bytesRead === 0) throw cutShort(location, position, facts)
      position += read.bytesRead
      yield buffer.subarray(0, read.bytesRead)
    }
  } finally {
    await handle?.close()
  }
}

const nothing = Promise.resolve({ bytesRead: 0 })

function cutShort(location: string, position: number, { sizeBytes }: ObjectFacts): TidewaterError {
  return new TidewaterError(
    'STORAGE_FAILED',
    `${location} ends at byte ${position} of ${sizeBytes}: it was cut or deleted while it was read`,
    { remedy: 'Read it again once nobody writes it.', details: { location, position, sizeBytes } },
  )
}

/** A folder's name is compared with the slash behind it, as in the keys of S3. */
async function* filesUnder(root: string, folder: string, call: StorageCall): AsyncGenerator<ListedObject> {
  const entries = await inFile(joinLocation(root, ...namesOf(folder)), call, (path) =>
    readdir(path, { withFileTypes: true }),
  )
  const found = (entries ?? [])
    .filter((entry) => entry.isDirectory() || (entry.isFile() && !entry.name.startsWith(unfinishedPrefix)))
    .map((entry) => ({
      isFolder: entry.isDirectory(),
      name: `${entry.name}${entry.isDirectory() ? '/' : ''}`,
    }))
    .sort((one, other) => compareBytes(one.name, other.name))
  for (let begin = 0; begin < found.length; ) {
    throwIfAborted(call.signal)
    const next = found[begin]
    if (next?.isFolder === true) {
      yield* filesUnder(root, `${folder}${next.name}`, call)
      begin++
      continue
    }
    const folderAfter = found.findIndex(({ isFolder }, at) => at > begin && isFolder)
    const end = Math.min(begin + listedTogether, folderAfter === -1 ? found.length : folderAfter)
    const files = found
      .slice(begin, end)
      .map(({ name }) => joinLocation(root, ...namesOf(`${folder}${name}`)))
    const heads = await Promise.all(files.map((location) => fileStore.head(location, call)))
    for (const [at, location] of files.entries()) {
      const facts = heads[at]
      // One that has gone since the folder was read was deleted before we came to it.
      if (facts !== undefined) yield { location, ...facts }
    }
    begin = end
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '')
}

function factsOf({ size, mtimeMs, ino }: Stats): ObjectFacts {
  return { sizeBytes: size, etag: `${ino}-${size}-${mtimeMs}`, modifiedAtMs: mtimeMs }
}

function spanOf(range: ByteRange | undefined, sizeBytes: number): { start: number; length: number } {
  if (range === undefined) return { start: 0, length: sizeBytes }
  if ('lastBytes' in range) {
    const length = Math.min(range.lastBytes, sizeBytes)
    return { start: sizeBytes - length, length }
  }
  const end = Math.min(range.endExclusive ?? sizeBytes, sizeBytes)
  return { start: range.start, length: Math.max(0, end - range.start) }
}

async function inFile<T>(
  location: string,
  { signal }: StorageCall = {},
  work: (path: string) => Promise<T>,
): Promise<T | undefined> {
  throwIfAborted(signal)
  const parsed = parseLocation(location)
  if (parsed.type !== 'file') {
    throw new TidewaterError('CONFIG_INVALID', `${location} is not in the file system`, {
      remedy: 'Use createObjectStore(), which takes both kinds of location.',
    })
  }
  try {
    return await unlessGone(() => work(parsed.path))
  } catch (cause) {
    throw new TidewaterError('STORAGE_FAILED', `${location}: ${messageOf(cause)}`, {
      remedy: 'Check the rights on the file and its folder, and the space on its disk.',
      details: { location, errno: codeOf(cause) },
      cause,
    })
  }
}

async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(thrown) ?? '')) return undefined
    throw thrown
  }
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code
}

function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
