// Consume, transform, produce: a consumer group's offsets are committed with the records, as another client reads both.
import { randomUUID } from 'node:crypto'
import type { ConsumerGroup } from '@tidewater/core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createProducer } from '../src/index.js'
import { type ConsumedValue, committedOffset, consumeOnce, readCommitted } from './committed-reader.js'
import { reading, readingCodec, readingSchema, rejection } from './producer-under-test.js'
import { RealBroker } from './real-broker.js'

const idOf = () => `transfer-${randomUUID()}`
const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index)
const readingOf = ({ value }: ConsumedValue) => readingCodec.decode(value).value
/** A group that nobody joined before has its first member in it. */
const firstGeneration = 1

/** @param bootstrapBrokers known once the tests begin */
export function transactionOffsetsContract(name: string, bootstrapBrokers?: () => string): void {
  describe(`offsets in transactions: ${name}`, () => {
    let broker: RealBroker
    beforeAll(() => {
      broker = new RealBroker(bootstrapBrokers?.())
    })
    afterAll(() => broker.close())
    const groupOffset = (groupId: string, topic: string) => committedOffset(broker.brokers, groupId, topic)

    async function producerOf(topic: string, transactionalId?: string) {
      const producer = await createProducer({
        driver: 'native',
        brokers: broker.brokers,
        topic,
        schema: readingSchema,
        drainOnSigterm: false,
        ...(transactionalId === undefined ? {} : { transactionalId }),
      })
      onTestFinished(() => producer.close().catch(() => {}))
      return producer
    }

    async function topicWith(count: number): Promise<string> {
      const topic = await broker.createTopic(1)
      const producer = await producerOf(topic)
      for (const value of upTo(count)) producer.write(reading(value))
      await producer.close()
      return topic
    }

    async function committedValues(topic: string): Promise<number[]> {
      const seen = await readCommitted(broker.brokers, topic)
      return [...seen.values()].flat().map((value) => readingCodec.decode(value).value)
    }

    test('what is read counts as read with what was written, or not at all', async () => {
      const [input, output] = [await topicWith(30), await broker.createTopic(1)]
      const producer = await producerOf(output, idOf())
      const groupId = idOf()
      const transfer = async (group: ConsumerGroup, values: readonly ConsumedValue[]) => {
        producer.beginTransaction()
        for (const value of values) producer.write(reading(1_000 + readingOf(value)))
        const offset = (values.at(-1)?.offset ?? -1n) + 1n
        await producer.sendOffsets([{ topic: input, partition: 0, offset }], group)
      }
      await consumeOnce(broker.brokers, groupId, input, async (values, memberId) => {
        const group = { groupId, member: { memberId, generationId: firstGeneration } }
        await transfer(group, values.slice(0, 10))
        expect(await groupOffset(groupId, input)).toBe(-1)
        await producer.commitTransaction()
        await transfer(group, values.slice(10, 20))
        await producer.abortTransaction()
      })
      await expect.poll(() => groupOffset(groupId, input)).toBe(10)
      // As after a crash: another consumer goes on where the group is.
      await consumeOnce(broker.brokers, groupId, input, async (values) => {
        expect(values[0]?.offset).toBe(10n)
        await transfer({ groupId }, values)
        await producer.commitTransaction()
      })
      expect(await committedValues(output)).toEqual(upTo(30, 1_000))
      await expect.poll(() => groupOffset(groupId, input)).toBe(30)
    })

    test('offsets alone make a transaction; of several calls the last one counts; an abort takes them back', async () => {
      const topic = await topicWith(5)
      const producer = await producerOf(topic, idOf())
      const groupId = idOf()
      const send = (...offsets: bigint[]) =>
        Promise.all(
          offsets.map((offset) => producer.sendOffsets([{ topic, partition: 0, offset }], { groupId })),
        )
      producer.beginTransaction()
      // Not awaited: the commit waits for them.
      void send(2n, 5n, 3n)
      await producer.commitTransaction()
      await expect.poll(() => groupOffset(groupId, topic)).toBe(3)
      producer.beginTransaction()
      await send(4n)
      await producer.abortTransaction()
      // Taken once the one before has ended everywhere.
      producer.beginTransaction()
      await producer.send([reading(5)])
      await producer.commitTransaction()
      expect(await groupOffset(groupId, topic)).toBe(3)
      producer.beginTransaction()
      await producer.sendOffsets([], { groupId })
      await producer.commitTransaction()
    })

    test('a member that its group does not know fails the commit; the next transaction is whole', async () => {
      const [input, output] = [await topicWith(10), await broker.createTopic(1)]
      const producer = await producerOf(output, idOf())
      const groupId = idOf()
      await consumeOnce(broker.brokers, groupId, input, async (values, memberId) => {
        const offsets = [{ topic: input, partition: 0, offset: 10n }]
        const member = { memberId, generationId: firstGeneration }
        for (const wrong of [{ generationId: firstGeneration + 1 }, { memberId: 'somebody-else' }]) {
          producer.beginTransaction()
          for (const value of values) producer.write(reading(readingOf(value)))
          const sent = producer.sendOffsets(offsets, { groupId, member: { ...member, ...wrong } })
          expect(await rejection(sent)).toMatchObject({ code: 'CONSUME_FAILED', retryable: false })
          expect((await rejection(producer.commitTransaction())).code).toBe('TRANSACTION_FAILED')
          await producer.abortTransaction()
        }
        producer.beginTransaction()
        for (const value of values) producer.write(reading(100 + readingOf(value)))
        await producer.sendOffsets(offsets, { groupId, member })
        await producer.commitTransaction()
      })
      expect(await committedValues(output)).toEqual(upTo(10, 100))
      await expect.poll(() => groupOffset(groupId, input)).toBe(10)
    })

    test('a producer that was taken over commits no offsets', async () => {
      const topic = await topicWith(1)
      const [id, groupId] = [idOf(), idOf()]
      const earlier = await producerOf(topic, id)
      earlier.beginTransaction()
      await producerOf(topic, id)
      const sent = earlier.sendOffsets([{ topic, partition: 0, offset: 1n }], { groupId })
      expect((await rejection(sent)).code).toBe('PRODUCER_FENCED')
      expect(await groupOffset(groupId, topic)).toBe(-1)
    })

    test('misuse is told apart: out of turn, without a transactional id, and offsets that are none', async () => {
      const topic = await broker.createTopic(1)
      const producer = await producerOf(topic, idOf())
      const send = (offset: bigint, by = producer) =>
        rejection(by.sendOffsets([{ topic, partition: 0, offset }], { groupId: idOf() }))
      expect((await send(1n)).code).toBe('TRANSACTION_INVALID')
      expect((await send(1n, await producerOf(topic))).code).toBe('TRANSACTION_INVALID')
      producer.beginTransaction()
      for (const offset of [-1n, 2n ** 63n, 7 as unknown as bigint])
        expect((await send(offset)).code).toBe('CONFIG_INVALID')
      await producer.commitTransaction()
    })
  })
}
