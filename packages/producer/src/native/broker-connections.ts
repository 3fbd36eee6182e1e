import { setMaxListeners } from 'node:events'
import { type KafkaConnection, type TidewaterError, toTidewaterError } from '@tidewater/core'
import { admitted, tlsSettings, unreachable } from '@tidewater/core/drivers'
import { BrokerConnection } from './broker-connection.js'
import { BrokerVersions, spokenFor } from './broker-versions.js'
import type { ConnectionSettings } from './open-socket.js'
import { ReconnectBackoff } from './reconnect-backoff.js'
import { type ApiVersionsResponse, apiVersions, type BrokerAddress } from './wire/messages.js'

type Address = Pick<BrokerAddress, 'host' | 'port'>

/** What any broker can answer is asked of another one after this; twice as long each time that none answered. */
const minControlTimeoutMs = 5_000

/** The connections to a cluster's brokers: one for each broker and use, and one to any of them. */
export class BrokerConnections {
  /** Levels of the cluster's features, as the broker of the last control connection said. */
  features: ReadonlyMap<string, number> = new Map()
  readonly #settings: Omit<ConnectionSettings, 'callTimeoutMs'>
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  readonly #backoff = new ReconnectBackoff()
  readonly #closing = new AbortController()
  #known: readonly Address[] = []
  #control: Promise<BrokerConnection> | undefined
  /** When the control connection to a broker last failed. */
  readonly #controlFailedAtMs = new Map<string, number>()
  #controlTimeoutMs: number

