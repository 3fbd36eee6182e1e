import type * as Kafkajs from 'kafkajs'
import type { KafkaConnection } from '../../../config/kafka.js'
import { TidewaterError } from '../../../errors.js'
import { abortableSleep } from '../../../retry/run.js'
import type { KafkaAdmin, PartitionOffsets, TopicDefinition, TopicDescription } from '../../port.js'
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

  return {
    listTopics: async () => [...(await call('Listing topics', undefined, () => admin.listTopics()))].sort(),
    describeTopic: (topic) => call('Describing the topic', topic, () => describeTopic(admin, topic)),
    topicConfigs: (topic) =>
      call('Reading topic configs', topic, () =>
        readTopicConfigs(admin, kafkajs.ConfigResourceTypes.TOPIC, topic),
      ),
    createTopic: (definition) =>
      call('Creating the topic', definition.topic, () =>
        createTopic(admin, definition, connection.requestTimeoutMs),
      ),
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
    topicOffsets: (topic) => call('Reading offsets', topic, () => topicOffsets(admin, topic)),
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
    // Its wait ends with an error where the broker it asks has not heard of the topic yet, which in a cluster is common.
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
  if (!created)
    throw new TidewaterError('TOPIC_EXISTS', `Topic "${topic}" exists already`, {
      remedy: 'Use another name or plan a change instead.',
      details: { topic },
    })
  const deadlineMs = performance.now() + timeout
  while (!(await hasLeaders(admin, topic, partitions))) {
    if (performance.now() > deadlineMs) {
      throw new TidewaterError('KAFKA_PROTOCOL', `Topic "${topic}" has no leaders after ${timeout} ms`, {
        retryable: true,
        details: { topic },
      })
    }
    await abortableSleep(50)
  }
}

async function hasLeaders(admin: Kafkajs.Admin, topic: string, partitions: number): Promise<boolean> {
  try {
    const description = await describeTopic(admin, topic)
    return (
      description.partitions.length === partitions &&
      description.partitions.every(({ leader }) => leader >= 0)
    )
  } catch (thrown) {
    const { type } = thrown as { readonly type?: string }
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE') return false
    throw thrown
  }
}

async function topicOffsets(admin: Kafkajs.Admin, topic: string): Promise<PartitionOffsets[]> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return offsets
    .map(({ partition, low, high }) => ({ partition, earliest: BigInt(low), latest: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition)
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
