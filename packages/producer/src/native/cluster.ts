import { setMaxListeners } from 'node:events'
import { type KafkaConnection, type TidewaterError, toTidewaterError } from '@tidewater/core'
import {
  admitted,
  brokerError,
  kafkaCode,
  producerClosed,
  tlsSettings,
  topicNotFound,
  unreachable,
} from '@tidewater/core/drivers'
import { BrokerConnection } from './broker-connection.js'
import { BrokerVersions, spokenFor } from './broker-versions.js'
import type { ConnectionSettings } from './open-socket.js'
import { ReconnectBackoff } from './reconnect-backoff.js'
import { type ApiVersionsResponse, apiVersions, type BrokerAddress, metadata } from './wire/messages.js'

/** What the cluster last said of a topic. */
export interface TopicView {
  /** 0, or why the topic can't be used. */
  readonly errorCode: number
  /** The leader of each partition; -1 for none. */
  readonly leaders: ReadonlyMap<number, number>
  /** How often in a row it was unknown. */
  readonly timesUnknown: number
}

/** What any broker can answer is asked of another one after this; twice as long each time that none answered. */
const minControlTimeoutMs = 5_000

/** The brokers, the topics' leaders, and one connection to each broker that is needed. */
export class Cluster {
  readonly #settings: Omit<ConnectionSettings, 'callTimeoutMs'>
  readonly #brokers = new Map<number, BrokerAddress>()
  readonly #topics = new Map<string, TopicView>()
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  readonly #open = new Set<BrokerConnection>()
  readonly #backoff = new ReconnectBackoff()
  readonly #closing = new AbortController()
  #control: Promise<BrokerConnection> | undefined
  /** When the control connection to a broker last failed. */
  readonly #controlFailedAtMs = new Map<string, number>()
  #controlTimeoutMs: number
  #refresh: Promise<void> | undefined
  #features: ReadonlyMap<string, number> = new Map()

