import type { JobIdentity } from './identity.js'

/**
 * Where a run is. `ending`: it was asked to end. `interrupted`: it ended from outside, by a cluster that ended or a process
 * that was killed.
 */
export type JobState = 'pending' | 'running' | 'ending' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted'

export interface JobStatus {
  readonly state: JobState
  /** In the service's own words, such as `CANCEL_PENDING`. */
  readonly serviceState: string
  /** What the service says of it. */
  readonly reason?: string
  /** Where the service says the log is. */
  readonly logFile?: string
  /** Milliseconds since the epoch. */
  readonly submittedAtMs?: number
  readonly endedAtMs?: number
}

/** A run as its target knows it. */
export interface TargetRun {
  /** The service's name for it, such as a step id. */
  readonly id: string
  readonly identity: JobIdentity
  readonly status: JobStatus
  /** The document it was started with. */
  readonly documentLocation: string
}

/** What a target is to start. */
export interface Submission {
  readonly identity: JobIdentity
  readonly runId: string
  /** Location of the Python file to run. */
  readonly program: string
  /** Location of the zip with the modules it imports. */
  readonly archive: string
  /** `--job` or `--plan`, and the location of the document. */
  readonly arguments: readonly [flag: string, documentLocation: string]
  readonly sparkConf: Readonly<Record<string, string>>
}

export interface TargetCall {
  readonly signal?: AbortSignal | undefined
  /** Attempts in all for a call that may be tried again. Default: the target's own. */
  readonly maxAttempts?: number | undefined
}

export interface JobLog {
  /** The end of the log, at most 64 KiB. */
  readonly text: string
  readonly location: string
}

/** How often a target is asked for states. */
export interface Pace {
  /** Time between two questions while all is well. */
  readonly intervalMs: number
  /** Longest time between two questions, while the service throttles or fails. */
  readonly maxIntervalMs: number
}

/**
 * A place that runs jobs. Each operation rejects with a TidewaterError, `retryable` where asking again may help.
 */
export interface JobTarget {
  readonly type: 'ec2-step' | 'serverless' | 'eks' | 'local'
  /** For messages, such as `cluster j-ABC`. */
  readonly place: string
  readonly pace: Pace
  /**
   * Whether a repeated submission with the same `runId` starts one run only. Of targets that can't tell, submitters take turns
   * by a lease.
   */
  readonly takesTokens: boolean
  /** The runs of a job, newest first: all that have not ended, and the last that has, as far back as the target keeps it. */
  find(job: string, call?: TargetCall): Promise<readonly TargetRun[]>
  /** @returns the run's id */
  submit(submission: Submission, call?: TargetCall): Promise<string>
  /** One run. Rejects with `JOB_NOT_FOUND`. */
  describe(id: string, call?: TargetCall): Promise<TargetRun>
  /** States of many runs with as few questions as the service allows; one it doesn't know is left out. */
  statuses(ids: readonly string[], call?: TargetCall): Promise<ReadonlyMap<string, JobStatus>>
  /** Asks the service to end the run, now. One that has ended is no error. */
  cancel(id: string, call?: TargetCall): Promise<void>
  /** Asks the run itself to stop between two micro-batches, where that can be done without the stop marker. */
  requestStop?(id: string, call?: TargetCall): Promise<void>
  /** The end of the driver's output; undefined when there is none yet. */
  log(id: string, stream: 'stdout' | 'stderr', call?: TargetCall): Promise<JobLog | undefined>
  /** More than the status says about why a run was interrupted, such as why its cluster ended. */
  explain?(id: string, status: JobStatus, call?: TargetCall): Promise<string | undefined>
  close(): void
}

export function hasEnded({ state }: JobStatus): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'interrupted'
}
