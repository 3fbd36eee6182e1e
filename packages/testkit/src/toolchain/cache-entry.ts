import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type LockOptions, withFileLock } from './file-lock.js'
import { requireWritableFolder } from './writable-folder.js'

// Written last: a folder without it was left by a run that did not finish.
const completeMarker = '.complete'

export interface CacheEntry {
  readonly cacheFolder: string
  /** `jars`, `python`, `spark-classes` or `kafka-classes`. */
  readonly kind: string
  /** From `cacheKey`. */
  readonly key: string
}

/** The entry's folder when it is complete. Costs one look at the file system. */
export function findCacheEntry(entry: CacheEntry): string | undefined {
  const folder = folderOf(entry)
  return existsSync(join(folder, completeMarker)) ? folder : undefined
}

/**
 * The entry's folder, filled by `fill` when it is not complete yet. Of several processes that need it at once, one fills
 * it and the others wait. `fill` gets the final path, since a Python environment can't be moved.
 *
 * @throws TidewaterError `FOLDER_NOT_WRITABLE`, or what `fill` throws; the next call starts afresh then
 */
export async function ensureCacheEntry(
  entry: CacheEntry,
  fill: (folder: string) => Promise<void>,
  options: LockOptions = {},
): Promise<string> {
  const found = findCacheEntry(entry)
  if (found !== undefined) return found
  await requireWritableFolder(
    entry.cacheFolder,
    'cache folder',
    'Set TIDEWATER_CACHE_FOLDER to a folder that can be written.',
  )
  const folder = folderOf(entry)
  await mkdir(dirname(folder), { recursive: true })
  const work = async () => {
    const filledMeanwhile = findCacheEntry(entry)
    if (filledMeanwhile !== undefined) return filledMeanwhile
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
    try {
      await fill(folder)
      await writeFile(join(folder, completeMarker), '')
    } catch (thrown) {
      await rm(folder, { recursive: true, force: true })
      throw thrown
    }
    return folder
  }
  // One lock for a kind: Maven's local repository is not made for two of them downloading the same file.
  return withFileLock(join(entry.cacheFolder, `${entry.kind}.lock`), work, options)
}

function folderOf(entry: CacheEntry): string {
  return join(entry.cacheFolder, entry.kind, entry.key)
}
