import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { abortableSleep, TidewaterError } from '@tidewater/core'
import { identifyProcess, isRunning, type ProcessIdentity } from '../supervisor/process-identity.js'

const pollMs = 100

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, when another process holds the lock. */
  readonly onWait?: (holderPid: number) => void
}

/**
 * Runs `work` while this process alone, among all processes of the machine, holds the lock. A lock whose holder is gone
 * is taken over. Not reentrant.
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const token = randomUUID()
  const self = await identifyProcess(process.pid)
  if (self === undefined) throw new TidewaterError('INTERNAL', 'This process could not be identified')
  const content = JSON.stringify({ ...self, token })
  let waited = false
  while (!(await claim(file, content))) {
    const holder = await readHolder(file)
    if (holder === undefined) continue
    if (!(await isRunning(holder))) {
      await breakLock(file, holder.text)
      continue
    }
    if (!waited) options.onWait?.(holder.pid)
    waited = true
    await abortableSleep(pollMs, options.signal)
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function claim(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx' })
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw thrown
  }
}

async function readHolder(file: string): Promise<(ProcessIdentity & { text: string }) | undefined> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    const holder = parseHolder(text)
    if (holder !== undefined) return { ...holder, text }
    // Created, but not written yet.
    await abortableSleep(pollMs)
  }
  // Its writer died between creating and writing it.
  await rm(file, { force: true })
  return undefined
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { pid, startedAt } = value as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined
  } catch {
    return undefined
  }
}

// Two waiters may see the same dead holder, and the slower one must not remove the lock the faster one took meanwhile:
// a rename takes exactly one file away, and what was taken is put back when it is not the dead holder's.
async function breakLock(file: string, deadContent: string): Promise<void> {
  const taken = `${file}.${randomUUID()}`
  try {
    await rename(file, taken)
  } catch {
    return
  }
  const content = await readFile(taken, 'utf8')
  if (content !== deadContent) await claim(file, content)
  await rm(taken, { force: true })
}
