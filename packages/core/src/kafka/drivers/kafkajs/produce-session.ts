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

  constructor(readonly producer: Kafkajs.Producer) {}

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

  #disconnectWhenIdle(): void {
    if (this.#retired && this.#holds === 0) this.producer.disconnect().catch(() => undefined)
  }
}

/** Hands out the current session and connects a new one when the last was retired. */
export class ProduceSessions {
  #current: Promise<ProduceSession> | undefined
  #connected: ProduceSession | undefined

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

  async close(): Promise<void> {
    const session = await this.#current?.catch(() => undefined)
    await session?.producer.disconnect()
  }

  async #connect(): Promise<ProduceSession> {
    const producer = this.create()
    try {
      await producer.connect()
    } catch (error) {
      await producer.disconnect().catch(() => undefined)
      throw error
    }
    return new ProduceSession(producer)
  }
}
