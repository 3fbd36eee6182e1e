import { driverArguments, driverLogs } from '../jobs/driver-spec.js'
import { type DriverLogs, type JobOutcome, type RunningJob, runDriver } from '../jobs/running-job.js'
import { sparkDefaultsOf } from '../jobs/spark-submit.js'
import type { StartJob } from '../jobs/start-job.js'
import type { LocalObjects } from '../objects.js'
import { type WireRecord, wireMap, wireRecord } from '../wire-values.js'
import { mayTryAgain, type RetryRules } from './retries.js'

export interface ServerlessHost {
  readonly region: string
  readonly accountId: string
  readonly startJob: StartJob
  readonly objects: LocalObjects
  /** From one state to the next, where AWS takes seconds to minutes. */
  readonly transitionMs: number
  readonly newId: () => string
}

/** What of an application its runs go by. */
export interface RunApplication {
  readonly id: string
  readonly request: WireRecord
}

export type RunState =
  | 'SUBMITTED'
  | 'PENDING'
  | 'SCHEDULED'
  | 'RUNNING'
  | 'SUCCESS'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELLED'

export interface Attempt {
  readonly number: number
  readonly createdAtMs: number
  updatedAtMs: number
  state: RunState
  details: string
}

// A stream has time to end its micro-batch; a batch is ended at once, unless the caller grants it time.
const defaultStreamingGraceMs = 120_000
const longestDetails = 256

/** A job run and its attempts, each of which really runs. */
export class ServerlessRun {
  readonly id: string
  readonly createdAtMs = Date.now()
  readonly attempts: Attempt[] = []
  readonly tags: Map<string, string>
  readonly request: WireRecord
  readonly application: RunApplication
  readonly createdBy: string
  readonly #host: ServerlessHost
  readonly #failedAtMs: number[] = []
  readonly #onEnd: () => void
  #running: RunningJob | undefined
  #timer: NodeJS.Timeout | undefined
  startedAtMs: number | undefined
  endedAtMs: number | undefined

  /** @param onEnd called once, when no attempt follows */
  constructor(
    application: RunApplication,
    request: WireRecord,
    createdBy: string,
    host: ServerlessHost,
    onEnd: () => void,
  ) {
    this.id = host.newId()
    this.application = application
    this.request = request
    this.tags = new Map(Object.entries(wireMap(request.tags)))
    this.createdBy = createdBy
    this.#host = host
    this.#onEnd = onEnd
    this.#nextAttempt()
  }

  get mode(): 'BATCH' | 'STREAMING' {
    return this.request.mode === 'STREAMING' ? 'STREAMING' : 'BATCH'
  }

  get arn(): string {
    const { region, accountId } = this.#host
    return `arn:aws:emr-serverless:${region}:${accountId}:/applications/${this.application.id}/jobruns/${this.id}`
  }

  get state(): RunState {
    return this.latest.state
  }

  get hasEnded(): boolean {
    return this.endedAtMs !== undefined
  }

  /** Starts an attempt that waits for its application. */
  start(): void {
    if (this.state === 'SUBMITTED') this.#afterTransition(() => this.#schedule())
  }

  cancel(graceSeconds: number | undefined): void {
    if (this.hasEnded) return
    clearTimeout(this.#timer)
    const running = this.#running
    if (running === undefined) {
      this.#end('CANCELLED', '')
      return
    }
    this.#change('CANCELLING', '')
    const graceMs =
      graceSeconds === undefined
        ? this.mode === 'STREAMING'
          ? defaultStreamingGraceMs
          : 0
        : graceSeconds * 1_000
    if (graceMs === 0) running.kill()
    else running.interrupt(graceMs)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    // One that failed instead would be tried again.
    if (!this.hasEnded) this.#change('CANCELLING', '')
    this.#running?.kill()
    await this.#running?.ended
  }

  get latest(): Attempt {
    const attempt = this.attempts.at(-1)
    if (attempt === undefined) return this.#nextAttempt()
    return attempt
  }

  #nextAttempt(): Attempt {
    const nowMs = Date.now()
    const number = this.attempts.length + 1
    const attempt: Attempt = {
      number,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      state: 'SUBMITTED',
      details: '',
    }
    this.attempts.push(attempt)
    return attempt
  }

  #schedule(): void {
    this.#change('PENDING', '')
    this.#afterTransition(() => {
      this.#change('SCHEDULED', '')
      this.#afterTransition(() => this.#run())
    })
  }

  #run(): void {
    this.#change('RUNNING', '')
    this.startedAtMs ??= Date.now()
    const { request } = this
    const overrides = wireRecord(request.configurationOverrides)
    const running = runDriver(
      {
        id: `${this.id}-${this.latest.number}`,
        command: 'spark-submit',
        args: driverArguments(wireRecord(request.jobDriver).sparkSubmit),
        roleArn: String(request.executionRoleArn),
        sparkDefaults: {
          ...sparkDefaultsOf(this.application.request.runtimeConfiguration),
          ...sparkDefaultsOf(overrides.applicationConfiguration),
        },
      },
      this.#logs(),
      this.#host,
    )
    this.#running = running
    void running.ended.then((outcome) => this.#ended(outcome))
  }

  #ended({ exitCode, message }: JobOutcome): void {
    this.#running = undefined
    if (this.state === 'CANCELLING') this.#end('CANCELLED', '')
    else if (exitCode === 0) this.#end('SUCCESS', '')
    else this.#failed(exitCode, message)
  }

  #failed(exitCode: number, message: string | undefined): void {
    const reason = message === undefined ? '' : ` Last few exceptions: ${message}`
    const details = `Job failed, please check complete logs in configured logging destination. ExitCode: ${exitCode}.${reason}`
    this.#failedAtMs.push(Date.now())
    if (!mayTryAgain(this.#retryRules(), this.#failedAtMs, Date.now())) {
      this.#end('FAILED', details)
      return
    }
    this.#change('FAILED', details)
    this.#nextAttempt()
    this.#afterTransition(() => this.#schedule())
  }

  #retryRules(): RetryRules {
    const { maxAttempts, maxFailedAttemptsPerHour } = wireRecord(this.request.retryPolicy)
    const given = (value: unknown) => (typeof value === 'number' ? value : undefined)
    return {
      mode: this.mode,
      maxAttempts: given(maxAttempts),
      maxFailedAttemptsPerHour: given(maxFailedAttemptsPerHour),
    }
  }

  /** Runs that may be repeated have a folder for each attempt. */
  #logs(): DriverLogs {
    const monitoring =
      wireRecord(this.request.configurationOverrides).monitoringConfiguration ??
      this.application.request.monitoringConfiguration
    const isRepeatable = this.mode === 'STREAMING' || (this.#retryRules().maxAttempts ?? 1) > 1
    const attempt = isRepeatable ? `attempts/${this.latest.number}` : ''
    return driverLogs(monitoring, [
      'applications',
      this.application.id,
      'jobs',
      this.id,
      attempt,
      'SPARK_DRIVER',
    ])
  }

  #change(state: RunState, details: string): void {
    Object.assign(this.latest, { state, details: details.slice(0, longestDetails), updatedAtMs: Date.now() })
  }

  #end(state: RunState, details: string): void {
    this.#change(state, details)
    this.endedAtMs = Date.now()
    this.#onEnd()
  }

  #afterTransition(then: () => void): void {
    this.#timer = setTimeout(then, this.#host.transitionMs)
    this.#timer.unref()
  }
}
