import type * as Kafkajs from 'kafkajs'
import type { KafkaConnection } from '../../../config/kafka.js'
import { TidewaterError } from '../../../errors.js'
import { runWithRetry } from '../../../retry/run.js'
import type { KafkaAdmin, PartitionOffsets, TopicDefinition, TopicDescription } from '../../port.js'
import { kafkaCode } from '../protocol-errors.js'
import { untilLeadersKnown } from '../topic-leaders.js'
import { createClient } from './client.js'
import { kafkajsError } from './errors.js'

export async function createKafkajsAdmin(
  kafkajs: typeof Kafkajs,
  connection: KafkaConnection,
): Promise<KafkaAdmin> {
  const admin = createClient(kafkajs, connection).admin()
  const call = async <T>(
    action: string,
    topic: string | undefined,
    operation: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await operation()
    } catch (thrown) {
      const named = topic === undefined ? { action } : { action, topic }
      throw kafkajsError(thrown, { ...named, brokers: connection.brokers })
    }
  }
  try {
    await call('Connecting', undefined, () => admin.connect())
  } catch (error) {
    await admin.disconnect().catch(() => undefined)
    throw error
  }

  const described = (topic: string) => call('Describing the topic', topic, () => describeTopic(admin, topic))
  return {
    listTopics: async () => [...(await call('Listing topics', undefined, () => admin.listTopics()))].sort(),
    describeTopic: described,
    topicConfigs: (topic) =>
      call('Reading topic configs', topic, () =>
        readTopicConfigs(admin, kafkajs.ConfigResourceTypes.TOPIC, topic),
      ),
    createTopic: async (definition) => {
      const timeoutMs = connection.requestTimeoutMs
      await call('Creating the topic', definition.topic, () => createTopic(admin, definition, timeoutMs))
      await untilLeadersKnown(definition, timeoutMs, () => described(definition.topic))
    },
    addPartitions: async (topic, partitions) => {
      await call('Adding partitions', topic, () =>
        admin.createPartitions({
          topicPartitions: [{ topic, count: partitions }],
          timeout: connection.requestTimeoutMs,
        }),
      )
    },
    deleteTopic: (topic) =>
      call('Deleting the topic', topic, () =>
        admin.deleteTopics({ topics: [topic], timeout: connection.requestTimeoutMs }),
      ),
    topicOffsets: (topic) =>
      call('Reading offsets', topic, () =>
        // kafkajs goes on asking the leader of old, and gives up at its answer: a new client asks who leads now.
        topicOffsets(admin, topic).catch((thrown) => {
          if (!isElection(thrown)) throw thrown
          return topicOffsetsAnew(kafkajs, connection, topic)
        }),
      ),
    close: () => admin.disconnect(),
  }
}

async function describeTopic(admin: Kafkajs.Admin, topic: string): Promise<TopicDescription> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
  return {
    topic,
    partitions: partitions
      .map(({ partitionId, leader, replicas, isr }) => ({
        partition: partitionId,
        leader,
        replicas,
        inSyncReplicas: isr,
      }))
      .sort((a, b) => a.partition - b.partition),
  }
}

async function createTopic(
  admin: Kafkajs.Admin,
  { topic, partitions, replicationFactor, configs = {} }: TopicDefinition,
  timeout: number,
): Promise<void> {
  const created = await admin.createTopics({
    // kafkajs would wait for leaders, but fail at a broker that has not heard of the topic.
    waitForLeaders: false,
    timeout,
    topics: [
      {
        topic,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
      },
    ],
  })
  if (created) return
  throw new TidewaterError('TOPIC_EXISTS', `Topic "${topic}" exists already`, {
    remedy: 'Use another name or plan a change instead.',
    details: { topic },
  })
}

async function topicOffsets(admin: Kafkajs.Admin, topic: string): Promise<PartitionOffsets[]> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return offsets
    .map(({ partition, low, high }) => ({ partition, earliest: BigInt(low), latest: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition)
}

function isElection(thrown: unknown): boolean {
  const { code } = thrown as { readonly code?: unknown }
  return code === kafkaCode.notLeader || code === kafkaCode.leaderNotAvailable
}

/** Until the partitions have leaders that answer. */
async function topicOffsetsAnew(
  kafkajs: typeof Kafkajs,
  connection: KafkaConnection,
  topic: string,
): Promise<PartitionOffsets[]> {
  return runWithRetry(
    async () => {
      const admin = createClient(kafkajs, connection).admin()
      try {
        await admin.connect()
        return await topicOffsets(admin, topic)
      } catch (thrown) {
        throw kafkajsError(thrown, { action: 'Reading offsets', topic, brokers: connection.brokers })
      } finally {
        await admin.disconnect().catch(() => undefined)
      }
    },
    { policy: { maxAttempts: Number.POSITIVE_INFINITY, maxElapsedMs: connection.requestTimeoutMs } },
  )
}

async function readTopicConfigs(
  admin: Kafkajs.Admin,
  type: Kafkajs.ConfigResourceTypes,
  topic: string,
): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type, name: topic }],
  })
  const entries = resources[0]?.configEntries ?? []
  return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))
}
