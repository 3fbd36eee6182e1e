import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { kafkaConnectionSchema } from '../../../src/config/kafka.js'
import { parseConfig } from '../../../src/config/parse.js'
import { TidewaterError } from '../../../src/errors.js'
import type {
  BatchReport,
  ConsumedRecord,
  DriverProducer,
  DriverProducerOptions,
  KafkaAdmin,
  KafkaDriver,
  ProduceRecord,
} from '../../../src/kafka/port.js'
import { runWithRetry } from '../../../src/retry/run.js'
import type { LoggedRecord } from './delivery-check.js'
import { textOf } from './load.js'

/** These tests prove what a real broker does: without one they fail. */
export function bootstrapBrokers(): string {
  const brokers = process.env.TIDEWATER_BOOTSTRAP_BROKERS
  if (!brokers) {
    throw new Error(
      'TIDEWATER_BOOTSTRAP_BROKERS is not set. These tests need a real Kafka broker: ' +
        'TIDEWATER_BOOTSTRAP_BROKERS=127.0.0.1:9092 npx vitest run --project integration',
    )
  }
  return brokers
}

export function connectionTo(brokers: string, overrides: Record<string, unknown> = {}) {
  return parseConfig(kafkaConnectionSchema, { brokers, clientId: 'contract', ...overrides }, 'connection')
}

export const defaultOptions: DriverProducerOptions = {
  acks: 'all',
  idempotent: true,
  compression: 'none',
  deliveryTimeoutMs: 30_000,
  maxRequestBytes: 1_000_000,
}

/** One driver against one cluster; everything it opens is closed when the test ends. */
export class Bench {
  constructor(
    readonly driver: KafkaDriver,
    readonly brokers: string = bootstrapBrokers(),
  ) {}

  async producer(options: Partial<DriverProducerOptions> = {}): Promise<DriverProducer> {
    const producer = await this.driver.createProducer(connectionTo(this.brokers), {
      ...defaultOptions,
      ...options,
    })
    onTestFinished(() => producer.close())
    return producer
  }

  async admin(): Promise<KafkaAdmin> {
    const admin = await this.driver.createAdmin(connectionTo(this.brokers))
    onTestFinished(() => admin.close())
    return admin
  }

  async topic(partitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const topic = `contract-${randomUUID()}`
    const admin = await this.driver.createAdmin(connectionTo(this.brokers))
    await admin.createTopic({ topic, partitions, replicationFactor: 1, configs })
    await admin.close()
    onTestFinished(async () => {
      const cleaner = await this.driver.createAdmin(connectionTo(this.brokers))
      await cleaner.deleteTopic(topic).catch(ignoreMissingTopic)
      await cleaner.close()
    })
    return topic
  }

  /** Every record of the topic, by partition, read up to the offsets the topic has now. */
  readAll(topic: string): Promise<Map<number, ConsumedRecord[]>> {
    // A broker that has just started answers before it has loaded its groups; the consumer's error then says retryable.
    return runWithRetry(() => this.#readAll(topic))
  }

  /** As {@link readAll}, as the check of what was delivered takes it. */
  async readLog(topic: string, textIn = textOf): Promise<Map<number, LoggedRecord[]>> {
    const read = await this.readAll(topic)
    const logged = ({ offset, value }: ConsumedRecord) => ({ offset, text: textIn(value) })
    return new Map([...read].map(([partition, records]) => [partition, records.map(logged)]))
  }

  async #readAll(topic: string): Promise<Map<number, ConsumedRecord[]>> {
    const admin = await this.driver.createAdmin(connectionTo(this.brokers))
    const offsets = await admin.topicOffsets(topic)
    await admin.close()
    const expected = offsets.reduce((sum, { earliest, latest }) => sum + Number(latest - earliest), 0)
    const read = new Map<number, ConsumedRecord[]>(offsets.map(({ partition }) => [partition, []]))
    if (expected === 0) return read
    const consumer = await this.driver.createConsumer(connectionTo(this.brokers), {
      groupId: `read-${randomUUID()}`,
      topics: [topic],
      startFrom: 'earliest',
    })
    const done = new AbortController()
    let count = 0
    await consumer.run(async ({ partition, records }) => {
      read.get(partition)?.push(...records)
      count += records.length
      if (count >= expected) done.abort()
    }, done.signal)
    return read
  }
}

function ignoreMissingTopic(error: unknown): void {
  if (!(TidewaterError.isInstance(error) && error.code === 'TOPIC_NOT_FOUND')) throw error
}

export function textRecords(count: number, prefix = 'record'): ProduceRecord[] {
  return Array.from({ length: count }, (_, i) => ({ value: Buffer.from(`${prefix}-${i}`) }))
}

export function textsOf(records: readonly ConsumedRecord[] = []): string[] {
  return records.map(({ value }) => (value === null ? '(null)' : Buffer.from(value).toString()))
}

export function countOf(ranges: readonly { readonly count: number }[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 0)
}

/** Checks that each of `size` records is in exactly one range. */
export function coveredIndexes(report: BatchReport): number[] {
  return [...report.delivered, ...report.failed]
    .flatMap(({ firstIndex, count }) => Array.from({ length: count }, (_, i) => firstIndex + i))
    .sort((a, b) => a - b)
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

/** The TidewaterError a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<TidewaterError> {
  try {
    await promise
  } catch (error) {
    if (TidewaterError.isInstance(error)) return error
    throw error
  }
  throw new Error('expected a rejection')
}
