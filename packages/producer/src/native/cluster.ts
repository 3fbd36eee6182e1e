import { type KafkaConnection, TidewaterError, toTidewaterError } from '@tidewater/core'
import { admitted, brokerError, tlsSettings, topicNotFound, unreachable } from '@tidewater/core/drivers'
import { BrokerConnection, type ConnectionSettings } from './broker-connection.js'
import { apiVersions, type BrokerAddress, metadata, type VersionRange } from './wire/messages.js'
import { produceKey, produceVersions } from './wire/produce.js'

/** What the cluster last said of a topic. */
export interface TopicView {
  /** 0, or why the topic can't be used. */
  readonly errorCode: number
  /** The leader of each partition; -1 for none. */
  readonly leaders: ReadonlyMap<number, number>
  /** How often in a row it was unknown. */
  readonly timesUnknown: number
}

const unknownTopic = 3

/** The brokers, the topics' leaders, and one connection to each broker that is needed. */
export class Cluster {
  readonly #settings: ConnectionSettings
  readonly #brokers = new Map<number, BrokerAddress>()
  readonly #topics = new Map<string, TopicView>()
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  readonly #open = new Set<BrokerConnection>()
  #control: BrokerConnection | undefined
  #refresh: Promise<void> | undefined
  #versions: readonly VersionRange[] = []
  #features: ReadonlyMap<string, number> = new Map()
  #isClosed = false

  private constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  /**
   * Connects to the first bootstrap broker that answers.
   *
   * @throws TidewaterError `BROKER_UNREACHABLE`, or why no broker lets the client in
   */
  static async open(connection: KafkaConnection): Promise<Cluster> {
    const cluster = new Cluster({ connection, tls: tlsSettings(connection) })
    try {
      await cluster.#controlConnection()
      const produce = cluster.highestVersion(produceKey, produceVersions.max)
      if (produce !== undefined && produce >= produceVersions.min) return cluster
      throw new TidewaterError(
        'KAFKA_PROTOCOL',
        `The native driver needs Produce v${produceVersions.min} (Kafka 2.4 and later), the broker has up to v${produce ?? '?'}`,
        { remedy: 'Use a newer broker, or driver: kafkajs.' },
      )
    } catch (thrown) {
      cluster.close(toTidewaterError(thrown))
      throw thrown
    }
  }

  /** The highest version of a request that both the broker that was asked and the caller know. */
  highestVersion(key: number, upTo: number): number | undefined {
    const range = this.#versions.find((one) => one.key === key)
    if (range === undefined || range.min > upTo) return undefined
    return Math.min(range.max, upTo)
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

  get reauthentications(): number {
    return [...this.#open].reduce((sum, one) => sum + one.reauthentications, 0)
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
   * The connection to a broker, opened on the first use and again after it was lost.
   *
   * @throws TidewaterError `BROKER_UNREACHABLE` (retryable), or why the broker doesn't let the client in
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
    const address = `${use} ${host}:${port}`
    const known = this.#connections.get(address)
    if (known !== undefined) return known
    const opening = admitted(this.#settings.connection, () => this.#connect(host, port)).then((opened) => {
      opened.onDown = () => {
        this.#open.delete(opened)
        if (this.#connections.get(address) === opening) this.#connections.delete(address)
      }
      if (this.#isClosed) opened.destroy(closed())
      else this.#open.add(opened)
      return opened
    })
    this.#connections.set(address, opening)
    opening.catch(() => this.#connections.delete(address))
    return opening
  }

  /** A connection to any broker, for what any of them answers. */
  async #controlConnection(): Promise<BrokerConnection> {
    if (this.#control !== undefined && this.#control.failure === undefined) return this.#control
    const { brokers } = this.#settings.connection
    const known = [...this.#brokers.values()].map(({ host, port }) => ({ host, port }))
    const candidates = [...known, ...brokers.map(splitAddress)]
    let last: TidewaterError | undefined
    const tried = new Set<string>()
    for (const { host, port } of candidates) {
      const address = `${host}:${port}`
      if (tried.has(address)) continue
      tried.add(address)
      try {
        const control = await admitted(this.#settings.connection, () => this.#connect(host, port))
        this.#open.add(control)
        control.onDown = () => this.#open.delete(control)
        if (this.#isClosed) control.destroy(closed())
        // What accepts connections and doesn't answer is no broker.
        const { ranges, features } = await control.call(apiVersions, undefined)
        this.#versions = ranges
        this.#features = features
        this.#control = control
        return control
      } catch (thrown) {
        last = toTidewaterError(thrown)
        // Another broker would refuse it too.
        if (!last.retryable) throw last
      }
    }
    throw unreachable(brokers, last?.message ?? 'none is known', last)
  }

  /** @throws TidewaterError as {@link BrokerConnection.call} does, when no broker answers */
  async askAny<T>(ask: (control: BrokerConnection) => Promise<T>): Promise<T> {
    const first = await this.#controlConnection()
    try {
      return await ask(first)
    } catch (thrown) {
      // A broker that stopped since: another one may answer.
      if (first.failure === undefined || this.#isClosed) throw thrown
      return ask(await this.#controlConnection())
    }
  }

  /** Ends every connection at once. */
  close(error: TidewaterError = closed()): void {
    this.#isClosed = true
    for (const connection of [...this.#open]) connection.destroy(error)
    this.#open.clear()
    this.#connections.clear()
  }

  #connect(host: string, port: number): Promise<BrokerConnection> {
    if (this.#isClosed) return Promise.reject(closed())
    return BrokerConnection.open(host, port, this.#settings)
  }

  async #readMetadata(): Promise<void> {
    const answer = await this.askAny((control) => control.call(metadata, [...this.#topics.keys()]))
    if (answer.brokers.length > 0) {
      this.#brokers.clear()
      for (const broker of answer.brokers) this.#brokers.set(broker.nodeId, broker)
    }
    for (const { topic, errorCode, partitions } of answer.topics) {
      const before = this.#topics.get(topic)
      const isUnknown = errorCode === unknownTopic
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

function closed(): TidewaterError {
  return new TidewaterError('PRODUCER_CLOSED', 'The producer is closed', { remedy: 'Create a new producer.' })
}

/** Why the cluster does not say who leads a topic's partitions. */
export function lookupError(topic: string, errorCode: number): TidewaterError {
  return errorCode === 3
    ? topicNotFound(topic)
    : brokerError(
        errorCode,
        'the cluster does not say who leads it',
        { action: 'Looking up the topic', topic },
        undefined,
      )
}
