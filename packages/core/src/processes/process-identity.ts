import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { messageOf } from '../errors.js'

/**
 * A process, told apart from another one that was given the same pid later. `startedAt` is opaque: boot and clock ticks
 * on Linux, what `ps` prints elsewhere.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startedAt: string
}

/** The identity of a running process; undefined when there is none, or only a zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === 'linux' ? await linuxStart(pid) : await psStart(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

/** Whether the very process still runs: the same pid with the same start. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.startedAt === identity.startedAt
}

async function linuxStart(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    return startFromStat(stat, boot.trim())
  } catch (thrown) {
    if (/ENOENT|ESRCH/.test(messageOf(thrown))) return undefined
    throw thrown
  }
}

/** Field 22 (starttime) of /proc/<pid>/stat, see proc(5), with the boot it counts from; undefined for a zombie. */
export function startFromStat(stat: string, bootId: string): string | undefined {
  // Field 2 is the command in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const startTicks = fields[19]
  if (state === undefined || startTicks === undefined || state === 'Z' || state === 'X') return undefined
  return `${bootId}:${startTicks}`
}

async function psStart(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    })
    const line = stdout.trim()
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '')
  } catch {
    // ps exits with 1 when there is no such process.
    return undefined
  }
}
