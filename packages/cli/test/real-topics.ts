import { randomUUID } from 'node:crypto'
import { type KafkaAdmin, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { afterAll, beforeAll } from 'vitest'

/** Topics of a file's own on the real broker, gone when its tests are over. */
export class RealTopics {
  #admin: KafkaAdmin | undefined
  readonly #topics: string[] = []

  constructor() {
    beforeAll(async () => {
      const connection = kafkaConnection({ brokers: this.broker, clientId: 'cli-test' })
      this.#admin = await kafkajsDriver.createAdmin(connection)
    })
    afterAll(async () => {
      for (const topic of this.#topics) await this.#admin?.deleteTopic(topic)
      await this.#admin?.close()
    })
  }

  get broker(): string {
    const brokers = process.env.TIDEWATER_BOOTSTRAP_BROKERS
    if (brokers) return brokers
    throw new TypeError('TIDEWATER_BOOTSTRAP_BROKERS is not set: these tests need a real Kafka broker')
  }

  /** Of three partitions. */
  async create(): Promise<string> {
    const topic = `cli-${randomUUID()}`
    await this.#started.createTopic({ topic, partitions: 3, replicationFactor: 1 })
    this.#topics.push(topic)
    return topic
  }

  async recordsIn(topic: string): Promise<number> {
    return (await this.#started.topicOffsets(topic)).reduce((sum, { latest }) => sum + Number(latest), 0)
  }

  get #started(): KafkaAdmin {
    if (this.#admin !== undefined) return this.#admin
    throw new TypeError('Topics are made by tests, once beforeAll has run')
  }
}
