import { isDeepStrictEqual } from 'node:util'
import type { AwsFault } from '../service.js'
import { epochSeconds, type WireRecord, wireMap, wireRecord } from '../wire-values.js'
import { type ServerlessHost, ServerlessRun } from './job-run.js'
import { conflict, invalid } from './validation.js'

type ApplicationState =
  | 'CREATING'
  | 'CREATED'
  | 'STARTING'
  | 'STARTED'
  | 'STOPPING'
  | 'STOPPED'
  | 'TERMINATED'

const defaultIdleMinutes = 15

/** An application, which starts with its first run and stops when it has been idle. */
export class ServerlessApplication {
  readonly id: string
  readonly runs = new Map<string, ServerlessRun>()
  readonly tags: Map<string, string>
  readonly createdAtMs = Date.now()
  request: WireRecord
  state: ApplicationState = 'CREATING'
  #updatedAtMs = Date.now()
  readonly #byToken = new Map<string, ServerlessRun>()
  readonly #host: ServerlessHost
  #timer: NodeJS.Timeout | undefined

  constructor(request: WireRecord, host: ServerlessHost) {
    this.id = host.newId()
    this.request = request
    this.tags = new Map(Object.entries(wireMap(request.tags)))
    this.#host = host
    this.#become('CREATED')
  }

  get arn(): string {
    const { region, accountId } = this.#host
    return `arn:aws:emr-serverless:${region}:${accountId}:/applications/${this.id}`
  }

  /** The run of an earlier request when it had the same token. */
  startRun(request: WireRecord, createdBy: string): ServerlessRun | AwsFault {
    const token = String(request.clientToken)
    const known = this.#byToken.get(token)
    if (known !== undefined)
      return isDeepStrictEqual(known.request, request)
        ? known
        : conflict('The client token was used for a job run with other parameters.')
    if (this.state === 'TERMINATED') return invalid(`Application ${this.id} is terminated.`)
    const startsItself = wireRecord(this.request.autoStartConfiguration).enabled !== false
    if (!startsItself && this.state !== 'STARTED')
      return invalid(`Application ${this.id} is ${this.state}; it must be STARTED.`)
    const run = new ServerlessRun(this, request, createdBy, this.#host, () => this.#watchIdle())
    this.runs.set(run.id, run)
    this.#byToken.set(token, run)
    if (this.state === 'STARTED') {
      clearTimeout(this.#timer)
      run.start()
    } else {
      this.start()
    }
    return run
  }

  start(): AwsFault | undefined {
    if (this.state === 'TERMINATED') return invalid(`Application ${this.id} is terminated.`)
    if (this.state === 'STARTED' || this.state === 'STARTING') return undefined
    // One that is being created or stopped starts when that is done.
    if (this.state === 'CREATED' || this.state === 'STOPPED') this.#starting()
    else this.#startsNext = true
    return undefined
  }

  stop(): AwsFault | undefined {
    if (this.#hasRuns())
      return invalid('All scheduled and running jobs must be completed or cancelled first.')
    if (this.state !== 'STARTED')
      return invalid(`Application ${this.id} is ${this.state}; it must be STARTED.`)
    this.#stopping()
    return undefined
  }

  update(request: WireRecord): AwsFault | undefined {
    const { clientToken: _, ...changes } = request
    if (this.state !== 'CREATED' && this.state !== 'STOPPED')
      return invalid(`Application ${this.id} is ${this.state}; it must be CREATED or STOPPED.`)
    this.request = { ...this.request, ...changes }
    this.#updatedAtMs = Date.now()
    return undefined
  }

  terminate(): AwsFault | undefined {
    if (this.state !== 'CREATED' && this.state !== 'STOPPED')
      return invalid(`Application ${this.id} is ${this.state}; it must be CREATED or STOPPED.`)
    this.#change('TERMINATED')
    return undefined
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await Promise.all([...this.runs.values()].map((run) => run.close()))
  }

  #startsNext = false

  #starting(): void {
    this.#startsNext = false
    this.#change('STARTING')
    this.#after(this.#host.transitionMs, () => {
      this.#change('STARTED')
      for (const run of this.runs.values()) run.start()
      this.#watchIdle()
    })
  }

  #stopping(): void {
    this.#change('STOPPING')
    this.#become('STOPPED')
  }

  #become(state: 'CREATED' | 'STOPPED'): void {
    this.#after(this.#host.transitionMs, () => {
      this.#change(state)
      if (this.#startsNext) this.#starting()
    })
  }

  #watchIdle(): void {
    const { enabled, idleTimeoutMinutes } = wireRecord(this.request.autoStopConfiguration)
    if (enabled === false || this.state !== 'STARTED' || this.#hasRuns()) return
    const minutes = typeof idleTimeoutMinutes === 'number' ? idleTimeoutMinutes : defaultIdleMinutes
    this.#after(minutes * 60_000, () => {
      if (!this.#hasRuns()) this.#stopping()
    })
  }

  #hasRuns(): boolean {
    return [...this.runs.values()].some(({ hasEnded }) => !hasEnded)
  }

  #change(state: ApplicationState): void {
    this.state = state
    this.#updatedAtMs = Date.now()
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms)
    this.#timer.unref()
  }

  /** As ListApplications writes it. */
  wireSummary() {
    const { name, releaseLabel, type, architecture } = this.request
    return {
      id: this.id,
      name,
      arn: this.arn,
      releaseLabel,
      type,
      state: this.state,
      stateDetails: '',
      architecture: architecture ?? 'X86_64',
      createdAt: epochSeconds(this.createdAtMs),
      updatedAt: epochSeconds(this.#updatedAtMs),
    }
  }

  /** As GetApplication writes it. */
  wireApplication() {
    const { clientToken: _, tags: __, ...given } = this.request
    const { id, ...summary } = this.wireSummary()
    return {
      autoStartConfiguration: { enabled: true },
      autoStopConfiguration: { enabled: true, idleTimeoutMinutes: defaultIdleMinutes },
      ...given,
      ...summary,
      applicationId: id,
      tags: Object.fromEntries(this.tags),
    }
  }
}
