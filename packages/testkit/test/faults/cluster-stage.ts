import { randomUUID } from 'node:crypto'
import { type KafkaAdmin, kafkaConnection, type PartitionDescription, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { expect } from 'vitest'
import { Bench } from '../../../core/test/kafka/contract/fixture.js'
import {
  type LocalBroker,
  type LocalStack,
  type LocalStackInput,
  startLocal,
  type TcpProxy,
} from '../../src/index.js'

/** Of a crash, an election, a restart and the catching up behind it. */
const recovery = { timeout: 90_000, interval: 200 }
export const partitions = 6

/** Three brokers behind proxies, and what a test of their faults asks of them. Asked and read by another client. */
export class ClusterStage {
  #restarts: Promise<unknown>[] = []

  private constructor(readonly stack: LocalStack) {}

  static async start(options: Pick<LocalStackInput, 'kafkaVersion' | 'smallLogDir'>): Promise<ClusterStage> {
    return new ClusterStage(await startLocal({ ...options, brokers: 3, proxied: true }))
  }

  stop(): Promise<void> {
    return this.stack.stop()
  }

  get brokers(): readonly LocalBroker[] {
    return this.stack.brokers
  }

  get bootstrapBrokers(): string {
    return this.stack.bootstrapBrokers
  }

  async topic(configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = `faults-${randomUUID()}`
    await this.#withAdmin(this.brokers, (admin) =>
      admin.createTopic({ topic, partitions, replicationFactor: 3, configs }),
    )
    await this.inSync(topic)
    return topic
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#withAdmin(this.brokers, (admin) => admin.deleteTopic(topic))
  }

  broker(id: number): LocalBroker {
    const found = this.brokers.find((one) => one.id === id)
    if (found === undefined) throw new TypeError(`there is no broker ${id}`)
    return found
  }

  proxyOf({ id, proxy }: LocalBroker): TcpProxy {
    if (proxy === undefined) throw new TypeError(`broker ${id} has no proxy`)
    return proxy
  }

  async leaderOf(topic: string, partition: number): Promise<LocalBroker> {
    const found = (await this.#describe(topic)).find((one) => one.partition === partition)
    return this.broker(found?.leader ?? -1)
  }

  async partitionsLedBy(topic: string, broker: LocalBroker): Promise<readonly number[]> {
    const described = await this.#describe(topic)
    return described.filter(({ leader }) => leader === broker.id).map(({ partition }) => partition)
  }

  /** Resolves when the broker leads nothing of the topic any more, as the others say. */
  async leadsNothing(topic: string, broker: LocalBroker): Promise<void> {
    await expect
      .poll(async () => {
        const described = await this.#describe(topic, broker)
        return described.every(({ leader }) => leader !== broker.id && leader >= 0)
      }, recovery)
      .toBe(true)
  }

  /** Resolves when a replica on the broker is out of sync. */
  async losesReplicas(topic: string, broker: LocalBroker): Promise<void> {
    await expect
      .poll(async () => {
        const described = await this.#describe(topic)
        return described.some(({ inSyncReplicas }) => !inSyncReplicas.includes(broker.id))
      }, recovery)
      .toBe(true)
  }

  /** Resolves when every partition has its leader and all replicas in sync. */
  async inSync(topic: string, count = partitions): Promise<void> {
    await expect
      .poll(async () => {
        const described = await this.#describe(topic)
        return described.map(({ leader, inSyncReplicas }) => (leader < 0 ? 0 : inSyncReplicas.length))
      }, recovery)
      .toEqual(Array.from({ length: count }, () => 3))
  }

  /**
   * Kills the broker and starts it again at once. The controller lets it come back when the old one's session is over, which
   * is when others take its place: starting it only then would take as long once more.
   */
  async crash(broker: LocalBroker): Promise<void> {
    await broker.kill()
    const restart = broker.start()
    // Awaited by `heal`; until then nobody may miss its failure.
    restart.catch(() => {})
    this.#restarts.push(restart)
  }

  /** Ends every fault, whatever a test left behind. */
  async heal(): Promise<void> {
    await Promise.all(this.#restarts.splice(0))
    for (const broker of this.brokers) {
      const proxy = this.proxyOf(broker)
      proxy.resume()
      await proxy.accept()
      broker.resume()
      if (!broker.isRunning) await broker.start()
    }
  }

  readLog(topic: string, textIn?: (value: Uint8Array | null) => string) {
    return new Bench(kafkajsDriver, this.bootstrapBrokers).readLog(topic, textIn)
  }

  /** Partitions as the other brokers know them; none while those can't tell. */
  async #describe(topic: string, except?: LocalBroker): Promise<readonly PartitionDescription[]> {
    try {
      const asked = this.brokers.filter((one) => one !== except)
      return await this.#withAdmin(asked, async (admin) => (await admin.describeTopic(topic)).partitions)
    } catch (thrown) {
      if (TidewaterError.isInstance(thrown) && (thrown.retryable || thrown.code === 'TOPIC_NOT_FOUND'))
        return []
      throw thrown
    }
  }

  async #withAdmin<T>(brokers: readonly LocalBroker[], use: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
    const addresses = brokers.map((broker) => this.proxyOf(broker).address)
    const connection = kafkaConnection({ brokers: addresses.join(','), requestTimeoutMs: 2_000 })
    const admin = await kafkajsDriver.createAdmin(connection)
    try {
      return await use(admin)
    } finally {
      await admin.close()
    }
  }
}
