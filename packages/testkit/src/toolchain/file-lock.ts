import { randomUUID } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { abortableSleep, TidewaterError } from '@tidewater/core'
import { identifyProcess, isRunning, type ProcessIdentity } from '@tidewater/core/processes'

const pollMs = 100

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, when another process holds the lock. */
  readonly onWait?: (holderPid: number) => void
}

/**
 * Runs `work` while this process alone, among all processes of the machine, holds the lock. A lock whose holder is gone
 * is taken over. Not reentrant.
 *
 * Whoever wants it puts a file of its own beside `file` and looks for others' afterwards: of two who do so at once, the
 * later one sees the other's, so both can't go on. No file is ever taken over, and only the dead's are removed by others:
 * with one shared file, a waiter that broke the dead holder's lock could take away the one a faster waiter had just made.
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const self = await identifyProcess(process.pid)
  if (self === undefined) throw new TidewaterError('INTERNAL', 'This process could not be identified')
  const own = claimFile(file, self, randomUUID())
  let waited = false
  for (;;) {
    let holder = await findClaim(file, own)
    if (holder === undefined) {
      await writeFile(own, '', { flag: 'wx' })
      holder = await findClaim(file, own)
      if (holder === undefined) break
      // Both may have seen each other: both step back, and not for the same time.
      await rm(own, { force: true })
      await abortableSleep(pollMs * Math.random(), options.signal)
      continue
    }
    if (!waited) options.onWait?.(holder.pid)
    waited = true
    await abortableSleep(pollMs, options.signal)
  }
  try {
    return await work()
  } finally {
    await rm(own, { force: true })
  }
}

/** The file by which a process claims the lock: its name says who, so that it is whole as soon as it is there. */
export function claimFile(lock: string, { pid, startedAt }: ProcessIdentity, token: string): string {
  return `${lock}.${pid}.${Buffer.from(startedAt).toString('base64url')}.${token}`
}

/** A running process's claim beside one's own; those of the dead are removed. */
async function findClaim(lock: string, own: string): Promise<ProcessIdentity | undefined> {
  const folder = dirname(lock)
  const prefix = `${basename(lock)}.`
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    const identity = name.startsWith(prefix) ? claimant(name.slice(prefix.length)) : undefined
    if (identity === undefined || file === own) continue
    if (await isRunning(identity)) return identity
    await rm(file, { force: true })
  }
  return undefined
}

function claimant(text: string): ProcessIdentity | undefined {
  const match = /^(\d+)\.([\w-]+)\.[\w-]+$/.exec(text)
  if (match === null) return undefined
  return { pid: Number(match[1]), startedAt: Buffer.from(match[2] as string, 'base64url').toString() }
}
