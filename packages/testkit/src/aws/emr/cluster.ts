import type { JobOutcome, RunningJob } from '../jobs/running-job.js'
import { sparkDefaultsOf } from '../jobs/spark-submit.js'
import { parseObjectUri } from '../object-uri.js'
import type { AwsFault } from '../service.js'
import { type WireRecord, wireRecord, wireRecords, wireString, wireStrings } from '../wire-values.js'
import { bootstrapFailure, type ErrorDetail, type StateChange } from './bootstrap.js'
import { type EmrStep, isActive, stepEnded } from './step.js'
import { stepLogKeys, yarnApplicationId } from './step-logs.js'
import { runStep, type StepHost } from './step-run.js'
import { stepsProblem, validationException } from './validation.js'

export interface EmrHost extends StepHost {
  readonly region: string
  readonly accountId: string
  /** From the request until the cluster is ready, and from its termination to the end. */
  readonly transitionMs: number
  readonly newId: (prefix: 'j' | 's') => string
}

export type ClusterState =
  | 'STARTING'
  | 'BOOTSTRAPPING'
  | 'RUNNING'
  | 'WAITING'
  | 'TERMINATING'
  | 'TERMINATED'
  | 'TERMINATED_WITH_ERRORS'

/** A cluster over its life, and the steps that really run on it. */
export class EmrCluster {
  readonly id: string
  readonly steps: EmrStep[] = []
  readonly tags: Map<string, string>
  readonly createdAtMs = Date.now()
  state: ClusterState = 'STARTING'
  change: StateChange = { Message: '' }
  readyAtMs: number | undefined
  endedAtMs: number | undefined
  stepConcurrency: number
  terminationProtected: boolean
  /** EMR adds them to what has failed. */
  errorDetails: readonly ErrorDetail[] = []
  managedScaling: unknown
  autoTermination: unknown
  readonly request: WireRecord
  readonly #host: EmrHost
  readonly #running = new Map<EmrStep, RunningJob>()
  readonly #keepsAlive: boolean
  #timer: NodeJS.Timeout | undefined

  constructor(request: WireRecord, host: EmrHost) {
    const instances = wireRecord(request.Instances)
    this.id = host.newId('j')
    this.request = request
    this.#host = host
    this.tags = new Map(wireRecords(request.Tags).map(({ Key, Value }) => [String(Key), String(Value ?? '')]))
    this.stepConcurrency = Number(request.StepConcurrencyLevel ?? 1)
    this.terminationProtected = instances.TerminationProtected === true
    this.#keepsAlive = instances.KeepJobFlowAliveWhenNoSteps === true
    this.managedScaling = request.ManagedScalingPolicy
    this.autoTermination = request.AutoTerminationPolicy
    for (const step of wireRecords(request.Steps)) this.#append(step, undefined)
    this.#after(host.transitionMs / 2, () => this.#bootstrap())
  }

  get hasEnded(): boolean {
    return this.state === 'TERMINATED' || this.state === 'TERMINATED_WITH_ERRORS'
  }

