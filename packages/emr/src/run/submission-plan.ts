import { TidewaterError } from '@tidewater/core'
import { type JobIdentity, type JobKind, labelOf, sameIdentity } from './identity.js'
import { hasEnded, type TargetRun } from './port.js'

export type SubmissionPlan =
  | { readonly action: 'start'; readonly reason: string; readonly last: TargetRun | undefined }
  /** It runs already. */
  | { readonly action: 'attach'; readonly reason: string; readonly run: TargetRun }
  | { readonly action: 'refuse'; readonly reason: string; readonly run: TargetRun }

/**
 * What a submission comes to, beside the runs of the job that are there: newest first, as a target finds them. Pure.
 */
export function planSubmission(identity: JobIdentity, runs: readonly TargetRun[]): SubmissionPlan {
  const clashing = runs.filter(({ identity: { kind } }) => clash(kind, identity.kind))
  const running = clashing.find(({ status }) => !hasEnded(status))
  if (running === undefined) {
    const last = runs.find((run) => sameIdentity(run.identity, identity))
    const reason =
      last === undefined ? 'no run of it is there' : `run ${last.id} has ended (${last.status.state})`
    return { action: 'start', reason, last }
  }
  const { id, status } = running
  if (!sameIdentity(running.identity, identity)) {
    const reason = `run ${id} (${labelOf(running.identity)}) is ${status.serviceState}, with another document, code or configuration`
    return { action: 'refuse', reason, run: running }
  }
  return status.state === 'ending'
    ? { action: 'refuse', reason: `run ${id} is the same, and is ending`, run: running }
    : { action: 'attach', reason: `run ${id} is the same, and is ${status.serviceState}`, run: running }
}

/** @throws TidewaterError `JOB_CONFLICT`, `retryable` when the run in the way is ending */
export function refuseConflict(
  identity: JobIdentity,
  { reason, run }: { reason: string; run: TargetRun },
): never {
  const ending = run.status.state === 'ending'
  throw new TidewaterError('JOB_CONFLICT', `Job ${identity.job} can't be started: ${reason}`, {
    retryable: ending,
    remedy: ending
      ? 'Wait for its end and submit again.'
      : 'Replace it (replaceJob, `tidewater job replace`), or stop it first.',
    details: { job: identity.job, id: run.id, state: run.status.state },
  })
}

/** A streaming job and its backfill have one checkpoint and one table; maintenance has neither. */
function clash(one: JobKind, other: JobKind): boolean {
  return (one === 'maintenance') === (other === 'maintenance')
}
