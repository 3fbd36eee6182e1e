import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { testkitFolder } from '../package-folders.js'

// One guard serves every child of this process. It is started with the first of them and lives as long as this process.
const maxReplacements = 5
let replacements = 0
let guard: ChildProcess | undefined
const watchedGroups = new Set<number>()
const watchedFolders = new Set<string>()

/** Starts the guard ahead of the child it is to watch, so that nothing slow lies between the child's start and its watch. */
export function ensureGuard(): void {
  if (guard !== undefined) return
  const started = spawn(process.execPath, [join(testkitFolder(), 'src', 'supervisor', 'guard.mjs')], {
    // A session of its own: Ctrl-C on the terminal must reach the parent alone.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    // The parent's loaders and inspectors are not for it.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  guard = started
  // A guard that is gone must not be written to, and what it watched needs another one.
  const replace = () => {
    if (guard !== started) return
    guard = undefined
    if (watchedGroups.size === 0 && watchedFolders.size === 0) return
    // Where none can be started (no process left to be had), trying for ever would be a loop.
    replacements += 1
    if (replacements > maxReplacements) {
      process.emitWarning(
        'No guard can be started: processes of the local stack may outlive a crash of this one.',
      )
      return
    }
    ensureGuard()
    for (const group of watchedGroups) tell({ watch: group })
    for (const folder of watchedFolders) tell({ folder })
  }
  started.once('exit', replace)
  started.once('error', replace)
  started.stdin?.on('error', () => {})
  // Neither the guard nor its pipe keeps this process alive.
  started.unref()
  ;(started.stdin as unknown as { unref?: () => void } | null)?.unref?.()
}

/** From now on the process group ends when this process does. */
export function guardGroup(leaderPid: number): void {
  ensureGuard()
  watchedGroups.add(leaderPid)
  tell({ watch: leaderPid })
}

/** The group has ended, or is to outlive this process. */
export function releaseGroup(leaderPid: number): void {
  if (watchedGroups.delete(leaderPid)) tell({ release: leaderPid })
}

/** From now on the folder is removed when this process dies without having removed it. */
export function guardFolder(folder: string): void {
  ensureGuard()
  watchedFolders.add(folder)
  tell({ folder })
}

/** The folder has been removed, or is to stay. */
export function releaseFolder(folder: string): void {
  if (watchedFolders.delete(folder)) tell({ keep: folder })
}

function tell(command: Record<string, number | string>): void {
  guard?.stdin?.write(`${JSON.stringify(command)}\n`)
}
