import { TidewaterError } from '@tidewater/core'
import { errorOfFailedEvent, type FailedEvent } from '../job/failed-event.js'
import type { JobLog, JobStatus } from './port.js'

/** What is known of a run that did not succeed. */
export interface FailedRun {
  readonly job: string
  readonly id: string
  /** Such as `cluster j-ABC`. */
  readonly place: string
  readonly status: JobStatus
  /** What the target adds, such as why the cluster ended. */
  readonly explanation: string | undefined
  /** The job's own last word, from its progress or its standard output. */
  readonly said: FailedEvent | undefined
  readonly stderr: JobLog | undefined
  /** spark-submit puts what a Python driver writes to standard error here too. */
  readonly stdout: JobLog | undefined
}

const tailLines = 30

/**
 * The error of a run that ended without success. What the job itself said is most telling; then what the service says; and with
 * both the end of the driver's output.
 */
export function failureOf(run: FailedRun): TidewaterError {
  const { job, id, place, status, explanation, said } = run
  const stderrTail = tailOf(run.stderr?.text ?? '', tailLines)
  const stdoutTail = tailOf(withoutEvents(run.stdout?.text ?? ''), tailLines)
  const reason = [status.reason, explanation].filter((part) => part !== undefined && part !== '').join('; ')
  const details = {
    job,
    id,
    place,
    state: status.state,
    serviceState: status.serviceState,
    ...(reason === '' ? {} : { reason }),
    ...(stderrTail === '' ? {} : { stderrTail }),
    ...(stdoutTail === '' ? {} : { stdoutTail }),
    ...(logOf(run) === undefined ? {} : { logFile: logOf(run) }),
  }
  const remedy = remedyOf(run)
  const subject = `Job ${job} (${id} on ${place})`
  if (status.state === 'cancelled' || status.state === 'interrupted') {
    const why = reason === '' ? '' : `: ${reason}`
    return new TidewaterError('JOB_INTERRUPTED', `${subject} was ${status.state}${why}`, {
      retryable: true,
      remedy: 'Submit it again: a streaming job goes on from its checkpoint.',
      details,
    })
  }
  if (said !== undefined) return errorOfFailedEvent(said, subject, { remedy, details })
  const absent = absentProgram(reason, stderrTail)
  if (absent !== undefined)
    return new TidewaterError(
      'PREREQUISITE_MISSING',
      `${subject} could not start: ${place} has no ${absent}`,
      {
        remedy:
          'Choose a place that has Spark: a cluster whose applications include Spark, or for the local target a `python` with PySpark.',
        details,
      },
    )
  const parts = [`${subject} failed${reason === '' ? '' : `: ${reason}`}`]
  if (stderrTail !== '') parts.push(`The driver's log ends with:\n${stderrTail}`)
  if (stdoutTail !== '') parts.push(`Its output ends with:\n${stdoutTail}`)
  return new TidewaterError('JOB_FAILED', parts.join('. '), { remedy, details })
}

/** The last `failed` event among the lines of standard output. */
export function failedEventIn(stdout: string): FailedEvent | undefined {
  return stdout
    .split('\n')
    .filter(isEvent)
    .map(eventIn)
    .findLast((event) => event?.event === 'failed')
}

/** What the place lacks to run any job; undefined when it lacks nothing that is known. */
function absentProgram(reason: string, stderrTail: string): string | undefined {
  // In the words of Python, of EMR's command-runner (Java's ProcessBuilder) and of a shell.
  if (/No module named '?pyspark/.test(stderrTail)) return 'PySpark'
  if (/Cannot run program "?spark-submit/.test(`${reason}\n${stderrTail}`)) return 'spark-submit'
  return /^exit code (126|127)\b/.test(reason) ? 'Python that can be started' : undefined
}

/** The last lines of a text. */
export function tailOf(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

function withoutEvents(stdout: string): string {
  return stdout
    .split('\n')
    .filter((line) => !isEvent(line))
    .join('\n')
}

function isEvent(line: string): boolean {
  return line.startsWith('{"event"')
}

function eventIn(line: string): FailedEvent | undefined {
  try {
    return JSON.parse(line) as FailedEvent
  } catch {
    // A line that the end of the log cut.
    return undefined
  }
}

function logOf({ status, stderr, stdout }: FailedRun): string | undefined {
  return stderr?.location ?? stdout?.location ?? status.logFile
}

function remedyOf(run: FailedRun): string {
  const log = logOf(run)
  return log === undefined ? `Look for the logs of ${run.id} on ${run.place}.` : `Read the log: ${log}`
}
