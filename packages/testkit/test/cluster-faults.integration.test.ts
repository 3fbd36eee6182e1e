// What becomes of records when a cluster of three loses, holds and cuts off its brokers while they are sent: each
// acknowledged record once, in order, where its report says; each other one reported as what it is.
import { setTimeout as sleep } from 'node:timers/promises'
import { type DriverProducer, type DriverProducerOptions, kafkaConnection } from '@tidewater/core'
import { createProducer } from '@tidewater/producer'
import { nativeDriver } from '@tidewater/producer/native'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { checkDelivery } from '../../core/test/kafka/contract/delivery-check.js'
import { upTo } from '../../core/test/kafka/contract/fixture.js'
import {
  type Load,
  type LoadOptions,
  startLoad,
  type TimedBatch,
  textOf,
} from '../../core/test/kafka/contract/load.js'
import { avroSender, noteSchema, textOfNote } from './faults/avro-sender.js'
import { ClusterStage, partitions } from './faults/cluster-stage.js'

const fillableBroker = 3
const patient: DriverProducerOptions = {
  acks: 'all',
  idempotent: true,
  compression: 'none',
  deliveryTimeoutMs: 90_000,
  maxRequestBytes: 1_000_000,
}
/** More sends than may be in flight, each a batch of its own. */
const usual: LoadOptions = { partitions, sendsPerPartition: 8, recordsPerSend: 10, pauseMs: 20 }

