import { type Clock, decidePoll, retryAfterMsOf, TidewaterError, toTidewaterError } from '@tidewater/core'
import type { JobStatus, JobTarget } from './port.js'
import { beforeTheFirstAnswer, type Observation, observe, type WaitMemory } from './wait-plan.js'

/** Share of the interval that is random, so that processes that began together don't ask together. */
const jitter = 0.3

export interface WatchOptions {
  /** Longest wait. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each question: with the state, or with why it could not be asked for; the next one may be answered. */
  readonly onStatus?:
    | ((status: JobStatus | undefined, trouble: TidewaterError | undefined) => void)
    | undefined
}

interface Waiter {
  readonly id: string
  readonly deadlineMs: number
  readonly options: WatchOptions
  memory: WaitMemory
  settle(end: JobStatus | TidewaterError): void
}

/** Asks for the states of all runs that are waited for at one target in this process, together. */
export class StatusWatch {
  readonly #target: JobTarget
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  #failuresInARow = 0
  #isAsking = false
  #pausing = new AbortController()

  constructor(target: JobTarget, clock: Clock) {
    this.#target = target
    this.#clock = clock
  }

  /**
   * Waits for the run's end.
   *
   * @throws TidewaterError `WAIT_TIMEOUT` (retryable), `JOB_NOT_FOUND`, `ABORTED`, and what the target says that can't pass
   */
  untilEnd(id: string, options: WatchOptions = {}): Promise<JobStatus> {
    const { timeoutMs = Number.POSITIVE_INFINITY, signal } = options
    return new Promise((resolve, reject) => {
      const abort = () =>
        waiter.settle(
          new TidewaterError('ABORTED', `Waiting for ${id} was aborted`, { cause: signal?.reason }),
        )
      const waiter: Waiter = {
        id,
        deadlineMs: this.#clock.nowMs() + timeoutMs,
        options,
        memory: beforeTheFirstAnswer,
        settle: (end) => {
          signal?.removeEventListener('abort', abort)
          this.#waiters.delete(waiter)
          // A timer with nobody behind it would keep the process alive.
          if (this.#waiters.size === 0) this.#pausing.abort()
          if (TidewaterError.isInstance(end)) reject(end)
          else resolve(end)
        },
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', abort, { once: true })
      if (signal?.aborted) abort()
      void this.#ask()
    })
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      // All who begin to wait in this moment are in the first question.
      await Promise.resolve()
      while (this.#waiters.size > 0) {
        const retryAfterMs = await this.#question()
        if (this.#waiters.size === 0) break
        await this.#pause(retryAfterMs)
      }
    } finally {
      this.#isAsking = false
    }
  }

  /** @returns the wait that a throttled answer asked for */
  async #question(): Promise<number | undefined> {
    const asked = [...this.#waiters]
    let answer: ReadonlyMap<string, JobStatus> | TidewaterError
    try {
      answer = await this.#target.statuses([...new Set(asked.map(({ id }) => id))], { maxAttempts: 1 })
      this.#failuresInARow = 0
    } catch (thrown) {
      answer = toTidewaterError(thrown)
      this.#failuresInARow += 1
    }
    for (const waiter of asked) this.#tell(waiter, observationOf(waiter.id, answer))
    return TidewaterError.isInstance(answer) ? retryAfterMsOf(answer) : undefined
  }

  #tell(waiter: Waiter, observation: Observation): void {
    if (!this.#waiters.has(waiter)) return
    const [memory, judged] = observe(waiter.memory, observation)
    waiter.memory = memory
    const trouble = observation.type === 'trouble' ? observation.error : undefined
    try {
      waiter.options.onStatus?.(memory.status, trouble)
    } catch (thrown) {
      // The caller's own error belongs to the caller who waits, not to the others.
      waiter.settle(toTidewaterError(thrown))
      return
    }
    if (judged.verdict === 'ended') waiter.settle(judged.status)
    else if (judged.verdict === 'give-up') waiter.settle(judged.error)
    else if (judged.verdict === 'gone') waiter.settle(notFound(waiter.id, this.#target))
    else if (this.#clock.nowMs() >= waiter.deadlineMs) waiter.settle(timedOut(waiter, trouble))
  }

  async #pause(retryAfterMs: number | undefined): Promise<void> {
    const nearestMs = Math.min(...[...this.#waiters].map(({ deadlineMs }) => deadlineMs))
    // The last question comes at the deadline, not before it.
    const remainingMs = Math.max(1, nearestMs - this.#clock.nowMs())
    const { pace } = this.#target
    const decision = decidePoll(
      { ...pace, jitter, timeoutMs: remainingMs },
      { elapsedMs: 0, failuresInARow: this.#failuresInARow, retryAfterMs },
      this.#clock.random(),
    )
    this.#pausing = new AbortController()
    await this.#clock.sleep(decision.poll ? decision.delayMs : 0, this.#pausing.signal).catch(() => undefined)
  }
}

function observationOf(id: string, answer: ReadonlyMap<string, JobStatus> | TidewaterError): Observation {
  if (TidewaterError.isInstance(answer)) return { type: 'trouble', error: answer }
  const status = (answer as ReadonlyMap<string, JobStatus>).get(id)
  return status === undefined ? { type: 'missing' } : { type: 'status', status }
}

export function notFound(id: string, { place }: Pick<JobTarget, 'place'>): TidewaterError {
  return new TidewaterError('JOB_NOT_FOUND', `${place} knows no run ${id}`, {
    remedy: 'Correct the id, or the place it is looked for.',
    details: { id, place },
  })
}

function timedOut({ id, memory, options }: Waiter, trouble: TidewaterError | undefined): TidewaterError {
  const state = memory.status?.serviceState ?? 'unknown'
  const last = trouble === undefined ? '' : ` (the last question failed: ${trouble.message})`
  return new TidewaterError('WAIT_TIMEOUT', `Run ${id} is ${state} after ${options.timeoutMs} ms${last}`, {
    retryable: true,
    remedy: 'Wait again: the run goes on. Or raise timeoutMs.',
    details: { id, state, timeoutMs: options.timeoutMs },
    ...(trouble === undefined ? {} : { cause: trouble }),
  })
}
