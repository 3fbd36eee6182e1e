import type { StepStatus, StepSummary } from '@aws-sdk/client-emr'
import { identityOfLabel } from '../identity.js'
import type { JobState, JobStatus, TargetRun } from '../port.js'
import { documentLocationIn } from '../spark-submit.js'
import { serviceStatus } from './service-status.js'

const stateOfStep: Readonly<Record<string, JobState>> = {
  PENDING: 'pending',
  RUNNING: 'running',
  CANCEL_PENDING: 'ending',
  COMPLETED: 'succeeded',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
  INTERRUPTED: 'interrupted',
}

/** What a step's status says of a run. */
export function stepStatus(status: StepStatus | undefined): JobStatus {
  const { FailureDetails: failure, StateChangeReason: change, Timeline: timeline } = status ?? {}
  // The service repeats itself.
  const said = [...new Set([failure?.Reason, failure?.Message, change?.Message])]
  return {
    ...serviceStatus(stateOfStep, status?.State, said),
    ...(failure?.LogFile === undefined ? {} : { logFile: failure.LogFile }),
    ...(timeline?.CreationDateTime === undefined
      ? {}
      : { submittedAtMs: timeline.CreationDateTime.getTime() }),
    ...(timeline?.EndDateTime === undefined ? {} : { endedAtMs: timeline.EndDateTime.getTime() }),
  }
}

/** Undefined for a step that is none of ours. */
export function runOfStep({
  Id,
  Name,
  Config,
  Status,
}: Pick<StepSummary, 'Id' | 'Name' | 'Config' | 'Status'>): TargetRun | undefined {
  const identity = identityOfLabel(Name ?? '')
  const documentLocation = documentLocationIn(Config?.Args ?? [])
  if (Id === undefined || identity === undefined || documentLocation === undefined) return undefined
  return { id: Id, identity, documentLocation, status: stepStatus(Status) }
}

/** The last YARN application that a client of cluster mode names in its output. */
export function applicationIn(clientLog: string): string | undefined {
  return clientLog.match(/application_\d+_\d+/g)?.at(-1)
}

/**
 * The driver's log among the logs of an application's containers: the first container of the last attempt.
 * `containers/application_<cluster>_<number>/container_[e<epoch>_]<cluster>_<number>_<attempt>_000001/stderr.gz`
 */
export function driverLogOf(locations: readonly string[], stream: string): string | undefined {
  const pattern = new RegExp(`/container_(?:e\\d+_)?\\d+_\\d+_(\\d+)_000001/${stream}(?:\\.txt)?\\.gz$`)
  const attempts = locations.flatMap((location) => {
    const attempt = pattern.exec(location)?.[1]
    return attempt === undefined ? [] : [{ location, attempt: Number(attempt) }]
  })
  return attempts.sort((one, other) => other.attempt - one.attempt)[0]?.location
}