describe('under faults of a cluster', () => {
  let stage: ClusterStage
  let topic: string
  beforeAll(async () => {
    stage = await ClusterStage.start({ smallLogDir: { brokerId: fillableBroker, sizeMb: 24 } })
  })
  afterAll(() => stage.stop())
  beforeEach(async () => {
    topic = await stage.topic()
  })
  afterEach(async () => {
    await stage.heal()
    await stage.deleteTopic(topic)
  })

  async function underLoad(
    options: Partial<DriverProducerOptions> = {},
    load = usual,
    timeouts = { requestTimeoutMs: 2_000 },
  ): Promise<Load> {
    const connection = kafkaConnection({ brokers: stage.bootstrapBrokers, ...timeouts })
    const producer: DriverProducer = await nativeDriver.createProducer(connection, { ...patient, ...options })
    const started = startLoad(producer, topic, load)
    onTestFinished(async () => {
      const stopped = started.stop()
      await producer.close({ abandon: true })
      await stopped
    })
    await started.acknowledged(5)
    return started
  }

  /** As {@link underLoad}, through the producer of typed records. */
  async function underAvroLoad(deliveryTimeoutMs: number): Promise<Load> {
    const producer = await createProducer({
      brokers: stage.bootstrapBrokers,
      topic,
      schema: noteSchema,
      requestTimeoutMs: 2_000,
      deliveryTimeoutMs,
      drainOnSigterm: false,
    })
    const started = startLoad(avroSender(producer), topic, usual)
    onTestFinished(async () => {
      const stopped = started.stop()
      await producer.close({ timeoutMs: 1_000 }).catch(() => {})
      await stopped
    })
    await started.acknowledged(5)
    return started
  }

  /** Ends the load and holds its reports against the log. */
  async function checked(load: Load, textIn = textOf): Promise<TimedBatch[]> {
    await load.acknowledged(5)
    const sent = await load.stop()
    await stage.heal()
    const check = checkDelivery(sent, await stage.readLog(topic, textIn))
    const { anomalies, mayBeRepeated } = check
    expect({ anomalies: anomalies.slice(0, 20), mayBeRepeated }).toEqual({ anomalies: [], mayBeRepeated: 0 })
    return sent
  }

  function expectAllDelivered(sent: readonly TimedBatch[]): void {
    expect(sent.flatMap(({ report }) => report.failed).slice(0, 5)).toEqual([])
  }

  test('a leader that crashes and comes back', async () => {
    const load = await underLoad()
    const crashed = await stage.leaderOf(topic, 0)
    await crashed.kill()
    await stage.leadsNothing(topic, crashed)
    await load.acknowledged(5)
    await crashed.start()
    await stage.inSync(topic)
    expectAllDelivered(await checked(load))
  })

  test('all brokers restarted, one after the other', async () => {
    const load = await underLoad()
    for (const broker of stage.brokers) {
      await broker.stop()
      await broker.start()
      await stage.inSync(topic)
      await load.acknowledged(5)
    }
    expectAllDelivered(await checked(load))
  })

  test('a leader that hangs for ten seconds', async () => {
    const load = await underLoad()
    const held = await stage.leaderOf(topic, 0)
    held.pause()
    await sleep(10_000)
    held.resume()
    await stage.inSync(topic)
    expectAllDelivered(await checked(load))
  })

  test('connections cut in the middle of a produce response', async () => {
    const load = await underLoad()
    for (const afterBytes of [0, 4, 9, 30, 60, 90, 4, 30]) {
      await Promise.all(stage.brokers.map((broker) => stage.proxyOf(broker).cutResponse(afterBytes)))
      await load.acknowledged(1)
    }
    expectAllDelivered(await checked(load))
  })

  test('a leader behind a network that swallows everything until the requests time out', async () => {
    const load = await underLoad()
    const proxy = stage.proxyOf(await stage.leaderOf(topic, 0))
    const { connections } = proxy
    proxy.pause()
    // Twice given up, and connected anew: what is held goes on as late as a request can.
    await expect.poll(() => proxy.connections, { timeout: 60_000 }).toBeGreaterThanOrEqual(connections + 2)
    proxy.resume()
    expectAllDelivered(await checked(load))
  })

  test('a broker that hangs holds up only what it leads, also where it is the one that was asked for leaders', async () => {
    const load = await underLoad({}, usual, { requestTimeoutMs: 85_000 })
    const [asked, ...others] = stage.brokers
    if (asked === undefined) throw new TypeError('there is no broker')
    const held = await stage.partitionsLedBy(topic, asked)
    const spared = upTo(partitions).filter((partition) => !held.includes(partition))
    stage.proxyOf(asked).pause()
    // Leaders are looked up again after each of these.
    for (const other of others) stage.proxyOf(other).cut()
    await load.acknowledged(5, spared)
    expect(held.length).toBeGreaterThan(0)
    stage.proxyOf(asked).resume()
    expectAllDelivered(await checked(load))
  })

  test('an outage longer than the delivery time-out: what is given up is told apart, what follows arrives', async () => {
    const load = await underLoad({ deliveryTimeoutMs: 3_000 })
    for (const broker of stage.brokers) stage.proxyOf(broker).pause()
    await sleep(7_000)
    for (const broker of stage.brokers) stage.proxyOf(broker).resume()
    const sent = await checked(load)
    const errors = sent.flatMap(({ report }) => report.failed.map(({ error }) => error))
    for (const { code } of errors) expect(code).toBe('DELIVERY_TIMEOUT')
    const doubts = new Set(errors.map(({ details }) => details.mayBeWritten))
    // Those that were under way, and those that were still to be sent.
    expect(doubts).toEqual(new Set([true, false]))
  })

  test.each([
    ['longer than the delivery time-out: what is given up is reported', 3_000],
    ['shorter than the delivery time-out: everything waits for them', 90_000],
  ])('two of three brokers lost for a time %s', async (_, deliveryTimeoutMs) => {
    const load = await underLoad({ deliveryTimeoutMs })
    const lost = stage.brokers.slice(0, 2)
    await Promise.all(lost.map((broker) => broker.kill()))
    await sleep(7_000)
    await Promise.all(lost.map((broker) => broker.start()))
    await stage.inSync(topic)
    const failed = (await checked(load)).flatMap(({ report }) => report.failed)
    const isShort = deliveryTimeoutMs < 7_000
    expect(new Set(failed.map(({ error }) => error.code))).toEqual(
      new Set(isShort ? ['DELIVERY_TIMEOUT'] : []),
    )
  })

  test('fewer replicas in sync than the topic asks for: everything waits for them', async () => {
    const demanding = await stage.topic({ 'min.insync.replicas': '3' })
    await stage.deleteTopic(topic)
    topic = demanding
    const load = await underLoad()
    const crashed = await stage.leaderOf(topic, 0)
    await crashed.kill()
    await stage.leadsNothing(topic, crashed)
    await crashed.start()
    await stage.inSync(topic)
    expectAllDelivered(await checked(load))
  })

  test('typed records: a leader that crashes and comes back', async () => {
    const load = await underAvroLoad(90_000)
    const crashed = await stage.leaderOf(topic, 0)
    await crashed.kill()
    await stage.leadsNothing(topic, crashed)
    await load.acknowledged(5)
    await crashed.start()
    await stage.inSync(topic)
    expectAllDelivered(await checked(load, textOfNote))
  })

  test('typed records: an outage longer than the delivery time-out', async () => {
    const load = await underAvroLoad(3_000)
    for (const broker of stage.brokers) stage.proxyOf(broker).pause()
    await sleep(7_000)
    for (const broker of stage.brokers) stage.proxyOf(broker).resume()
    const failed = (await checked(load, textOfNote)).flatMap(({ report }) => report.failed)
    expect(new Set(failed.map(({ error }) => error.code))).toEqual(new Set(['DELIVERY_TIMEOUT']))
  })

  test('a disk that fills: others lead what was on it', async () => {
    const load = await underLoad({}, { ...usual, recordsPerSend: 2, valueBytes: 20_000 })
    const broker = stage.broker(fillableBroker)
    await stage.losesReplicas(topic, broker)
    expect(broker.isRunning).toBe(true)
    await load.acknowledged(5)
    expectAllDelivered(await checked(load))
  })
})
