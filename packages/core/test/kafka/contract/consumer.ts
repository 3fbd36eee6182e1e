import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ConsumedRecord, ConsumerOptions, KafkaConsumer, KafkaDriver } from '../../../src/kafka/port.js'
import { Bench, bootstrapBrokers, connectionTo, rejection, textRecords, textsOf, upTo } from './fixture.js'

export function consumerContract(name: string, driver: KafkaDriver): void {
  describe(`${name} consumer`, () => {
    const bench = () => new Bench(driver)

    async function consumerOf(topic: string, options: Partial<ConsumerOptions> = {}): Promise<KafkaConsumer> {
      const consumer = await driver.createConsumer(connectionTo(bootstrapBrokers()), {
        groupId: `contract-${randomUUID()}`,
        topics: [topic],
        startFrom: 'earliest',
        sessionTimeoutMs: 10_000,
        ...options,
      })
      onTestFinished(() => consumer.close())
      return consumer
    }

    /** Consumes until `count` records came, then leaves the group. */
    async function take(consumer: KafkaConsumer, count: number): Promise<ConsumedRecord[]> {
      const taken: ConsumedRecord[] = []
      const done = new AbortController()
      await consumer.run(async ({ records }) => {
        taken.push(...records)
        if (taken.length >= count) done.abort()
      }, done.signal)
      return taken
    }

    async function produce(topic: string, count: number, prefix?: string, partition = 0): Promise<void> {
      const producer = await bench().producer()
      const report = await producer.send({ topic, partition, records: textRecords(count, prefix) })
      expect(report.failed).toEqual([])
    }

    test('a group goes on after what it committed', async () => {
      const topic = await bench().topic()
      const groupId = `contract-${randomUUID()}`
      await produce(topic, 10, 'first')
      expect(textsOf(await take(await consumerOf(topic, { groupId }), 10))).toHaveLength(10)
      await produce(topic, 5, 'second')
      const rest = await take(await consumerOf(topic, { groupId }), 5)
      expect(textsOf(rest)).toEqual(textRecords(5, 'second').map(({ value }) => value?.toString()))
      expect(rest.map(({ offset }) => offset)).toEqual([10n, 11n, 12n, 13n, 14n])
    })

    test('a handler that rejects commits nothing of its batch, and the group resumes there', async () => {
      const topic = await bench().topic()
      const groupId = `contract-${randomUUID()}`
      await produce(topic, 10)
      const failure = new Error('the handler failed')
      let calls = 0
      const consumer = await consumerOf(topic, { groupId })
      const outcome = await consumer
        .run(async () => {
          calls++
          throw failure
        })
        .then(
          () => 'resolved',
          (reason: unknown) => reason,
        )
      expect(outcome).toBe(failure)
      expect(calls).toBe(1)
      const again = await take(await consumerOf(topic, { groupId }), 10)
      expect(again.map(({ offset }) => offset)).toEqual(upTo(10).map(BigInt))
    })

    test('offsets are committed only after the handler resolved', async () => {
      const topic = await bench().topic()
      const groupId = `contract-${randomUUID()}`
      await produce(topic, 4)
      const started = deferred()
      const release = deferred()
      const running = (await consumerOf(topic, { groupId })).run(async () => {
        started.resolve()
        await release.promise
        throw new Error('lost after work began')
      })
      await started.promise
      release.resolve()
      await expect(running).rejects.toThrow('lost after work began')
      expect(await take(await consumerOf(topic, { groupId }), 4)).toHaveLength(4)
    })

    test('close waits for the running handler and commits its batch', async () => {
      const topic = await bench().topic()
      const groupId = `contract-${randomUUID()}`
      await produce(topic, 3)
      const consumer = await consumerOf(topic, { groupId })
      const started = deferred()
      const release = deferred()
      let handled = 0
      const running = consumer.run(async ({ records }) => {
        started.resolve()
        await release.promise
        handled += records.length
      })
      await started.promise
      const closing = consumer.close()
      release.resolve()
      await closing
      await running
      const next = await consumerOf(topic, { groupId })
      await produce(topic, 1, 'later')
      const rest = await take(next, 4 - handled)
      expect(rest.map(({ offset }) => offset)).toEqual(upTo(4).slice(handled).map(BigInt))
    })

    test('an aborted signal ends the run, also before any record came', async () => {
      const topic = await bench().topic()
      const consumer = await consumerOf(topic)
      const abort = new AbortController()
      const running = consumer.run(async () => undefined, abort.signal)
      abort.abort()
      await running
      expect((await rejection(consumer.run(async () => undefined))).code).toBe('CONSUME_FAILED')
    })

    test('two members share the partitions', async () => {
      const topic = await bench().topic(4)
      const groupId = `contract-${randomUUID()}`
      const stop = new AbortController()
      const seen: [Set<number>, Set<number>] = [new Set(), new Set()]
      const members = [await consumerOf(topic, { groupId }), await consumerOf(topic, { groupId })] as const
      const runs = members.map((member, i) =>
        member.run(async ({ partition }) => {
          seen[i as 0 | 1].add(partition)
        }, stop.signal),
      )
      const producer = await bench().producer()
      // Until the group has settled one member may have them all, so records keep coming.
      await expect
        .poll(
          async () => {
            for (const partitions of seen) partitions.clear()
            for (const partition of upTo(4))
              await producer.send({ topic, partition, records: textRecords(1) })
            await expect
              .poll(() => seen[0].size + seen[1].size, { timeout: 20_000 })
              .toBeGreaterThanOrEqual(4)
            return [seen[0].size, seen[1].size]
          },
          { timeout: 60_000 },
        )
        .toEqual([2, 2])
      expect([...seen[0], ...seen[1]].sort()).toEqual([0, 1, 2, 3])
      stop.abort()
      await Promise.all(runs)
    })

    test('latest starts after what is there', async () => {
      const topic = await bench().topic()
      await produce(topic, 5, 'old')
      const consumer = await consumerOf(topic, { startFrom: 'latest' })
      const producer = await bench().producer()
      const texts: string[] = []
      const done = new AbortController()
      const running = consumer.run(async ({ records }) => {
        texts.push(...textsOf(records))
        done.abort()
      }, done.signal)
      await expect
        .poll(
          async () => {
            await producer.send({ topic, partition: 0, records: textRecords(1, 'new') })
            return texts.length
          },
          { timeout: 60_000, interval: 200 },
        )
        .toBeGreaterThan(0)
      await running
      expect(new Set(texts)).toEqual(new Set(['new-0']))
    })

    test('an unknown topic is named', async () => {
      const error = await rejection(consumerOf('no-such-topic'))
      expect(error.code).toBe('TOPIC_NOT_FOUND')
      expect(error.message).toContain('no-such-topic')
    })

    test('an unreachable broker is named', async () => {
      const connection = connectionTo('127.0.0.1:1', { connectTimeoutMs: 1_500 })
      const options = { groupId: 'g', topics: ['t'], startFrom: 'earliest' } as const
      expect((await rejection(driver.createConsumer(connection, options))).code).toBe('BROKER_UNREACHABLE')
    })
  })
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
