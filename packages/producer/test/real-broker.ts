import { randomUUID } from 'node:crypto'
import type { ConsumedRecord, KafkaAdmin, KafkaConnection, PartitionOffsets } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'

export type Arrived = ConsumedRecord & { readonly partition: number }

/** A real broker named by the environment, and the topics a test makes on it. */
export class RealBroker {
  readonly connection: KafkaConnection
  readonly #topics: string[] = []
  #admin: Promise<KafkaAdmin> | undefined

  /** @param brokers default: those that the environment names */
  constructor(brokers = process.env.TIDEWATER_BOOTSTRAP_BROKERS) {
    if (!brokers) {
      throw new TypeError(
        'TIDEWATER_BOOTSTRAP_BROKERS is not set: these tests need a real Kafka broker, for example that of `tidewater local up`',
      )
    }
    this.connection = {
      brokers: brokers.split(','),
      clientId: 'producer-test',
      connectTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
    }
  }

  get brokers(): string {
    return this.connection.brokers.join(',')
  }

  async createTopic(partitions: number, configs: Record<string, string> = {}): Promise<string> {
    const topic = `producer-test-${randomUUID()}`
    await (await this.#connectedAdmin()).createTopic({ topic, partitions, replicationFactor: 1, configs })
    this.#topics.push(topic)
    return topic
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return (await this.#connectedAdmin()).topicOffsets(topic)
  }

  /** Everything in the topic now, per partition in offset order. */
  async readAll(topic: string): Promise<Arrived[]> {
    const ends = await this.offsets(topic)
    const expected = ends.reduce((sum, { latest }) => sum + Number(latest), 0)
    if (expected === 0) return []
    const arrived: Arrived[] = []
    const enough = new AbortController()
    const consumer = await kafkajsDriver.createConsumer(this.connection, {
      groupId: `producer-test-${randomUUID()}`,
      topics: [topic],
      startFrom: 'earliest',
    })
    try {
      await consumer.run(async ({ partition, records }) => {
        for (const record of records) arrived.push({ ...record, partition })
        if (arrived.length >= expected) enough.abort()
      }, enough.signal)
    } finally {
      await consumer.close()
    }
    return arrived.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
  }

  async close(): Promise<void> {
    if (this.#admin === undefined) return
    const admin = await this.#admin
    for (const topic of this.#topics) await admin.deleteTopic(topic)
    await admin.close()
  }

  #connectedAdmin(): Promise<KafkaAdmin> {
    this.#admin ??= kafkajsDriver.createAdmin(this.connection)
    return this.#admin
  }
}
