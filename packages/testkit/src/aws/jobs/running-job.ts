import { messageOf } from '@tidewater/core'
import { readLogTail } from '../../supervisor/log-tail.js'
import type { LocalObjects } from '../objects.js'
import { failureReason } from './failure-reason.js'
import { shipLogs } from './log-shipper.js'
import type { JobSpec, StartedJob, StartJob } from './start-job.js'

export interface JobOutcome {
  readonly exitCode: number
  /** The error that its log ends with. */
  readonly message?: string
}

/** A run from the moment it was asked for: it may be signalled before its process is there. */
export interface RunningJob {
  /** Resolves when its logs are in the object store. Never rejects. */
  readonly ended: Promise<JobOutcome>
  interrupt(graceMs?: number): void
  kill(): void
}

/** Starts a job and follows it to its end; what can't be started has failed. */
export function runningJob(
  start: () => Promise<StartedJob>,
  follow: (job: StartedJob) => Promise<JobOutcome>,
): RunningJob {
  let signal: ((job: StartedJob) => void) | undefined
  let job: StartedJob | undefined
  const send = (wanted: (job: StartedJob) => void) => {
    signal = wanted
    if (job !== undefined) wanted(job)
  }
  const work = async () => {
    job = await start()
    signal?.(job)
    return follow(job)
  }
  return {
    ended: work().catch((thrown: unknown) => ({ exitCode: 1, message: messageOf(thrown) })),
    interrupt: (graceMs) => send((one) => one.interrupt(graceMs)),
    kill: () => send((one) => one.kill()),
  }
}

/** Where a driver's two logs go; undefined: nowhere. */
export type DriverLogs =
  | { readonly bucket: string; readonly key: (log: 'stdout' | 'stderr') => string }
  | undefined

/** Runs a Spark driver whose output is all the logs there are, as EMR Serverless and EMR on EKS have it. */
export function runDriver(
  spec: JobSpec,
  logs: DriverLogs,
  host: { readonly startJob: StartJob; readonly objects: LocalObjects },
): RunningJob {
  return runningJob(
    () => host.startJob(spec),
    async ({ stdoutFile, stderrFile, ended }) => {
      const shipped = [
        { file: stdoutFile, log: 'stdout' },
        { file: stderrFile, log: 'stderr' },
      ] as const
      const shipper =
        logs &&
        shipLogs(
          shipped.map(({ file, log }) => ({ file, key: logs.key(log) })),
          logs.bucket,
          host.objects,
        )
      const exit = await ended
      await shipper?.finish()
      const exitCode = exit.code ?? 143
      if (exitCode === 0) return { exitCode }
      // spark-submit writes what a Python driver prints on either stream to its own standard output.
      const tails = await Promise.all([stderrFile, stdoutFile].map((file) => readLogTail(file, 400)))
      const message = failureReason(tails.join('\n'))
      return { exitCode, ...(message === undefined ? {} : { message }) }
    },
  )
}
