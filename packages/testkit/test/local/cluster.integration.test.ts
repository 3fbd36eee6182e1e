import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KafkaAdmin, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalBroker, type LocalStack, localStatus, startLocal, stopLocal } from '../../src/index.js'
import { requestMetadata } from '../../src/local/metadata-probe.js'
import { readValues, sendValues } from '../kafka-records.js'
import { expectGone } from '../processes.js'

const failover = { timeout: 60_000, interval: 100 }

describe('three brokers', () => {
  let folder: string
  let stack: LocalStack
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidewater-cluster-test-'))
    stack = await startLocal({ brokers: 3, stateFolder: folder })
    await withAdmin(stack.brokers, (admin) =>
      admin.createTopic({ topic: 'replicated', partitions: 3, replicationFactor: 3 }),
    )
  })
  afterAll(async () => {
    await stopLocal(folder)
    await rm(folder, { recursive: true, force: true })
  })

  const broker = (id: number) => {
    const found = stack.brokers.find((one) => one.id === id)
    if (found === undefined) throw new TypeError(`there is no broker ${id}`)
    return found
  }
  /** Asked of the others: a client that waits for a paused broker learns nothing of it. */
  const partition = (index: number, except?: LocalBroker) =>
    withAdmin(
      stack.brokers.filter((one) => one !== except),
      async (admin) => {
        const { partitions } = await admin.describeTopic('replicated')
        const found = partitions[index]
        if (found === undefined) throw new TypeError(`there is no partition ${index}`)
        return found
      },
    )
  const leaderOf = async (index: number, except?: LocalBroker) => (await partition(index, except)).leader
  const inSync = async (index: number) => [...(await partition(index)).inSyncReplicas].sort()

  test('are one cluster, and every one of them is a way in', async () => {
    const brokers = stack.brokers.map(({ id, port }) => ({ nodeId: id, host: '127.0.0.1', port }))
    expect(brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3])
    expect(stack.bootstrapBrokers).toBe(stack.brokers.map(({ address }) => address).join(','))
    for (const { port } of brokers) {
      const metadata = await requestMetadata('127.0.0.1', port)
      expect(metadata.clusterId).toBe(stack.broker.clusterId)
      expect([...metadata.brokers].sort((a, b) => a.nodeId - b.nodeId)).toEqual(brokers)
    }
    expect(await localStatus(stack.stateFolder)).toMatchObject({ state: 'running' })
  })

  test('keep what the topic does not say: three replicas, of which two have to be in sync', async () => {
    const configs = () => withAdmin(stack.brokers, async (admin) => admin.topicConfigs?.('replicated'))
    // Not every broker has heard of a topic at once.
    await expect
      .poll(configs, failover)
      .toMatchObject({ 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' })
    await expect.poll(() => inSync(0), failover).toEqual([1, 2, 3])
  })

  test('another one leads when a leader crashes, and the crashed one comes back in sync', async () => {
    await sendValues(stack.bootstrapBrokers, 'replicated', ['before'])
    const crashed = broker(await leaderOf(0))
    await withAdmin(stack.brokers, async (admin) => {
      const count = async () => (await admin.topicOffsets('replicated')).map(({ latest }) => latest)
      const before = await count()
      await crashed.kill()
      await expect.poll(() => leaderOf(0, crashed), failover).not.toBe(crashed.id)
      expect(stack.brokers.filter(({ isRunning }) => isRunning)).toHaveLength(2)
      await crashed.start()
      await expect.poll(() => inSync(0), failover).toEqual([1, 2, 3])
      // The client still takes the one that crashed for the leader.
      expect(await count()).toEqual(before)
    })
  })

  test('another one leads while the leader hangs', async () => {
    const held = broker(await leaderOf(1))
    const { pid } = held
    held.pause()
    await expect.poll(() => leaderOf(1, held), failover).not.toBe(held.id)
    expect(held.isRunning).toBe(true)
    held.resume()
    await expect.poll(() => inSync(1), failover).toEqual([1, 2, 3])
    expect(held.pid).toBe(pid)
  })

  test('places of groups are kept as often as records', async () => {
    expect(await readValues(stack.bootstrapBrokers, 'replicated', 1)).toEqual(['before'])
    await withAdmin(stack.brokers, async (admin) => {
      const { partitions } = await admin.describeTopic('__consumer_offsets')
      for (const { replicas } of partitions) expect([...replicas].sort()).toEqual([1, 2, 3])
    })
  })

  test('outlive their parent when they are detached, one of them stopped, and go on with their data', async () => {
    const leader = broker(await leaderOf(0))
    await leader.stop()
    await expect.poll(() => leaderOf(0, leader), failover).not.toBe(leader.id)
    const pids = stack.brokers.filter((one) => one !== leader).map(({ pid }) => pid)
    await stack.detach()
    expect(await localStatus(folder)).toMatchObject({ state: 'running', stack: { lifetime: 'detached' } })
    expect(await stopLocal(folder)).toMatchObject({ outcome: 'stopped' })
    await expectGone(pids)

    await expect(startLocal({ stateFolder: folder })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('holds the data of 3 brokers, not of 1'),
    })
    const again = await startLocal({ brokers: 3, stateFolder: folder })
    expect(again.broker.clusterId).toBe(stack.broker.clusterId)
    const records = () =>
      withAdmin(again.brokers, async (admin) => {
        const offsets = await admin.topicOffsets('replicated')
        return offsets.reduce((sum, { latest }) => sum + latest, 0n)
      })
    // Leaders are elected once all brokers are there.
    await expect.poll(records, failover).toBe(1n)
    const later = again.brokers.map(({ pid }) => pid)
    again.brokers[1]?.pause()
    await again.stop()
    await expectGone(later)
  })
})

async function withAdmin<T>(
  brokers: readonly LocalBroker[],
  use: (admin: KafkaAdmin) => Promise<T>,
): Promise<T> {
  const admin = await kafkajsDriver.createAdmin(
    kafkaConnection({ brokers: brokers.map(({ address }) => address).join(','), requestTimeoutMs: 2_000 }),
  )
  try {
    return await use(admin)
  } finally {
    await admin.close()
  }
}
