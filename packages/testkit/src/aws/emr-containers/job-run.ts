import { driverArguments, driverLogs } from '../jobs/driver-spec.js'
import { type DriverLogs, type JobOutcome, type RunningJob, runDriver } from '../jobs/running-job.js'
import { sparkDefaultsOf } from '../jobs/spark-submit.js'
import type { StartJob } from '../jobs/start-job.js'
import type { LocalObjects } from '../objects.js'
import { type WireRecord, wireMap, wireRecord } from '../wire-values.js'

export interface ContainersHost {
  readonly region: string
  readonly accountId: string
  readonly startJob: StartJob
  readonly objects: LocalObjects
  /** From one state to the next, where AWS takes seconds to minutes. */
  readonly transitionMs: number
  readonly newId: () => string
}

type RunState = 'PENDING' | 'SUBMITTED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCEL_PENDING' | 'CANCELLED'

// What Kubernetes gives a pod between SIGTERM and SIGKILL.
const podGraceMs = 30_000
const longestDetails = 256

/** A job run on a virtual cluster: a driver that really runs, as often as the retry policy has it. */
export class ContainerRun {
  readonly id: string
  readonly arn: string
  readonly tags: Map<string, string>
  readonly createdAtMs = Date.now()
  readonly request: WireRecord
  state: RunState = 'PENDING'
  readonly #clusterId: string
  readonly #createdBy: string
  readonly #host: ContainersHost
  #attempts = 0
  #details = ''
  #finishedAtMs: number | undefined
  #running: RunningJob | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(
    clusterId: string,
    clusterArn: string,
    request: WireRecord,
    createdBy: string,
    host: ContainersHost,
  ) {
    this.id = host.newId()
    this.arn = `${clusterArn}/jobruns/${this.id}`
    this.tags = new Map(Object.entries(wireMap(request.tags)))
    this.request = request
    this.#clusterId = clusterId
    this.#createdBy = createdBy
    this.#host = host
    this.#afterTransition(() => this.#submit())
  }

  get hasEnded(): boolean {
    return this.#finishedAtMs !== undefined
  }

  cancel(): void {
    clearTimeout(this.#timer)
    if (this.#running === undefined) {
      this.#end('CANCELLED', '')
      return
    }
    this.state = 'CANCEL_PENDING'
    this.#running.interrupt(podGraceMs)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    // One that failed instead would be tried again.
    if (!this.hasEnded) this.state = 'CANCEL_PENDING'
    this.#running?.kill()
    await this.#running?.ended
  }

  #submit(): void {
    this.state = 'SUBMITTED'
    this.#afterTransition(() => this.#run())
  }

  #run(): void {
    this.state = 'RUNNING'
    this.#attempts += 1
    const { request } = this
    const running = runDriver(
      {
        id: `${this.id}-${this.#attempts}`,
        command: 'spark-submit',
        args: driverArguments(wireRecord(request.jobDriver).sparkSubmitJobDriver),
        roleArn: String(request.executionRoleArn),
        sparkDefaults: sparkDefaultsOf(wireRecord(request.configurationOverrides).applicationConfiguration),
      },
      this.#logs(),
      this.#host,
    )
    this.#running = running
    void running.ended.then((outcome) => this.#ended(outcome))
  }

  #ended({ exitCode, message }: JobOutcome): void {
    this.#running = undefined
    const { maxAttempts } = wireRecord(this.request.retryPolicyConfiguration)
    if (this.state === 'CANCEL_PENDING') this.#end('CANCELLED', '')
    else if (exitCode === 0) this.#end('COMPLETED', '')
    else if (this.#attempts < Number(maxAttempts ?? 1)) this.#submit()
    else this.#end('FAILED', `Driver ended with exit code ${exitCode}. ${message ?? ''}`.trim())
  }

  #logs(): DriverLogs {
    const { monitoringConfiguration } = wireRecord(this.request.configurationOverrides)
    const application = `spark-${this.id}${this.#attempts > 1 ? `-${this.#attempts}` : ''}`
    const folder = [this.#clusterId, 'jobs', this.id, 'containers', application, `${application}-driver`]
    return driverLogs(monitoringConfiguration, folder)
  }

  #end(state: RunState, details: string): void {
    this.state = state
    this.#details = details.slice(0, longestDetails)
    this.#finishedAtMs = Date.now()
  }

  #afterTransition(then: () => void): void {
    this.#timer = setTimeout(then, this.#host.transitionMs)
    this.#timer.unref()
  }

  /** As DescribeJobRun and ListJobRuns write it. */
  wireRun() {
    const { clientToken, configurationOverrides, executionRoleArn, jobDriver, name, releaseLabel } =
      this.request
    const policy = this.request.retryPolicyConfiguration
    return {
      id: this.id,
      name,
      virtualClusterId: this.#clusterId,
      arn: this.arn,
      state: this.state,
      clientToken,
      executionRoleArn,
      releaseLabel,
      configurationOverrides,
      jobDriver,
      createdAt: new Date(this.createdAtMs).toISOString(),
      createdBy: this.#createdBy,
      finishedAt: this.#finishedAtMs === undefined ? undefined : new Date(this.#finishedAtMs).toISOString(),
      stateDetails: this.#details === '' ? undefined : this.#details,
      failureReason: this.state === 'FAILED' ? 'USER_ERROR' : undefined,
      tags: Object.fromEntries(this.tags),
      retryPolicyConfiguration: policy,
      retryPolicyExecution: policy === undefined ? undefined : { currentAttemptCount: this.#attempts },
    }
  }
}
