import { TidewaterError } from '../../errors.js'

/**
 * The life of one consumer's `run`: it starts once, stops by a signal, by `close` or by a failure, and leaves the group
 * only after the handler that runs has ended, so that what it handled is committed.
 */
export class ConsumerRun {
  #started = false
  #isStopping = false
  #failure: { readonly reason: unknown } | undefined
  #stop: () => void = () => undefined
  #handling: Promise<void> | undefined
  #running: Promise<void> | undefined
  #closed: Promise<void> | undefined
  /** Resolves when the run has to end. */
  readonly stopped: Promise<void>

  /** @param leave leaves the group and disconnects */
  constructor(readonly leave: () => Promise<void>) {
    this.stopped = new Promise((resolve) => {
      this.#stop = () => {
        this.#isStopping = true
        resolve()
      }
    })
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  /**
   * @param consume resolves once `stopped` did
   * @throws TidewaterError `CONSUME_FAILED` when it ran before
   */
  async start(signal: AbortSignal | undefined, consume: () => Promise<void>): Promise<void> {
    if (this.#started || this.#closed !== undefined) {
      throw new TidewaterError('CONSUME_FAILED', 'The consumer ran already or is closed', {
        remedy: 'Create a new consumer.',
      })
    }
    this.#started = true
    const stop = () => this.#stop()
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
    this.#running = consume()
      .catch((reason: unknown) => this.fail(reason))
      .finally(() => signal?.removeEventListener('abort', stop))
    await this.#running
    await this.close()
    if (this.#failure !== undefined) throw this.#failure.reason
  }

  /** Ends the run; it rejects with the first reason given. */
  fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#stop()
  }

  /** Runs one hand-over; after a failure or a stop no further one starts. */
  async handle(work: () => Promise<void>): Promise<void> {
    if (this.#isStopping) return
    this.#handling = work().catch((reason: unknown) => this.fail(reason))
    await this.#handling
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeNow()
    return this.#closed
  }

  async #closeNow(): Promise<void> {
    this.#stop()
    await this.#handling
    await this.#running
    await this.leave()
  }
}
