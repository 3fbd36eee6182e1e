import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { KafkaDriver } from '../../../src/kafka/port.js'
import { Bench, connectionTo, rejection, textRecords } from './fixture.js'

export function adminContract(name: string, driver: KafkaDriver): void {
  describe(`${name} admin`, () => {
    const bench = () => new Bench(driver)

    test('creates, describes, lists and deletes a topic', async () => {
      const admin = await bench().admin()
      const topic = `contract-${randomUUID()}`
      await admin.createTopic({
        topic,
        partitions: 3,
        replicationFactor: 1,
        configs: { 'retention.ms': '60000' },
      })
      expect(await admin.listTopics()).toContain(topic)
      const { partitions } = await admin.describeTopic(topic)
      expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2])
      for (const { leader, replicas, inSyncReplicas } of partitions) {
        expect(leader).toBeGreaterThanOrEqual(0)
        expect(replicas).toEqual([leader])
        expect(inSyncReplicas).toEqual([leader])
      }
      if (admin.topicConfigs !== undefined) {
        expect(await admin.topicConfigs(topic)).toMatchObject({ 'retention.ms': '60000' })
      }
      await admin.deleteTopic(topic)
      await expect
        .poll(async () => (await rejection(admin.describeTopic(topic))).code)
        .toBe('TOPIC_NOT_FOUND')
      expect((await rejection(admin.deleteTopic(topic))).code).toBe('TOPIC_NOT_FOUND')
      // What was deleted must not break what comes after.
      const next = await bench().topic()
      expect((await admin.describeTopic(next)).partitions).toHaveLength(1)
    })

    test('an existing topic is not created again', async () => {
      const topic = await bench().topic()
      const error = await rejection(
        (await bench().admin()).createTopic({ topic, partitions: 1, replicationFactor: 1 }),
      )
      expect(error.code).toBe('TOPIC_EXISTS')
      expect(error.message).toContain(topic)
    })

    test('a definition the broker refuses is a conflict', async () => {
      const admin = await bench().admin()
      const topic = `contract-${randomUUID()}`
      const create = (change: object) =>
        rejection(admin.createTopic({ topic, partitions: 1, replicationFactor: 1, ...change }))
      expect((await create({ replicationFactor: 9 })).code).toBe('TOPIC_CONFLICT')
      expect((await create({ configs: { 'no.such.config': '1' } })).code).toBe('TOPIC_CONFLICT')
      expect(await admin.listTopics()).not.toContain(topic)
    })

    test('adds partitions and refuses to shrink', async () => {
      const topic = await bench().topic(2)
      const admin = await bench().admin()
      await admin.addPartitions(topic, 4)
      await expect.poll(async () => (await admin.describeTopic(topic)).partitions.length).toBe(4)
      const error = await rejection(admin.addPartitions(topic, 3))
      expect(error.code).toBe('TOPIC_CONFLICT')
      expect(error.retryable).toBe(false)
      expect((await rejection(admin.addPartitions('no-such-topic', 3))).code).toBe('TOPIC_NOT_FOUND')
    })

    test('reads offsets, and goes on after that topic is gone', async () => {
      const topic = await bench().topic(2)
      const admin = await bench().admin()
      const producer = await bench().producer()
      await producer.send({ topic, partition: 1, records: textRecords(7) })
      expect(await admin.topicOffsets(topic)).toEqual([
        { partition: 0, earliest: 0n, latest: 0n },
        { partition: 1, earliest: 0n, latest: 7n },
      ])
      await admin.deleteTopic(topic)
      const next = `contract-${randomUUID()}`
      await admin.createTopic({ topic: next, partitions: 1, replicationFactor: 1 })
      expect(await admin.topicOffsets(next)).toEqual([{ partition: 0, earliest: 0n, latest: 0n }])
      await admin.deleteTopic(next)
      expect((await rejection(admin.topicOffsets('no-such-topic'))).code).toBe('TOPIC_NOT_FOUND')
    })

    test('an unreachable broker is named', async () => {
      const error = await rejection(
        driver.createAdmin(connectionTo('127.0.0.1:1', { connectTimeoutMs: 1_500 })),
      )
      expect(error.code).toBe('BROKER_UNREACHABLE')
      expect(error.message).toContain('127.0.0.1:1')
    })
  })
}
