import { describe, expect, test } from 'vitest'
import type { KafkaDriver } from '../../../src/kafka/port.js'
import { type Anomaly, type AnomalyKind, checkDelivery, type SentBatch } from './delivery-check.js'
import { Bench, countOf, coveredIndexes, textRecords, textsOf, upTo } from './fixture.js'
import { startLoad } from './load.js'

/** A broker of the test's own, that it may stop and start. */
export interface RestartableBroker {
  readonly bootstrapBrokers: string
  /** Kills the broker without a shutdown, as a machine that loses power. Resolves when the process is gone. */
  kill(): Promise<void>
  /** Starts it on the same port with the same data. Resolves when it answers metadata. */
  start(): Promise<void>
}

/** What becomes of records when their broker goes away while they are sent. */
export function faultContract(name: string, driver: KafkaDriver, broker: () => RestartableBroker): void {
  describe(`driver contract under faults: ${name}`, () => {
    test('a broker that stays away: every record is reported, within the delivery timeout', async () => {
      const bench = new Bench(driver, broker().bootstrapBrokers)
      const topic = await bench.topic(3)
      const producer = await bench.producer({ deliveryTimeoutMs: 6_000 })
      const load = startLoad(producer, topic, {
        partitions: 3,
        sendsPerPartition: 2,
        recordsPerSend: batchSize,
      })
      await load.acknowledged(2)
      await broker().kill()
      const reports = await load.stop()
      // The libraries' own time-outs are several times the one asked for; a busy machine is not.
      for (const { tookMs } of reports) expect(tookMs).toBeLessThan(25_000)
      for (const { report } of reports) expect(coveredIndexes(report)).toEqual(upTo(batchSize))
      const errors = reports.flatMap(({ report }) => report.failed.map(({ error }) => error))
      expect(errors.length).toBeGreaterThan(0)
      for (const error of errors) {
        expect(error.code).toBe('DELIVERY_TIMEOUT')
        expect(error.retryable).toBe(true)
      }
      await broker().start()
      // What was reported delivered is in the log, and what was reported as not written isn't.
      await expectDelivered(bench, topic, reports)
      await expectNotWritten(bench, topic, reports)
      // The producer that lost them goes on, from there and in order.
      const logBefore = await bench.readAll(topic)
      for (const partition of upTo(3)) {
        const records = textRecords(batchSize, `after-p${partition}`)
        const report = await producer.send({ topic, partition, records })
        expect(report.failed).toEqual([])
        expect(countOf(report.delivered)).toBe(batchSize)
      }
      const logAfter = await bench.readAll(topic)
      for (const partition of upTo(3)) {
        const added = textsOf(logAfter.get(partition)).slice(logBefore.get(partition)?.length)
        // A record of before that was still on its way may have arrived between the two readings.
        const expected = textRecords(batchSize, `after-p${partition}`).map(({ value }) => String(value))
        expect(added.filter((text) => text.startsWith('after-'))).toEqual(expected)
      }
      await expectNotWritten(bench, topic, reports)
      await producer.close()
    })

    test('a broker that comes back in time: all delivered, once, in order', async () => {
      const bench = new Bench(driver, broker().bootstrapBrokers)
      const topic = await bench.topic(3)
      const producer = await bench.producer({ deliveryTimeoutMs: 60_000, idempotent: true })
      const load = startLoad(producer, topic, {
        partitions: 3,
        sendsPerPartition: 2,
        recordsPerSend: batchSize,
      })
      await load.acknowledged(2)
      await broker().kill()
      await broker().start()
      await load.acknowledged(2)
      const reports = await load.stop()
      expect(reports.flatMap(({ report }) => report.failed)).toEqual([])
      const log = await bench.readAll(topic)
      for (const partition of upTo(3)) {
        const sent = reports.filter(({ report }) => report.partition === partition)
        expect(textsOf(log.get(partition))).toEqual(sent.flatMap(({ texts }) => texts))
      }
      await expectDelivered(bench, topic, reports)
    })

    test('closed with abandon while the broker is away: reported at once, and never written', async () => {
      const bench = new Bench(driver, broker().bootstrapBrokers)
      const topic = await bench.topic(1)
      const producer = await bench.producer({ deliveryTimeoutMs: 600_000 })
      const before = await producer.send({ topic, partition: 0, records: textRecords(batchSize, 'before') })
      expect(before.failed).toEqual([])
      await broker().kill()
      const sending = upTo(5).map((i) =>
        producer.send({ topic, partition: 0, records: textRecords(batchSize, `away-${i}`) }),
      )
      await producer.close({ abandon: true })
      for (const report of await Promise.all(sending)) {
        expect(coveredIndexes(report)).toEqual(upTo(batchSize))
        expect(report.failed.map(({ error }) => error.code)).toEqual(['DELIVERY_TIMEOUT'])
      }
      await broker().start()
      const other = await bench.producer()
      const after = await other.send({ topic, partition: 0, records: textRecords(batchSize, 'after') })
      expect(after.failed).toEqual([])
      const texts = ['before', 'after'].flatMap((prefix) => textRecords(batchSize, prefix))
      expect(textsOf((await bench.readAll(topic)).get(0))).toEqual(texts.map(({ value }) => String(value)))
    })
  })
}

const batchSize = 200

/** Every delivered record is where its report says. */
async function expectDelivered(bench: Bench, topic: string, sent: readonly SentBatch[]): Promise<void> {
  expect(countOf(sent.flatMap(({ report }) => report.delivered))).toBeGreaterThan(0)
  expect(await anomalies(bench, topic, sent, ['lost', 'misplaced'])).toEqual([])
}

/** No record is in the log of which its report said that it was not written. */
async function expectNotWritten(bench: Bench, topic: string, sent: readonly SentBatch[]): Promise<void> {
  for (const { error } of sent.flatMap(({ report }) => report.failed))
    expect(error.details.mayBeWritten).toBeTypeOf('boolean')
  expect(await anomalies(bench, topic, sent, ['written-after-all'])).toEqual([])
}

async function anomalies(
  bench: Bench,
  topic: string,
  sent: readonly SentBatch[],
  kinds: readonly AnomalyKind[],
): Promise<Anomaly[]> {
  const log = await bench.readLog(topic)
  return checkDelivery(sent, log).anomalies.filter(({ kind }) => kinds.includes(kind))
}