  private constructor(connection: KafkaConnection) {
    this.#settings = { connection, tls: tlsSettings(connection), closing: this.#closing.signal }
    this.#controlTimeoutMs = this.#firstControlTimeoutMs
    // One for each connection.
    setMaxListeners(0, this.#closing.signal)
  }

  /**
   * Connects to the first bootstrap broker that answers.
   *
   * @throws TidewaterError `BROKER_UNREACHABLE`, `KAFKA_PROTOCOL` when the brokers are too old, or why no broker lets the
   *   client in
   */
  static async open(connection: KafkaConnection): Promise<Cluster> {
    const cluster = new Cluster(connection)
    try {
      await cluster.#controlConnection()
      return cluster
    } catch (thrown) {
      cluster.close(toTidewaterError(thrown))
      throw thrown
    }
  }

  /** The level of a feature that the cluster has agreed on; undefined when it doesn't know it. */
  feature(name: string): number | undefined {
    return this.#features.get(name)
  }

  topic(topic: string): TopicView | undefined {
    return this.#topics.get(topic)
  }

  /** The broker that leads the partition, as far as known. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.#topics.get(topic)?.leaders.get(partition)
    return leader === undefined || leader < 0 ? undefined : leader
  }

  /** Asks for the leaders of every topic known and of `topic`; one request at a time. Keeps what it knew if that fails. */
  refresh(topic: string): Promise<void> {
    if (!this.#topics.has(topic))
      this.#topics.set(topic, { errorCode: 0, leaders: new Map(), timesUnknown: 0 })
    else if (this.#refresh !== undefined) return this.#refresh
    const before = this.#refresh ?? Promise.resolve()
    const refresh = before
      .catch(() => {})
      .then(() => this.#readMetadata())
      .finally(() => {
        if (this.#refresh === refresh) this.#refresh = undefined
      })
    this.#refresh = refresh
    return refresh
  }

  /**
   * The connection to a broker, opened on the first use and again after it was lost. A broker that can't be reached is left
   * alone for a while, the longer the more often that was so; meanwhile the last failure is the answer.
   *
   * @throws TidewaterError `BROKER_UNREACHABLE`, `KAFKA_PROTOCOL` (retryable, unless the broker is too old), or why it doesn't
   *   let the client in
   */
  connectionTo(nodeId: number): Promise<BrokerConnection> {
    const broker = this.#brokers.get(nodeId)
    if (broker === undefined)
      return Promise.reject(unreachable([`broker ${nodeId}`], 'its address is not known', undefined))
    return this.#connectionAt(broker.host, broker.port, 'produce')
  }

  /** A connection of its own to a coordinator: its answers must not wait behind those to batches. */
  coordinatorAt(host: string, port: number): Promise<BrokerConnection> {
    return this.#connectionAt(host, port, 'coordinate')
  }

  #connectionAt(host: string, port: number, use: 'produce' | 'coordinate'): Promise<BrokerConnection> {
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
    const opening = this.#connect(host, port, use, firstAnswerTimeoutMs, requestTimeoutMs).then(
      ({ opened }) => {
        this.#backoff.connected(address)
        const forget = () => {
          this.#open.delete(opened)
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
  failedConnectsTo(nodeId: number): number {
    const broker = this.#brokers.get(nodeId)
    return broker === undefined ? 0 : this.#backoff.timesInARow(`${broker.host}:${broker.port}`)
  }

  /** A connection to any broker, for what any of them answers. */
  #controlConnection(): Promise<BrokerConnection> {
    if (this.#control !== undefined) return this.#control
    const opening = this.#openControl()
    this.#control = opening
    const forget = () => {
      if (this.#control === opening) this.#control = undefined
    }
    opening.then((control) => {
      control.onDown = () => {
        this.#open.delete(control)
        forget()
      }
      if (control.failure !== undefined) control.onDown(control.failure)
    }, forget)
    return opening
  }

  async #openControl(): Promise<BrokerConnection> {
    const { brokers } = this.#settings.connection
    const known = [...this.#brokers.values(), ...brokers.map(splitAddress)]
    const byAddress = new Map(known.map(({ host, port }) => [`${host}:${port}`, { host, port }]))
    const failedAtMs = (address: string) => this.#controlFailedAtMs.get(address) ?? 0
    const candidates = [...byAddress].sort(([a], [b]) => failedAtMs(a) - failedAtMs(b))
    let last: TidewaterError | undefined
    for (const [address, { host, port }] of candidates) {
      try {
        const timeoutMs = this.#controlTimeoutMs
        const { opened, features } = await this.#connect(host, port, 'control', timeoutMs, timeoutMs)
        this.#features = features
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

  /** @throws TidewaterError as {@link BrokerConnection.call} does, when no broker answers */
  async askAny<T>(ask: (control: BrokerConnection) => Promise<T>): Promise<T> {
    const first = await this.#controlConnection()
    try {
      return await this.#ask(first, ask)
    } catch (thrown) {
      // A broker that stopped since: another one may answer.
      if (first.failure === undefined || this.#closing.signal.aborted) throw thrown
      const second = await this.#controlConnection()
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
  close(error: TidewaterError = producerClosed()): void {
    this.#closing.abort(error)
  }

  /** A connection on which a broker has answered: a proxy accepts one as well, and so does a broker that hangs. */
  async #connect(
    host: string,
    port: number,
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
    this.#open.add(opened)
    opened.onDown = () => this.#open.delete(opened)
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

  async #readMetadata(): Promise<void> {
    const answer = await this.askAny((control) => control.call(metadata, [...this.#topics.keys()]))
    if (answer.brokers.length > 0) {
      this.#brokers.clear()
      for (const broker of answer.brokers) this.#brokers.set(broker.nodeId, broker)
    }
    for (const { topic, errorCode, partitions } of answer.topics) {
      const before = this.#topics.get(topic)
      const isUnknown = errorCode === kafkaCode.unknownTopicOrPartition
      this.#topics.set(topic, {
        errorCode,
        timesUnknown: isUnknown ? (before?.timesUnknown ?? 0) + 1 : 0,
        leaders: new Map(partitions.map(({ partition, leader }) => [partition, leader])),
      })
    }
  }
}

function splitAddress(broker: string): { readonly host: string; readonly port: number } {
  const colon = broker.lastIndexOf(':')
  return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) }
}

/** Why the cluster does not say who leads a topic's partitions. */
export function lookupError(topic: string, errorCode: number): TidewaterError {
  return errorCode === kafkaCode.unknownTopicOrPartition
    ? topicNotFound(topic)
    : brokerError(
        errorCode,
        'the cluster does not say who leads it',
        { action: 'Looking up the topic', topic },
        undefined,
      )
}