  addSteps(steps: readonly WireRecord[], roleArn: string | undefined): readonly string[] | AwsFault {
    if (this.state === 'TERMINATING' || this.hasEnded)
      return validationException(
        'A job flow that is shutting down, terminated, or finished may not be modified.',
      )
    const problem = stepsProblem(steps, {
      active: this.steps.filter(isActive).length,
      concurrency: this.stepConcurrency,
    })
    if (problem !== undefined) return problem
    const ids = steps.map((step) => this.#append(step, roleArn))
    this.#schedule()
    return ids
  }

  /** Undefined when it can be cancelled; why not, otherwise. */
  cancelStep(id: string, how: 'interrupt' | 'kill'): string | undefined {
    const step = this.steps.find((one) => one.id === id)
    if (step === undefined) return 'Step does not exist.'
    if (step.state === 'PENDING') {
      stepEnded(step, 'CANCELLED', Date.now())
      this.#schedule()
      return undefined
    }
    if (step.state !== 'RUNNING') return `Cannot cancel a step in state ${step.state}.`
    step.state = 'CANCEL_PENDING'
    this.#running.get(step)?.[how]()
    return undefined
  }

  terminate(change: StateChange, end: 'TERMINATED' | 'TERMINATED_WITH_ERRORS' = 'TERMINATED'): void {
    if (this.state === 'TERMINATING' || this.hasEnded) return
    this.state = 'TERMINATING'
    this.change = change
    for (const step of this.steps) if (step.state === 'PENDING') stepEnded(step, 'CANCELLED', Date.now())
    for (const running of this.#running.values()) running.kill()
    this.#after(this.#host.transitionMs / 2, async () => {
      await Promise.all([...this.#running.values()].map(({ ended }) => ended))
      this.state = end
      this.endedAtMs = Date.now()
    })
  }

  setConcurrency(level: number): void {
    this.stepConcurrency = level
    this.#schedule()
  }

  setAutoTermination(policy: unknown): void {
    this.autoTermination = policy
    if (this.state === 'WAITING') this.#becomeIdle()
  }

  /** Ends what runs at once, as the machine's own end would. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    // Ahead of the steps' ends, after which the next ones would start.
    this.state = 'TERMINATED'
    const running = [...this.#running.values()]
    for (const one of running) one.kill()
    await Promise.all(running.map(({ ended }) => ended))
  }

  #bootstrap(): void {
    this.state = 'BOOTSTRAPPING'
    this.#after(this.#host.transitionMs / 2, async () => {
      const failure = await bootstrapFailure(this.request, this.#host.objects)
      // It may have been terminated meanwhile.
      if (this.state !== 'BOOTSTRAPPING') return
      if (failure !== undefined) {
        this.errorDetails = failure.details
        this.terminate(failure.change, 'TERMINATED_WITH_ERRORS')
        return
      }
      this.readyAtMs = Date.now()
      this.#becomeIdle()
      this.#schedule()
    })
  }

  #append(step: WireRecord, roleArn: string | undefined): string {
    const jar = wireRecord(step.HadoopJarStep)
    const id = this.#host.newId('s')
    this.steps.push({
      id,
      name: String(step.Name),
      state: 'PENDING',
      actionOnFailure: wireString(step.ActionOnFailure) ?? 'CONTINUE',
      jar: String(jar.Jar),
      args: wireStrings(jar.Args),
      mainClass: wireString(jar.MainClass),
      properties: Object.fromEntries(
        wireRecords(jar.Properties).map(({ Key, Value }) => [String(Key), String(Value)]),
      ),
      roleArn,
      createdAtMs: Date.now(),
    })
    return id
  }

  #schedule(): void {
    if (this.state !== 'RUNNING' && this.state !== 'WAITING') return
    for (const step of this.steps) {
      if (this.#running.size >= this.stepConcurrency) break
      if (step.state === 'PENDING') this.#start(step)
    }
    if (this.#running.size > 0) {
      clearTimeout(this.#timer)
      this.state = 'RUNNING'
      this.change = { Message: 'Running step' }
    } else if (this.#keepsAlive) {
      if (this.state !== 'WAITING') this.#becomeIdle()
    } else {
      this.terminate({ Code: 'ALL_STEPS_COMPLETED', Message: 'Steps completed' })
    }
  }

  #becomeIdle(): void {
    clearTimeout(this.#timer)
    this.state = 'WAITING'
    this.change = { Message: 'Cluster ready to run steps.' }
    const seconds = wireRecord(this.autoTermination).IdleTimeout
    if (typeof seconds !== 'number') return
    this.#after(seconds * 1_000, () =>
      this.terminate({ Code: 'ALL_STEPS_COMPLETED', Message: 'Idle timeout was reached' }),
    )
  }

  #start(step: EmrStep): void {
    const { accountId } = this.#host
    const applicationId = yarnApplicationId(this.readyAtMs ?? 0, this.steps.indexOf(step) + 1)
    const uri = parseObjectUri(wireString(this.request.LogUri) ?? '')
    step.state = 'RUNNING'
    step.startedAtMs = Date.now()
    const running = runStep(
      {
        clusterId: this.id,
        stepId: step.id,
        jar: step.jar,
        args: step.args,
        roleArn: step.roleArn ?? roleArnOf(String(this.request.JobFlowRole), accountId),
        sparkDefaults: sparkDefaultsOf(this.request.Configurations),
        applicationId,
        logs: uri && { bucket: uri.bucket, keys: stepLogKeys(uri.prefix, this.id, step.id, applicationId) },
      },
      this.#host,
    )
    this.#running.set(step, running)
    void running.ended.then((outcome) => this.#ended(step, outcome))
  }

  #ended(step: EmrStep, outcome: JobOutcome): void {
    this.#running.delete(step)
    if (this.state === 'TERMINATING' || this.hasEnded) stepEnded(step, 'INTERRUPTED', Date.now())
    else if (step.state === 'CANCEL_PENDING') stepEnded(step, 'CANCELLED', Date.now())
    else if (outcome.exitCode === 0) stepEnded(step, 'COMPLETED', Date.now())
    else this.#failed(step, outcome)
    this.#schedule()
  }

  #failed(step: EmrStep, { message }: JobOutcome): void {
    const logUri = wireString(this.request.LogUri)?.replace(/\/*$/, '')
    step.failure = {
      Reason: 'Unknown Error.',
      ...(message === undefined ? {} : { Message: message }),
      ...(logUri === undefined ? {} : { LogFile: `${logUri}/${this.id}/steps/${step.id}/stderr.gz` }),
    }
    stepEnded(step, 'FAILED', Date.now())
    if (step.actionOnFailure === 'CONTINUE') return
    if (step.actionOnFailure === 'CANCEL_AND_WAIT') {
      for (const later of this.steps) if (later.state === 'PENDING') stepEnded(later, 'CANCELLED', Date.now())
      return
    }
    this.terminate({ Code: 'STEP_FAILURE', Message: 'Shut down as step failed' }, 'TERMINATED_WITH_ERRORS')
  }

  #after(ms: number, then: () => unknown): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms)
    this.#timer.unref()
  }
}

/** The role in an instance profile has the profile's name, as the console and CLI make them. */
function roleArnOf(profile: string, accountId: string): string {
  return `arn:aws:iam::${accountId}:role/${profile.split('/').at(-1)}`
}
