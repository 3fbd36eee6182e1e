import { setTimeout as sleep } from 'node:timers/promises'

/** The point in time by which a send has its report. It can be brought forward, which ends every wait for it at once. */
export class Deadline {
  #atMs: number
  readonly #waits = new Set<() => void>()

  constructor(durationMs: number) {
    this.#atMs = performance.now() + durationMs
  }

  get remainingMs(): number {
    return Math.max(0, this.#atMs - performance.now())
  }

  get isOver(): boolean {
    return this.remainingMs === 0
  }

  /** The time is over now. */
  expire(): void {
    this.#atMs = Number.NEGATIVE_INFINITY
    for (const end of this.#waits) end()
  }

  /** The promise's value, or undefined when the time is over first; the promise itself runs on. */
  async within<T>(promise: Promise<T>): Promise<T | undefined> {
    // Once the time is over nobody listens any more, and a late rejection must not end the process.
    promise.catch(() => undefined)
    let end: () => void = () => undefined
    const over = new Promise<undefined>((resolve) => {
      end = () => resolve(undefined)
    })
    this.#waits.add(end)
    const timer = setTimeout(end, this.remainingMs)
    try {
      return await Promise.race([promise, over])
    } finally {
      clearTimeout(timer)
      this.#waits.delete(end)
    }
  }

  /** Waits, but not past the time. */
  async pause(delayMs: number): Promise<void> {
    const enough = new AbortController()
    await this.within(sleep(delayMs, undefined, { signal: enough.signal }))
    enough.abort()
  }
}

/** The deadlines of the sends under way. */
export class Deadlines {
  readonly #open = new Set<Deadline>()
  #isAbandoned = false

  /** Runs `work` under a deadline of its own. */
  async run<T>(durationMs: number, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = new Deadline(this.#isAbandoned ? 0 : durationMs)
    this.#open.add(deadline)
    try {
      return await work(deadline)
    } finally {
      this.#open.delete(deadline)
    }
  }

  expireAll(): void {
    this.#isAbandoned = true
    for (const deadline of this.#open) deadline.expire()
  }
}
