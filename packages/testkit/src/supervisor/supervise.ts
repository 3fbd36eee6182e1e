import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TidewaterError } from '@tidewater/core'
import { identifyProcess, type ProcessIdentity } from '@tidewater/core/processes'
import { ensureGuard, guardGroup, releaseGroup } from './guard.js'
import { forEachLine } from './lines.js'
import { readLogTail } from './log-tail.js'
import { groupEnds, signalGroup, signalProcess } from './process-group.js'

/** How long members of a group may outlive their leader before they are killed. */
const followersGraceMs = 5_000
/** How long to read on after the group has ended: a process that left the group may hold the pipe open for ever. */
const drainMs = 2_000

export interface ProcessSpec {
  /** For messages: "Kafka broker". */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * Standard error goes to it, and standard output unless `onStdoutLine` or `stdoutFile` takes that. Appended to; created
   * with its folder.
   */
  readonly logFile: string
  readonly onStdoutLine?: (line: string) => void
  /** Appended to. */
  readonly stdoutFile?: string
  /** Whether `send` writes to its standard input, which ends with this process. Default false: it has none. */
  readonly takesLines?: boolean
}

/** How a process ended: one of the two is there. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SupervisedProcess {
  readonly name: string
  readonly pid: number
  readonly identity: ProcessIdentity
  readonly logFile: string
  /** Resolves once the process and its whole group have ended. Never rejects. */
  readonly ended: Promise<ProcessExit>
  /** How it ended; undefined while it runs. */
  exit(): ProcessExit | undefined
  /**
   * SIGTERM to the process alone (its children are its own business), SIGKILL to the group after `graceMs`. One that is
   * paused goes on for it. Resolves when the group has ended, to whether it had to be killed.
   */
  stop(graceMs: number): Promise<'stopped' | 'killed'>
  /** Writes a line to its standard input. Does nothing once it has ended, nor without `takesLines`. */
  send(line: string): void
  /** SIGTERM to the whole group, as the end of a container is. */
  interrupt(): void
  /** SIGSTOP to the group: it stays, and does nothing. */
  pause(): void
  /** SIGCONT to the group. */
  resume(): void
  /** SIGKILL to the group; resolves when it has ended. */
  kill(): Promise<void>
  /** Lets it outlive this process, which it no longer keeps alive. */
  release(): void
  /** The error that tells how it ended, with the end of its log. */
  failure(what: string): Promise<TidewaterError>
}

/**
 * Starts a process in a group of its own. The group ends when this process does, even by SIGKILL, until
 * {@link SupervisedProcess.release}.
 *
 * @throws TidewaterError `PROCESS_FAILED` when it can't be started
 */
export async function supervise(spec: ProcessSpec): Promise<SupervisedProcess> {
  ensureGuard()
  mkdirSync(dirname(spec.logFile), { recursive: true })
  // The child writes to the file itself: nothing is lost when this process ends first.
  const log = openSync(spec.logFile, 'a')
  const stdout = spec.stdoutFile === undefined ? log : openSync(spec.stdoutFile, 'a')
  let child: ChildProcess
  try {
    child = spawn(spec.command, [...spec.args], {
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: [spec.takesLines ? 'pipe' : 'ignore', spec.onStdoutLine ? 'pipe' : stdout, log],
    })
  } finally {
    if (stdout !== log) closeSync(stdout)
    closeSync(log)
  }
  const pid = child.pid
  if (pid === undefined) throw await startFailure(child, spec)
  // No await between the start and this line: a parent killed in between would leave the child behind.
  guardGroup(pid)
  // One that ends while a line is on its way: how it ended is told by its exit.
  child.stdin?.on('error', () => {})
  // Until its exit was seen, the pid is this child's, so the start can be read without a race.
  const ended = watchEnd(child, pid, spec.onStdoutLine)
  const identity = (await identifyProcess(pid)) ?? { pid, startedAt: 'ended' }
  return supervised(spec, child, identity, ended)
}

function supervised(
  spec: ProcessSpec,
  child: ChildProcess,
  identity: ProcessIdentity,
  ended: Promise<ProcessExit>,
): SupervisedProcess {
  const { pid } = identity
  let exit: ProcessExit | undefined
  void ended.then((how) => {
    exit = how
  })
  const leaderRuns = () => child.exitCode === null && child.signalCode === null
  return {
    name: spec.name,
    pid,
    identity,
    logFile: spec.logFile,
    ended,
    exit: () => exit,
    async stop(graceMs) {
      if (leaderRuns()) {
        signalProcess(pid, 'SIGTERM')
        // A process that is held would not get it.
        signalGroup(pid, 'SIGCONT')
      }
      let killed = false
      const timer = setTimeout(() => {
        killed = leaderRuns()
        if (killed) signalGroup(pid, 'SIGKILL')
      }, graceMs)
      await ended
      clearTimeout(timer)
      return killed ? 'killed' : 'stopped'
    },
    send(line) {
      if (leaderRuns()) child.stdin?.write(`${line}\n`)
    },
    interrupt() {
      if (leaderRuns()) signalGroup(pid, 'SIGTERM')
    },
    pause() {
      if (leaderRuns()) signalGroup(pid, 'SIGSTOP')
    },
    resume() {
      if (leaderRuns()) signalGroup(pid, 'SIGCONT')
    },
    async kill() {
      if (exit === undefined) signalGroup(pid, 'SIGKILL')
      await ended
    },
    release() {
      releaseGroup(pid)
      child.unref()
    },
    async failure(what) {
      return processFailure(spec, what, exit, await readLogTail(spec.logFile))
    },
  }
}

function watchEnd(
  child: ChildProcess,
  pid: number,
  onStdoutLine: ((line: string) => void) | undefined,
): Promise<ProcessExit> {
  if (onStdoutLine && child.stdout) forEachLine(child.stdout, onStdoutLine)
  return new Promise((resolve) => {
    child.once('exit', async (code, signal) => {
      const drained = streamEnds(child)
      if (!(await groupEnds(pid, followersGraceMs))) {
        signalGroup(pid, 'SIGKILL')
        await groupEnds(pid, followersGraceMs)
      }
      await Promise.race([drained, sleep(drainMs, undefined, { ref: false })])
      child.stdout?.destroy()
      releaseGroup(pid)
      resolve({ code, signal })
    })
  })
}

function streamEnds(child: ChildProcess): Promise<void> {
  const { stdout } = child
  if (stdout === null || stdout.readableEnded || stdout.destroyed) return Promise.resolve()
  return new Promise((resolve) => stdout.once('close', resolve))
}

function startFailure(child: ChildProcess, spec: ProcessSpec): Promise<TidewaterError> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(
        new TidewaterError('PROCESS_FAILED', `${spec.name} could not be started: ${error.message}`, {
          remedy: `Check that ${spec.command} is installed and may be run.`,
          details: { command: spec.command },
          cause: error,
        }),
      )
    })
  })
}

export function processFailure(
  spec: Pick<ProcessSpec, 'name' | 'logFile'>,
  what: string,
  exit: ProcessExit | undefined,
  logTail: string,
): TidewaterError {
  const how =
    exit === undefined
      ? ''
      : exit.signal === null
        ? ` (exit code ${exit.code})`
        : ` (ended by ${exit.signal})`
  const tail = logTail === '' ? ' Its log is empty.' : ` The end of its log:\n${logTail}`
  return new TidewaterError('PROCESS_FAILED', `${spec.name} ${what}${how}.${tail}`, {
    remedy: `Read the whole log: ${spec.logFile}`,
    details: { logFile: spec.logFile, exitCode: exit?.code ?? null, signal: exit?.signal ?? null },
  })
}
