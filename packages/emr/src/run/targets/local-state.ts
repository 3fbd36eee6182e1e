import type { JobStatus } from '../port.js'

/** What the folder of a local run and the process table say. */
export interface LocalFacts {
  /** The shell that waits for Python and writes down how it ended; `starting` while its submitter is about to start it. */
  readonly watcher: 'starting' | 'running' | 'gone'
  /** Whether anything that Python started still runs: its JVM may be in the middle of a commit. */
  readonly leftBehind: boolean
  /** What it wrote down: 0 to 255, above 128 a signal. */
  readonly exitCode: number | undefined
  /** Whether a cancel or a stop was asked for. */
  readonly endWasAsked: boolean
  readonly submittedAtMs: number
  readonly endedAtMs: number | undefined
  readonly logFile: string
}

/** The state of a local run. Pure. */
export function localStatus(facts: LocalFacts): JobStatus {
  const { watcher, leftBehind, exitCode, endWasAsked, submittedAtMs, endedAtMs, logFile } = facts
  const times = { submittedAtMs, ...(endedAtMs === undefined ? {} : { endedAtMs }), logFile }
  if (exitCode !== undefined && leftBehind) return { state: 'ending', serviceState: 'ending', ...times }
  if (exitCode === 0) return { state: 'succeeded', serviceState: 'exit 0', ...times }
  if (exitCode !== undefined) {
    const signal = exitCode > 128 ? exitCode - 128 : undefined
    const serviceState = signal === undefined ? `exit ${exitCode}` : `signal ${signal}`
    if (signal === undefined)
      return { state: 'failed', serviceState, reason: `exit code ${exitCode}`, ...times }
    const state = endWasAsked ? 'cancelled' : 'interrupted'
    return { state, serviceState, reason: `Python was ended by signal ${signal}`, ...times }
  }
  if (watcher === 'starting') return { state: 'pending', serviceState: 'starting', ...times }
  if (watcher === 'running')
    return { state: endWasAsked ? 'ending' : 'running', serviceState: 'running', ...times }
  return {
    state: endWasAsked ? 'cancelled' : 'interrupted',
    serviceState: 'gone',
    reason: 'its processes are gone, and wrote down no exit code',
    ...times,
  }
}
