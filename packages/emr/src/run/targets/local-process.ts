import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, TidewaterError } from '@tidewater/core'
import { identifyProcess, type ProcessIdentity } from '@tidewater/core/processes'

// The watcher outlives whoever started it, so that there is always somebody to hear how Python ends. It names itself and its child
// before it waits, and the exit code gets its file's name when it is whole.
const watcher = `echo $$ >watcher.pid
"$@" </dev/null & echo $! >python.pid
wait $!; echo $? >exit.unfinished; mv exit.unfinished exit`

export interface DetachedProcess {
  /** The run's folder, also the working directory. */
  readonly folder: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Starts a process in a session of its own, which neither the end of this process nor its terminal's ends.
 *
 * @throws TidewaterError `PROCESS_FAILED`
 */
export async function startDetached({ folder, command, env }: DetachedProcess): Promise<ProcessIdentity> {
  const [out, err] = await Promise.all(['stdout', 'stderr'].map((name) => open(join(folder, name), 'a')))
  if (out === undefined || err === undefined) throw new TidewaterError('INTERNAL', 'no files to write to')
  try {
    const child = spawn('/bin/sh', ['-c', watcher, 'tidewater-job', ...command], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', out.fd, err.fd],
    })
    await once(child, 'spawn')
    child.unref()
    const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid)
    // It may have ended before it could be looked at; a start that no process ever has stands for it.
    return identity ?? { pid: child.pid ?? 0, startedAt: 'gone' }
  } catch (cause) {
    throw new TidewaterError('PROCESS_FAILED', `The job's process can't be started: ${messageOf(cause)}`, {
      remedy: 'Check the rights on the state folder.',
      details: { folder },
      cause,
    })
  } finally {
    await Promise.all([out.close(), err.close()])
  }
}

/** A pid that the watcher wrote down: its own, or Python's, which is nobody else's until the exit is written down too. */
export async function pidIn(folder: string, file: 'watcher.pid' | 'python.pid'): Promise<number | undefined> {
  // The file is there a moment before what is written into it: nothing yet is no pid.
  const pid = Number(await readText(join(folder, file)))
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
}

/** Undefined for a file that isn't there. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

/** Sends a signal to a process, or with a negative pid to its group; false when it is gone. Signal 0 only asks. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw thrown
  }
}

export async function writeMark(folder: string, name: string): Promise<void> {
  await writeFile(join(folder, name), new Date().toISOString())
}
