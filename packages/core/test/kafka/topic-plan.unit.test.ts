import { describe, expect, test } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import { ensureTopic } from '../../src/kafka/ensure-topic.js'
import type { KafkaAdmin, TopicDefinition, TopicDescription } from '../../src/kafka/port.js'
import { planTopic } from '../../src/kafka/topic-plan.js'

const desired: TopicDefinition = {
  topic: 'netflow',
  partitions: 3,
  replicationFactor: 1,
  configs: { 'retention.ms': '3600000' },
}

function described(partitions: number, replicationFactor = 1): TopicDescription {
  const replicas = Array.from({ length: replicationFactor }, (_, broker) => broker + 1)
  return {
    topic: 'netflow',
    partitions: Array.from({ length: partitions }, (_, partition) => ({
      partition,
      leader: 1,
      replicas,
      inSyncReplicas: replicas,
    })),
  }
}

describe('planTopic', () => {
  test('creates what is absent', () => {
    expect(planTopic(desired, null)).toEqual({
      action: 'create',
      topic: desired,
      reason: 'topic "netflow" doesn\'t exist',
    })
  })

  test('leaves what matches', () => {
    const configs = { 'retention.ms': '3600000', 'cleanup.policy': 'delete' }
    expect(planTopic(desired, { description: described(3), configs })).toMatchObject({ action: 'none' })
  })

  test('without readable configs compares the rest', () => {
    expect(planTopic(desired, { description: described(3) })).toMatchObject({ action: 'none' })
  })

  test('grows', () => {
    expect(planTopic(desired, { description: described(1) })).toMatchObject({
      action: 'add-partitions',
      from: 1,
      to: 3,
      reason: 'topic "netflow" has 1 of 3 partitions',
    })
  })

  test('never shrinks, and names every conflict', () => {
    const plan = planTopic(desired, { description: described(4, 2), configs: { 'retention.ms': '1' } })
    expect(plan).toMatchObject({
      action: 'conflict',
      conflicts: [
        'it has 4 partitions, 3 are desired, and Kafka never removes one',
        'it has partitions with 2 replicas, 1 are desired',
        'its retention.ms is 1, 3600000 is desired',
      ],
    })
  })

  test('does not grow a topic that conflicts otherwise', () => {
    expect(planTopic(desired, { description: described(1), configs: {} })).toMatchObject({
      action: 'conflict',
      reason: 'its retention.ms is not set, 3600000 is desired',
    })
  })
})

describe('ensureTopic', () => {
  /** An admin that holds one topic, as the executor sees it. */
  function adminOf(actual: TopicDescription | null) {
    const calls: string[] = []
    const admin: KafkaAdmin = {
      listTopics: async () => [],
      describeTopic: async (topic) => {
        if (actual === null) throw new TidewaterError('TOPIC_NOT_FOUND', `no ${topic}`)
        return actual
      },
      createTopic: async ({ topic }) => {
        calls.push(`create ${topic}`)
      },
      addPartitions: async (topic, partitions) => {
        calls.push(`grow ${topic} ${partitions}`)
      },
      deleteTopic: async () => undefined,
      topicOffsets: async () => [],
      close: async () => undefined,
    }
    return { admin, calls }
  }

  test('carries the plan out', async () => {
    const absent = adminOf(null)
    expect((await ensureTopic(absent.admin, desired)).action).toBe('create')
    expect(absent.calls).toEqual(['create netflow'])
    const small = adminOf(described(2))
    expect((await ensureTopic(small.admin, desired)).action).toBe('add-partitions')
    expect(small.calls).toEqual(['grow netflow 3'])
    const right = adminOf(described(3))
    expect((await ensureTopic(right.admin, desired)).action).toBe('none')
    expect(right.calls).toEqual([])
  })

  test('a dry run changes nothing and reports a conflict', async () => {
    const absent = adminOf(null)
    expect((await ensureTopic(absent.admin, desired, { dryRun: true })).action).toBe('create')
    expect(absent.calls).toEqual([])
    const large = adminOf(described(4))
    expect((await ensureTopic(large.admin, desired, { dryRun: true })).action).toBe('conflict')
  })

  test('a conflict is an error', async () => {
    await expect(ensureTopic(adminOf(described(4)).admin, desired)).rejects.toMatchObject({
      code: 'TOPIC_CONFLICT',
      details: { topic: 'netflow' },
    })
  })

  test('other errors of reading pass through', async () => {
    const { admin } = adminOf(described(3))
    const failing = {
      ...admin,
      describeTopic: async () => {
        throw new TidewaterError('BROKER_UNREACHABLE', 'nobody')
      },
    }
    await expect(ensureTopic(failing, desired)).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
  })
})
