import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { link, mkdir, open, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf, TidewaterError } from '../errors.js'
import { throwIfAborted } from '../retry/run.js'
import { joinLocation, parseLocation } from './location.js'
import type { ByteRange, ListedObject, ObjectFacts, ObjectStore, StorageCall } from './port.js'

const unfinishedPrefix = '.tidewater-unfinished-'

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

  async *list(folder, call = {}) {
    const found = await inFile(folder, call, (path) => filesUnder(path, ''))
    for (const { path, facts } of (found ?? []).sort((one, other) => compareBytes(one.path, other.path))) {
      throwIfAborted(call.signal)
      yield { location: joinLocation(folder, path), ...facts } satisfies ListedObject
    }
  },

  async delete(location, call) {
    await inFile(location, call, (path) => unlink(path))
  },

  close: () => undefined,
}

async function filesUnder(
  root: string,
  folder: string,
): Promise<{ readonly path: string; readonly facts: ObjectFacts }[]> {
  const found: { path: string; facts: ObjectFacts }[] = []
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await filesUnder(root, path)))
    if (!entry.isFile() || entry.name.startsWith(unfinishedPrefix)) continue
    // One that has gone since the folder was read was deleted before we came to it.
    const facts = await unlessGone(() => stat(join(root, path)))
    if (facts !== undefined) found.push({ path, facts: factsOf(facts) })
  }
  return found
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
