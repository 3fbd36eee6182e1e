// What a transactional producer has to do on any broker: what readers of committed records see.
import { randomUUID } from 'node:crypto'
import { TidewaterError } from '@tidewater/core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createProducer } from '../src/index.js'
import type { ProducerOptions } from '../src/options.js'
import { readCommitted } from './committed-reader.js'
import { type Reading, reading, readingCodec, readingSchema, rejection } from './producer-under-test.js'
import { RealBroker } from './real-broker.js'

const idOf = () => `transfer-${randomUUID()}`

const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index)

/** Longer than any test: whatever is aborted, the time-out has not done it. */
const neverTimesOut = { transactionTimeoutMs: 900_000 }

/** @param bootstrapBrokers known once the tests begin */
export function transactionContract(name: string, bootstrapBrokers?: () => string): void {
  describe(`transactions: ${name}`, () => {
    let broker: RealBroker
    beforeAll(() => {
      broker = new RealBroker(bootstrapBrokers?.())
    })
    afterAll(() => broker.close())
    const brokers = () => broker.brokers
    const createTopic = (partitions: number, configs?: Record<string, string>) =>
      broker.createTopic(partitions, configs)

    async function producerOf(
      topic: string,
      transactionalId: string,
      more: Partial<ProducerOptions<Reading>> = {},
    ) {
      const producer = await createProducer({
        driver: 'native',
        brokers: brokers(),
        topic,
        schema: readingSchema,
        transactionalId,
        drainOnSigterm: false,
        ...more,
      })
      onTestFinished(() => producer.close().catch(() => {}))
      return producer
    }

    /** The values that a reader of committed records sees, up to the topic's end. */
    async function committedValues(topic: string): Promise<number[]> {
      const seen = await readCommitted(brokers(), topic)
      return [...seen.values()].flat().map((value) => readingCodec.decode(value).value)
    }

    test('what is committed is seen, all of it and in order; what is aborted is not', async () => {
      const topic = await createTopic(1)
      const producer = await producerOf(topic, idOf())
      for (const [first, commits] of [
        [0, true],
        [100, false],
        [200, true],
        [300, false],
        [400, true],
      ] as const) {
        producer.beginTransaction()
        for (const value of upTo(50, first)) await producer.write(reading(value))
        await producer.flush()
        if (commits) await producer.commitTransaction()
        else await producer.abortTransaction()
      }
      expect(await committedValues(topic)).toEqual([...upTo(50), ...upTo(50, 200), ...upTo(50, 400)])
    })

    test('an abort takes back what is still buffered, and hands the records back', async () => {
      const topic = await createTopic(3)
      const undelivered: string[] = []
      const producer = await producerOf(topic, idOf(), {
        lingerMs: 60_000,
        onDeliveryError: ({ error, records }) => undelivered.push(...records.map(() => error.code)),
      })
      producer.beginTransaction()
      for (const value of upTo(20)) producer.write(reading(value))
      await producer.abortTransaction()
      expect(undelivered).toEqual(upTo(20).map(() => 'ABORTED'))
      await producer.flush()
      producer.beginTransaction()
      for (const value of upTo(5, 20)) producer.write(reading(value))
      await producer.commitTransaction()
      expect((await committedValues(topic)).sort((a, b) => a - b)).toEqual(upTo(5, 20))
    })

    test('a later producer of the same id fences the earlier one, and what that left open is aborted', async () => {
      const topic = await createTopic(1)
      const id = idOf()
      const earlier = await producerOf(topic, id, neverTimesOut)
      earlier.beginTransaction()
      await earlier.send([reading(1)])
      const later = await producerOf(topic, id, neverTimesOut)
      later.beginTransaction()
      await later.send([reading(2)])
      await later.commitTransaction()
      earlier.write(reading(3))
      expect((await rejection(earlier.commitTransaction())).code).toBe('PRODUCER_FENCED')
      expect(codeOf(() => earlier.beginTransaction())).toBe('PRODUCER_FENCED')
      expect(await committedValues(topic)).toEqual([2])
    })

    test('a record that was not delivered fails the commit; after an abort the next transaction is whole', async () => {
      const topic = await createTopic(1, { 'max.message.bytes': '20000' })
      const producer = await producerOf(topic, idOf(), { compression: 'none' })
      producer.beginTransaction()
      producer.write(reading(1))
      producer.write(reading(2, 'x'.repeat(30_000)))
      const error = await rejection(producer.commitTransaction())
      expect(error.code).toBe('TRANSACTION_FAILED')
      expect(error.cause).toMatchObject({ code: 'RECORD_TOO_LARGE' })
      await producer.abortTransaction()
      producer.beginTransaction()
      producer.write(reading(3))
      await producer.commitTransaction()
      expect(await committedValues(topic)).toEqual([3])
    })

    test('misuse is told apart: out of turn, and without a transactional id', async () => {
      const topic = await createTopic(1)
      const producer = await producerOf(topic, idOf())
      expect(codeOf(() => producer.write(reading(1)))).toBe('TRANSACTION_INVALID')
      expect((await rejection(producer.commitTransaction())).code).toBe('TRANSACTION_INVALID')
      expect((await rejection(producer.abortTransaction())).code).toBe('TRANSACTION_INVALID')
      producer.beginTransaction()
      expect(codeOf(() => producer.beginTransaction())).toBe('TRANSACTION_INVALID')
      producer.write(reading(2))
      const twice = await Promise.allSettled([producer.commitTransaction(), producer.commitTransaction()])
      expect(twice.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      expect(await committedValues(topic)).toEqual([2])
      const plain = await createProducer({
        brokers: brokers(),
        topic,
        schema: readingSchema,
        drainOnSigterm: false,
      })
      onTestFinished(() => plain.close())
      expect(codeOf(() => plain.beginTransaction())).toBe('TRANSACTION_INVALID')
    })

    test('a producer that closes aborts what is open', async () => {
      const topic = await createTopic(1)
      const id = idOf()
      const producer = await producerOf(topic, id, neverTimesOut)
      producer.beginTransaction()
      const [delivery] = await producer.send([reading(1)])
      expect(delivery?.offset).toBe(0n)
      await producer.close()
      // A transaction left open would hold back everything behind it until its time-out.
      expect(await committedValues(topic)).toEqual([])
      // The record, the abort's marker, and what the reader wrote to know the end.
      expect(await broker.offsets(topic)).toMatchObject([{ latest: 3n }])
    })
  })
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (thrown) {
    return TidewaterError.isInstance(thrown) ? thrown.code : String(thrown)
  }
  return 'none'
}
