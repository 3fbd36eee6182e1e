// Transactions when a cluster of three loses and holds the brokers that coordinate and lead them: readers of committed records
// see whole transactions only, each record once and in order, and nothing of what was taken back.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DriverProducerOptions, kafkaConnection } from '@tidewater/core'
import { nativeDriver } from '@tidewater/producer/native'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { rejection } from '../../core/test/kafka/contract/fixture.js'
import { readCommitted, readUncommitted } from '../../producer/test/committed-reader.js'
import type { LocalBroker } from '../src/index.js'
import { ClusterStage, partitions } from './faults/cluster-stage.js'
import { TransactionWriter } from './faults/transaction-writer.js'

const patient: DriverProducerOptions = {
  acks: 'all',
  idempotent: true,
  compression: 'none',
  deliveryTimeoutMs: 90_000,
  maxRequestBytes: 1_000_000,
}
/** Of the internal topics, whose only partition is led by the coordinator of every transactional id and of every group. */
const ofTransactions = '__transaction_state'
const ofGroups = '__consumer_offsets'

// Before KIP-890 and with it.
describe.each(['3.9', '4.1'] as const)(
  'transactions under faults of a cluster of Kafka %s',
  (kafkaVersion) => {
    let stage: ClusterStage
    let topic: string
    beforeAll(async () => {
      stage = await ClusterStage.start({ kafkaVersion })
    })
    afterAll(() => stage.stop())
    beforeEach(async () => {
      topic = await stage.topic()
    })
    afterEach(async () => {
      await stage.heal()
      await stage.deleteTopic(topic)
    })

    const timeouts = { deliveryTimeoutMs: patient.deliveryTimeoutMs, requestTimeoutMs: 2_000 }
    const idOf = () => `transfer-${randomUUID()}`

    async function writerAs(
      transactionalId: string,
      { deliveryTimeoutMs, requestTimeoutMs } = timeouts,
    ): Promise<TransactionWriter> {
      const connection = kafkaConnection({ brokers: stage.bootstrapBrokers, requestTimeoutMs })
      const options = { ...patient, deliveryTimeoutMs, transactionalId }
      const producer = await nativeDriver.createProducer(connection, options)
      onTestFinished(() => producer.close({ abandon: true }))
      return new TransactionWriter(producer, { bootstrapBrokers: stage.bootstrapBrokers, topic, partitions })
    }

    const internalsInSync = () =>
      Promise.all([ofTransactions, ofGroups].map((internal) => stage.inSync(internal, 1)))

    /** A producer that has written already, so that the internal topics are there. */
    async function busyWriter(): Promise<TransactionWriter> {
      const writer = await writerAs(idOf())
      await writer.oneOfEach()
      await internalsInSync()
      return writer
    }

    const leaderOf = (internal: string) => stage.leaderOf(internal, 0)

    async function comesBack(broker: LocalBroker): Promise<void> {
      await stage.heal()
      expect(broker.isRunning).toBe(true)
      await Promise.all([internalsInSync(), stage.inSync(topic)])
    }

    async function endsWell(writer: TransactionWriter): Promise<void> {
      await writer.oneOfEach()
      await writer.check()
    }

    const impatient = { deliveryTimeoutMs: 3_000, requestTimeoutMs: 1_000 }
    const eachProxy = (act: 'pause' | 'resume') => {
      for (const broker of stage.brokers) stage.proxyOf(broker)[act]()
    }

    async function losesAnswerTo(end: 'commit' | 'abort'): Promise<void> {
      const writer = await busyWriter()
      writer.begin()
      await writer.send()
      const crashed = await leaderOf(ofTransactions)
      const cut = stage.proxyOf(crashed).cutResponse(6)
      const ended = writer[end]()
      await cut
      await stage.crash(crashed)
      await ended
      await comesBack(crashed)
      await endsWell(writer)
    }

    // Where it matters that each transaction has an epoch of its own, and that partitions join by being written to.
    test('the coordinator crashes with the commit taken, and its answer lost', () => losesAnswerTo('commit'))

    test('what could not be sent in time is taken back, however late it comes', async () => {
      const writer = await writerAs(idOf(), impatient)
      await writer.oneOfEach()
      writer.begin()
      eachProxy('pause')
      await writer.send()
      expect((await rejection(writer.transactions.commit())).code).toBe('TRANSACTION_FAILED')
      eachProxy('resume')
      await writer.abort()
      await endsWell(writer)
    })

    test('an abort while what was committed before is not marked everywhere yet', async () => {
      const writer = await busyWriter()
      writer.begin()
      await writer.send()
      const coordinator = await leaderOf(ofTransactions)
      const held = stage.brokers.find((one) => one !== coordinator) as LocalBroker
      held.pause()
      await writer.commit()
      writer.begin()
      const sent = writer.sendRecords()
      const aborted = writer.abort()
      // So that each of the requests was refused for the time being.
      await sleep(500)
      held.resume()
      await Promise.all([sent, aborted])
      await endsWell(writer)
    })

    // Alike on both. What runs for hours tries them on both all the same: see bench/faults.ts.
    if (kafkaVersion === '4.1' && process.env.TIDEWATER_FAULTS_ON_EACH_RELEASE !== '1') return

    test.each([
      ['of the transactions', ofTransactions],
      ['of the group', ofGroups],
    ])('the coordinator %s crashes between begin and commit', async (_, internal) => {
      const writer = await busyWriter()
      writer.begin()
      await writer.send()
      const crashed = await leaderOf(internal)
      await stage.crash(crashed)
      await writer.send()
      await writer.commit()
      await writer.oneOfEach()
      await comesBack(crashed)
      await endsWell(writer)
    })

    test('the coordinator crashes with the commit on its way to it', async () => {
      const writer = await busyWriter()
      writer.begin()
      await writer.send()
      const crashed = await leaderOf(ofTransactions)
      const proxy = stage.proxyOf(crashed)
      crashed.pause()
      const { requestBytes } = proxy
      const committed = writer.commit()
      await expect.poll(() => proxy.requestBytes).toBeGreaterThan(requestBytes)
      await stage.crash(crashed)
      await committed
      await comesBack(crashed)
      await endsWell(writer)
    })

    test('the coordinator crashes with the abort taken, and its answer lost', () => losesAnswerTo('abort'))

    test('the coordinator crashes before what was committed is marked everywhere', async () => {
      const writer = await busyWriter()
      writer.begin()
      await writer.send()
      const crashed = await leaderOf(ofTransactions)
      const held = stage.brokers.find((one) => one !== crashed) as LocalBroker
      expect((await stage.partitionsLedBy(topic, held)).length).toBeGreaterThan(0)
      held.pause()
      await writer.commit()
      await stage.crash(crashed)
      held.resume()
      await comesBack(crashed)
      await endsWell(writer)
    })

    test('the leader of a partition that was written to crashes', async () => {
      const writer = await busyWriter()
      writer.begin()
      await writer.send()
      const coordinator = await leaderOf(ofTransactions)
      const crashed = stage.brokers.find((one) => one !== coordinator) as LocalBroker
      expect((await stage.partitionsLedBy(topic, crashed)).length).toBeGreaterThan(0)
      const sent = writer.send()
      await stage.crash(crashed)
      await sent
      await writer.send()
      await writer.commit()
      await comesBack(crashed)
      await endsWell(writer)
    })

    test('the coordinator hangs until others have taken its place, and wakes up', async () => {
      const writer = await busyWriter()
      writer.begin()
      await writer.send()
      const held = await leaderOf(ofTransactions)
      held.pause()
      await writer.send()
      await writer.commit()
      await writer.oneOfEach()
      writer.begin()
      await writer.send()
      held.resume()
      await writer.send()
      await writer.commit()
      await comesBack(held)
      await endsWell(writer)
    })

    test('a commit without an answer: nothing but another one may come next, which tells', async () => {
      const writer = await writerAs(idOf(), impatient)
      await writer.oneOfEach()
      writer.begin()
      await writer.send()
      const { transactions } = writer
      eachProxy('pause')
      expect((await rejection(transactions.commit())).retryable).toBe(true)
      expect(transactions.isOpen).toBe(false)
      expect((await rejection(transactions.abort())).code).toBe('TRANSACTION_INVALID')
      eachProxy('resume')
      await writer.commit()
      await endsWell(writer)
    })

    test('what the coordinator added is taken back, though its answers were lost until the time was over', async () => {
      const writer = await writerAs(idOf(), impatient)
      await writer.oneOfEach()
      // So that nothing of it is still being ended, and the coordinator takes what comes.
      await writer.check()
      writer.begin()
      const proxy = stage.proxyOf(await leaderOf(ofTransactions))
      let isOver = false
      const cutting = (async () => {
        while (!isOver) await proxy.cutResponse(6)
      })()
      await writer.sendRecords()
      isOver = true
      await writer.abort()
      await endsWell(writer)
      await cutting
    })

    test('a producer that is gone leaves a torn transaction, whose coordinator crashes: the next one takes it back', async () => {
      const id = idOf()
      const gone = await writerAs(id)
      gone.begin()
      await gone.send()
      const crashed = await leaderOf(ofTransactions)
      await stage.crash(crashed)
      const next = await writerAs(id)
      await next.oneOfEach()
      expect((await rejection(gone.commit())).code).toBe('PRODUCER_FENCED')
      await comesBack(crashed)
      await endsWell(next)
    })

    test('what was taken back is in the log, where only readers of committed records pass over it', async () => {
      const writer = await writerAs(idOf())
      await writer.oneOfEach()
      const [all, committed] = [
        await readUncommitted(stage.bootstrapBrokers, topic),
        await readCommitted(stage.bootstrapBrokers, topic),
      ]
      expect(committed.get(0)?.length).toBeGreaterThan(0)
      // As many of the aborted transaction as of the committed one.
      const twice = [...committed].map(([partition, values]) => [partition, 2 * values.length])
      expect([...all].map(([partition, values]) => [partition, values.length])).toEqual(twice)
    })
  },
)
