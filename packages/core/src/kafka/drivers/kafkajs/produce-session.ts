import type * as Kafkajs from 'kafkajs'

/**
 * One kafkajs producer, with one producer id when idempotent, and the sends that still run on it. kafkajs takes a failed
 * send's sequence numbers back and gives them to the next batch; if the broker had written the failed one after all, it
 * would take the next for its duplicate and drop it. So a session whose send ended without a known outcome is retired:
 * no new batch goes through it, and it disconnects when the sends that already run on it have ended.
 */
export class ProduceSession {
  #holds = 0
  #retired = false

  /** @param onIdle called each time the last send of a retired session has ended */
  constructor(
    readonly producer: Kafkajs.Producer,
    readonly onIdle: () => void = () => undefined,
  ) {}

  get isRetired(): boolean {
    return this.#retired
  }

  /** Keeps the session connected until the work is done, even if it is retired meanwhile. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holds++
    try {
      return await work()
    } finally {
      this.#holds--
      this.#disconnectWhenIdle()
    }
  }

  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.#disconnectWhenIdle()
  }

  /**
   * Disconnects under the sends that run on it. kafkajs connects once more when a send meets that, so the end of the
   * last one disconnects again.
   */
  async disconnect(): Promise<void> {
    this.#retired = true
    await this.producer.disconnect()
  }

  #disconnectWhenIdle(): void {
    if (!this.#retired || this.#holds > 0) return
    this.producer.disconnect().catch(() => undefined)
    this.onIdle()
  }
}

/** Hands out the current session and connects a new one when the last was retired. */
export class ProduceSessions {
  /** Every session that is connected, the retired ones whose sends still run included. */
  readonly #live = new Set<ProduceSession>()
  #current: Promise<ProduceSession> | undefined
  #connected: ProduceSession | undefined
  #isClosed = false

  /** @param create a producer that isn't connected yet */
  constructor(readonly create: () => Kafkajs.Producer) {}

  current(): Promise<ProduceSession> {
    if (this.#current !== undefined && this.#connected?.isRetired !== true) return this.#current
    const connecting = this.#connect()
    this.#current = connecting
    this.#connected = undefined
    connecting.then(
      (session) => {
        this.#connected = session
      },
      () => {
        // The next caller tries again.
        if (this.#current === connecting) this.#current = undefined
      },
    )
    return connecting
  }

  /** Disconnects every session; one that is still connecting does so as soon as it is connected. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled([...this.#live].map((session) => session.disconnect()))
  }

  async #connect(): Promise<ProduceSession> {
    const producer = this.create()
    try {
      await producer.connect()
    } catch (error) {
      await producer.disconnect().catch(() => undefined)
      throw error
    }
    const session: ProduceSession = new ProduceSession(producer, () => this.#live.delete(session))
    if (this.#isClosed) await session.disconnect()
    else this.#live.add(session)
    return session
  }
}
