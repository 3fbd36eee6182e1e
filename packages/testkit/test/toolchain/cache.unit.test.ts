import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureCacheEntry, findCacheEntry } from '../../src/toolchain/cache-entry.js'
import { cacheFolder, cacheKey } from '../../src/toolchain/cache-folder.js'
import { claimFile, withFileLock } from '../../src/toolchain/file-lock.js'
import { requireWritableFolder } from '../../src/toolchain/writable-folder.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-cache-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const entry = () => ({ cacheFolder: folder, kind: 'jars', key: 'set-1' })

test.each([
  [{ TIDEWATER_CACHE_FOLDER: '/c', XDG_CACHE_HOME: '/x' }, 'linux', '/c'],
  [{ XDG_CACHE_HOME: '/x' }, 'linux', '/x/tidewater'],
  [{ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/u/.cache/tidewater'],
  [{ XDG_CACHE_HOME: '' }, 'linux', '/home/u/.cache/tidewater'],
  [{}, 'darwin', '/home/u/Library/Caches/tidewater'],
  [{ XDG_CACHE_HOME: '/x' }, 'darwin', '/x/tidewater'],
])('the cache folder for %j on %s is %s', (env, platform, expected) => {
  expect(cacheFolder(env, platform, '/home/u')).toBe(expected)
})

test('a key changes with each of its inputs and with their borders', () => {
  const keys = [
    cacheKey('a', ['pom']),
    cacheKey('a', ['pom ']),
    cacheKey('b', ['pom']),
    cacheKey('a', ['po', 'm']),
    cacheKey('a', ['p', 'om']),
  ]
  expect(new Set(keys).size).toBe(keys.length)
  expect(cacheKey('a', ['pom'])).toBe(keys[0])
})

test('an entry is filled once and found afterwards', async () => {
  let fills = 0
  const fill = async (into: string) => {
    fills += 1
    await writeFile(join(into, 'x.jar'), 'x')
  }
  expect(findCacheEntry(entry())).toBeUndefined()
  const first = await ensureCacheEntry(entry(), fill)
  expect(await ensureCacheEntry(entry(), fill)).toBe(first)
  expect(findCacheEntry(entry())).toBe(first)
  expect(fills).toBe(1)
  expect(await readFile(join(first, 'x.jar'), 'utf8')).toBe('x')
})

test('of several that need it at once one fills it and the others wait', async () => {
  let fills = 0
  const waits: number[] = []
  let everyoneElseWaits = () => {}
  const waiting = new Promise<void>((resolve) => {
    everyoneElseWaits = resolve
  })
  const fill = async (into: string) => {
    fills += 1
    await waiting
    await writeFile(join(into, 'x.jar'), 'x')
  }
  const onWait = (pid: number) => {
    if (waits.push(pid) === 2) everyoneElseWaits()
  }
  const folders = await Promise.all([1, 2, 3].map(() => ensureCacheEntry(entry(), fill, { onWait })))
  expect(fills).toBe(1)
  expect(new Set(folders).size).toBe(1)
  expect(waits).toEqual([process.pid, process.pid])
})

test('what a failed fill left is thrown away, and so is what a crash left', async () => {
  const failing = ensureCacheEntry(entry(), async (into) => {
    await writeFile(join(into, 'half.jar'), 'x')
    throw new Error('network gone')
  })
  await expect(failing).rejects.toThrow('network gone')
  expect(findCacheEntry(entry())).toBeUndefined()
  await mkdir(join(folder, 'jars', 'set-1'))
  await writeFile(join(folder, 'jars', 'set-1', 'half.jar'), 'x')
  const filled = await ensureCacheEntry(entry(), (into) => writeFile(join(into, 'x.jar'), 'x'))
  expect((await readdir(filled)).sort()).toEqual(['.complete', 'x.jar'])
  expect(existsSync(join(folder, 'jars.lock'))).toBe(false)
})

test('a lock whose holder is gone is taken over, also when its pid runs again as another process', async () => {
  const lock = join(folder, 'l.lock')
  const gone = [
    { pid: process.pid, startedAt: 'long ago' },
    { pid: 2 ** 22 + 1, startedAt: 'x' },
  ]
  for (const holder of gone) {
    await writeFile(claimFile(lock, holder, 'of-the-dead'), '')
    expect(await withFileLock(lock, async () => 'mine')).toBe('mine')
    expect(await readdir(folder)).toEqual([])
  }
})

test('of many who want the lock of a dead holder, one at a time has it, and each gets it', async () => {
  const lock = join(folder, 'l.lock')
  for (let round = 0; round < 10; round++) {
    await writeFile(claimFile(lock, { pid: 2 ** 22 + 1, startedAt: 'x' }, 'of-the-dead'), '')
    let holders = 0
    const claimants = Array.from({ length: 6 }, (_, n) =>
      withFileLock(lock, async () => {
        holders += 1
        expect(holders).toBe(1)
        await new Promise(setImmediate)
        holders -= 1
        return n
      }),
    )
    expect(await Promise.all(claimants)).toEqual([0, 1, 2, 3, 4, 5])
  }
  expect(await readdir(folder)).toEqual([])
})

test('waiting for a lock can be aborted', async () => {
  const lock = join(folder, 'l.lock')
  const controller = new AbortController()
  await withFileLock(lock, async () => {
    const waiting = withFileLock(lock, async () => 'never', {
      signal: controller.signal,
      onWait: () => controller.abort(),
    })
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

test('a folder below a file is not writable, and the error names it and the remedy', async () => {
  await writeFile(join(folder, 'file'), '')
  const path = join(folder, 'file', 'state')
  await expect(requireWritableFolder(path, 'state folder', 'Choose another.')).rejects.toMatchObject({
    code: 'FOLDER_NOT_WRITABLE',
    message: expect.stringContaining(path),
    remedy: 'Choose another.',
  })
})
