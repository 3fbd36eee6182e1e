import { driverNames, type KafkaAdmin, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { createProducer, type DeliveryReport, type UndeliveredRecords } from '@tidewater/producer'
import { netflowGenerator, netflowSchema } from '@tidewater/producer/sample'
import { type LocalStack, startLocal } from '@tidewater/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let stack: LocalStack
beforeAll(async () => {
  stack = await startLocal()
})
afterAll(() => stack?.stop())

async function withAdmin<T>(work: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

const createTopic = (topic: string) =>
  withAdmin((admin) => admin.createTopic({ topic, partitions: 2, replicationFactor: 1 }))
const offsetsOf = (topic: string) => withAdmin((admin) => admin.topicOffsets(topic))

describe.each(driverNames)('the broker is killed while the %s driver produces', (driver) => {
  test('and comes back: everything is delivered, once', async () => {
    const topic = `killed-and-back-${driver}`
    await createTopic(topic)
    let delivered = 0
    const producer = await createProducer({
      brokers: stack.bootstrapBrokers,
      topic,
      driver,
      schema: netflowSchema,
      batchRecords: 200,
      onDelivery: ({ recordCount }) => {
        delivered += recordCount
      },
    })
    const flows = netflowGenerator({ seed: 1, writerId: 'w', startTimeMs: 1_750_000_000_000 })
    let isLosing = true
    let written = 0
    const writing = (async () => {
      // Goes on before, during and after the loss.
      while (isLosing) {
        for (let count = 0; count < 50; count++, written++) {
          const room = producer.write(flows.next())
          if (room !== undefined) await room
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    await expect.poll(() => delivered, { timeout: 30_000 }).toBeGreaterThan(2_000)
    await stack.broker.kill()
    await stack.broker.start()
    const atReturn = delivered
    await expect.poll(() => delivered, { timeout: 60_000 }).toBeGreaterThan(atReturn)
    isLosing = false
    await writing
    await producer.close()

    const stats = producer.stats()
    expect(stats).toMatchObject({ writtenRecords: written, deliveredRecords: written, failedRecords: 0 })
    for (const { partition, latest } of await offsetsOf(topic)) {
      expect(stats.partitions[partition]).toMatchObject({
        deliveredRecords: Number(latest),
        minOffset: 0n,
        maxOffset: latest - 1n,
      })
    }
  })

  test('and stays away: each record is delivered or handed back, none is lost', async () => {
    const topic = `killed-for-good-${driver}`
    await createTopic(topic)
    const reports: DeliveryReport[] = []
    const failures: UndeliveredRecords[] = []
    const producer = await createProducer({
      brokers: stack.bootstrapBrokers,
      topic,
      driver,
      schema: netflowSchema,
      deliveryTimeoutMs: 6_000,
      onDelivery: (report) => reports.push(report),
      onDeliveryError: (failure) => failures.push(failure),
    })
    const flows = netflowGenerator({ seed: 2, writerId: 'w', startTimeMs: 1_750_000_000_000 })
    for (let count = 0; count < 3_000; count++) await producer.write(flows.next())
    await producer.flush()
    await stack.broker.kill()
    for (let count = 0; count < 3_000; count++) await producer.write(flows.next())
    const closing = producer.close()
    await expect(closing).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      details: { failedRecords: 3_000 },
    })

    expect(reports.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(3_000)
    expect(failures.reduce((sum, { records }) => sum + records.length, 0)).toBe(3_000)
    expect(new Set(failures.map(({ error }) => error.code))).toEqual(new Set(['DELIVERY_TIMEOUT']))
    expect(producer.stats()).toMatchObject({ outstandingRecords: 0, bufferedBytes: 0 })
    await stack.broker.start()
    expect((await offsetsOf(topic)).reduce((sum, { latest }) => sum + Number(latest), 0)).toBe(3_000)
  })
})
