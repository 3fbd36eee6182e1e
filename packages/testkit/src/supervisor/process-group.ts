import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, type ProcessIdentity } from '@tidewater/core/processes'

const pollMs = 25

/** Sends a signal to every member of the group; false when it has none left. Signal 0 only asks. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  return send(-leaderPid, signal)
}

/** Sends a signal to one process; false when it is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  return send(pid, signal)
}

/** Waits until the group has no member left; false when it still has one after `timeoutMs`. */
export async function groupEnds(leaderPid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (signalGroup(leaderPid, 0)) {
    if (performance.now() >= deadline) return false
    await sleep(pollMs)
  }
  return true
}

/**
 * Ends a group that another process of ours started: SIGTERM to its leader, SIGKILL to what is left after `graceMs`.
 * Does nothing when the leader is not the very process that was recorded, for its pid may be somebody else's by now.
 *
 * @returns how it ended: `gone` when it did not run in the first place
 */
export async function endRecordedGroup(
  leader: ProcessIdentity,
  graceMs: number,
): Promise<'gone' | 'stopped' | 'killed'> {
  if (!(await isRunning(leader))) return 'gone'
  signalProcess(leader.pid, 'SIGTERM')
  const deadline = performance.now() + graceMs
  while (await isRunning(leader)) {
    if (performance.now() >= deadline) {
      signalGroup(leader.pid, 'SIGKILL')
      await groupEnds(leader.pid, graceMs)
      return 'killed'
    }
    await sleep(pollMs)
  }
  return 'stopped'
}

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal)
    return true
  } catch (thrown) {
    // EPERM: it is there, but not ours to signal.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
