import { type KafkaConnection, type TidewaterError, toTidewaterError } from '@tidewater/core'
import { brokerError, kafkaCode, producerClosed, topicNotFound, unreachable } from '@tidewater/core/drivers'
import type { BrokerConnection } from './broker-connection.js'
import { BrokerConnections } from './broker-connections.js'
import { type BrokerAddress, metadata } from './wire/messages.js'

/** What the cluster last said of a topic. */
export interface TopicView {
  /** 0, or why the topic can't be used. */
  readonly errorCode: number
  /** The leader of each partition; -1 for none. */
  readonly leaders: ReadonlyMap<number, number>
  /** How often in a row it was unknown. */
  readonly timesUnknown: number
}

/** What is known of a cluster, its brokers and the topics' leaders, and the ways to the brokers. */
export class Cluster {
  readonly #connections: BrokerConnections
  readonly #brokers = new Map<number, BrokerAddress>()
  readonly #topics = new Map<string, TopicView>()
  #refresh: Promise<void> | undefined

  private constructor(connection: KafkaConnection) {
    this.#connections = new BrokerConnections(connection)
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
      await cluster.#connections.control()
      return cluster
    } catch (thrown) {
      cluster.close(toTidewaterError(thrown))
      throw thrown
    }
  }

  /** The level of a feature that the cluster has agreed on; undefined when it doesn't know it. */
  feature(name: string): number | undefined {
    return this.#connections.features.get(name)
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
   * The connection to a broker for produce requests.
   *
   * @throws TidewaterError as {@link BrokerConnections.to}
   */
  connectionTo(nodeId: number): Promise<BrokerConnection> {
    const broker = this.#brokers.get(nodeId)
    if (broker === undefined)
      return Promise.reject(unreachable([`broker ${nodeId}`], 'its address is not known', undefined))
    return this.#connections.to(broker, 'produce')
  }

  /** A connection of its own to a coordinator: its answers must not wait behind those to batches. */
  coordinatorAt(host: string, port: number): Promise<BrokerConnection> {
    return this.#connections.to({ host, port }, 'coordinate')
  }

  /** How often in a row the broker could not be connected to. */
  failedConnectsTo(nodeId: number): number {
    const broker = this.#brokers.get(nodeId)
    return broker === undefined ? 0 : this.#connections.failuresInARow(broker)
  }

  /** As {@link BrokerConnections.askAny}. */
  askAny<T>(ask: (control: BrokerConnection) => Promise<T>): Promise<T> {
    return this.#connections.askAny(ask)
  }

  /** Ends every connection at once. */
  close(error: TidewaterError = producerClosed()): void {
    this.#connections.close(error)
  }

  async #readMetadata(): Promise<void> {
    const answer = await this.askAny((control) => control.call(metadata, [...this.#topics.keys()]))
    if (answer.brokers.length > 0) {
      this.#brokers.clear()
      for (const broker of answer.brokers) this.#brokers.set(broker.nodeId, broker)
      this.#connections.noteBrokers(answer.brokers)
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