  constructor(connection: KafkaConnection) {
    this.#settings = { connection, tls: tlsSettings(connection), closing: this.#closing.signal }
    this.#controlTimeoutMs = this.#firstControlTimeoutMs
    // One for each connection.
    setMaxListeners(0, this.#closing.signal)
  }

  /** The brokers that can be asked, beside the bootstrap brokers. */
  noteBrokers(brokers: readonly Address[]): void {
    this.#known = brokers
  }

  /**
   * The connection to a broker for a use, opened on the first call and again after it was lost. A broker that can't be
   * reached is left alone for a while, the longer the more often that was so; meanwhile the last failure is the answer.
   *
   * @throws TidewaterError `BROKER_UNREACHABLE`, `KAFKA_PROTOCOL` (retryable, unless the broker is too old), or why it doesn't
   *   let the client in
   */
  to({ host, port }: Address, use: 'produce' | 'coordinate'): Promise<BrokerConnection> {
    const address = `${host}:${port}`
    const key = `${use} ${address}`
    const known = this.#connections.get(key)
    if (known !== undefined) return known
    const reasonToWait = this.#backoff.reasonToWait(address, performance.now())
    if (reasonToWait !== undefined) return Promise.reject(reasonToWait)
    const { requestTimeoutMs } = this.#settings.connection
    // Each try may take longer: the broker may be slow.
    const patienceMs = this.#firstControlTimeoutMs * 2 ** this.#backoff.timesInARow(address)
    const firstAnswerTimeoutMs = Math.min(requestTimeoutMs, patienceMs)
    const opening = this.#connect({ host, port }, use, firstAnswerTimeoutMs, requestTimeoutMs).then(
      ({ opened }) => {
        this.#backoff.connected(address)
        const forget = () => {
          if (this.#connections.get(key) === opening) this.#connections.delete(key)
        }
        if (opened.failure === undefined) opened.onDown = forget
        else forget()
        return opened
      },
      (thrown) => {
        this.#connections.delete(key)
        this.#backoff.failed(address, toTidewaterError(thrown), performance.now())
        throw thrown
      },
    )
    this.#connections.set(key, opening)
    return opening
  }

  /** How often in a row the broker could not be connected to. */
  failuresInARow({ host, port }: Address): number {
    return this.#backoff.timesInARow(`${host}:${port}`)
  }

  /** A connection to any broker, for what any of them answers. */
  control(): Promise<BrokerConnection> {
    if (this.#control !== undefined) return this.#control
    const opening = this.#openControl()
    this.#control = opening
    const forget = () => {
      if (this.#control === opening) this.#control = undefined
    }
    opening.then((control) => {
      if (control.failure === undefined) control.onDown = forget
      else forget()
    }, forget)
    return opening
  }

  async #openControl(): Promise<BrokerConnection> {
    const { brokers } = this.#settings.connection
    const known = [...this.#known, ...brokers.map(splitAddress)]
    const byAddress = new Map(known.map(({ host, port }) => [`${host}:${port}`, { host, port }]))
    const failedAtMs = (address: string) => this.#controlFailedAtMs.get(address) ?? 0
    const candidates = [...byAddress].sort(([a], [b]) => failedAtMs(a) - failedAtMs(b))
    let last: TidewaterError | undefined
    for (const [address, candidate] of candidates) {
      try {
        const timeoutMs = this.#controlTimeoutMs
        const { opened, features } = await this.#connect(candidate, 'control', timeoutMs, timeoutMs)
        this.features = features
        return opened
      } catch (thrown) {
        const error = toTidewaterError(thrown)
        // Another broker would refuse it too, and is no help without credentials; but it may be a newer one.
        const isOfThisBroker = error.retryable || error.code === 'KAFKA_PROTOCOL'
        if (!isOfThisBroker || error.code === 'CREDENTIALS_UNAVAILABLE') throw error
        if (last === undefined || error.retryable) last = error
        this.#controlFailedAtMs.set(address, performance.now())
      }
    }
    if (last?.retryable === false) throw last
    this.#allowLonger()
    throw unreachable(brokers, last?.message ?? 'none is known', last)
  }

  get #firstControlTimeoutMs(): number {
    return Math.min(minControlTimeoutMs, this.#settings.connection.requestTimeoutMs)
  }

  /** None answered in time: the cluster may be slow as a whole. */
  #allowLonger(): void {
    this.#controlTimeoutMs = Math.min(this.#settings.connection.requestTimeoutMs, 2 * this.#controlTimeoutMs)
  }

  /**
   * Asks what any broker can answer: another one when the first is lost over it.
   *
   * @throws TidewaterError as {@link BrokerConnection.call} does, when no broker answers
   */
  async askAny<T>(ask: (control: BrokerConnection) => Promise<T>): Promise<T> {
    const first = await this.control()
    try {
      return await this.#ask(first, ask)
    } catch (thrown) {
      // A broker that stopped since: another one may answer.
      if (first.failure === undefined || this.#closing.signal.aborted) throw thrown
      const second = await this.control()
      try {
        return await this.#ask(second, ask)
      } catch (thrownAgain) {
        if (second.failure !== undefined) this.#allowLonger()
        throw thrownAgain
      }
    }
  }

  async #ask<T>(control: BrokerConnection, ask: (control: BrokerConnection) => Promise<T>): Promise<T> {
    try {
      const answer = await ask(control)
      this.#controlTimeoutMs = this.#firstControlTimeoutMs
      return answer
    } catch (thrown) {
      // The others are asked first from now on.
      if (control.failure !== undefined) this.#controlFailedAtMs.set(control.address, performance.now())
      throw thrown
    }
  }

  /** Ends every connection at once. */
  close(error: TidewaterError): void {
    this.#closing.abort(error)
  }

  /** A connection on which a broker has answered: a proxy accepts one as well, and so does a broker that hangs. */
  async #connect(
    { host, port }: Address,
    use: keyof typeof spokenFor,
    firstAnswerTimeoutMs: number,
    callTimeoutMs: number,
  ): Promise<{ readonly opened: BrokerConnection; readonly features: ApiVersionsResponse['features'] }> {
    const { connection } = this.#settings
    const opened = await admitted(
      connection,
      () => BrokerConnection.open(host, port, { ...this.#settings, callTimeoutMs }),
      1,
    )
    try {
      const { ranges, features } = await opened.call(apiVersions, undefined, firstAnswerTimeoutMs)
      opened.versions = new BrokerVersions(ranges)
      for (const spoken of spokenFor[use]) opened.versions.highest(spoken)
      return { opened, features }
    } catch (thrown) {
      const error = toTidewaterError(thrown)
      opened.destroy(error)
      throw error
    }
  }
}

function splitAddress(broker: string): { readonly host: string; readonly port: number } {
  const colon = broker.lastIndexOf(':')
  return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) }
}
