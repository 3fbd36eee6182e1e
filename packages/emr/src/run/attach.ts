import { TidewaterError } from '@tidewater/core'
import { type CallOptions, type HandleContext, type JobHandle, jobHandle } from './handle.js'
import { hasEnded } from './port.js'

/**
 * A handle on a run that was submitted before, by this process or another one.
 *
 * @param which the run's id, or the name of the job: the run that has not ended, else the last that has, as far back as the
 *   target looks
 * @throws TidewaterError `JOB_NOT_FOUND`, and what the target rejects with
 */
export async function attachJob(
  which: { readonly id: string } | { readonly job: string },
  context: HandleContext & CallOptions,
): Promise<JobHandle> {
  const { target, signal } = context
  if ('id' in which) {
    const run = await target.describe(which.id, { signal })
    return jobHandle(run, context, !hasEnded(run.status))
  }
  const runs = await target.find(which.job, { signal })
  const run = runs.find(({ status }) => !hasEnded(status)) ?? runs[0]
  if (run !== undefined) return jobHandle(run, context, !hasEnded(run.status))
  throw new TidewaterError('JOB_NOT_FOUND', `No run of job ${which.job} on ${target.place}`, {
    remedy: 'Correct the name, or submit the job.',
    details: { job: which.job, place: target.place },
  })
}
