import { TidewaterError } from '../errors.js'
import type { PartitionDescription, TopicDefinition } from '../kafka/port.js'
import type { ActualTopic } from '../kafka/topic-plan.js'
import { awsErrorName } from './aws-failure.js'
import type { MskClient } from './client.js'
import { decodeTopicConfigs, encodeTopicConfigs } from './topic-configs.js'

/** What a topic is, as MSK's topic operations tell it. It may be a minute old. */
export interface MskTopic extends ActualTopic {
  /** ACTIVE, CREATING, UPDATING or DELETING. */
  readonly status: string
}

export interface TopicCall {
  readonly client: MskClient
  readonly clusterArn: string
  readonly signal?: AbortSignal
}

/** null when the service knows no such topic (yet). */
export async function readMskTopic(call: TopicCall, topic: string): Promise<MskTopic | null> {
  const { client, clusterArn } = call
  const action = `Reading topic "${topic}"`
  const options = { action, ...signalOf(call) }
  try {
    const description = await client.call(
      'DescribeTopic',
      { ClusterArn: clusterArn, TopicName: topic },
      options,
    )
    const partitions = await readPartitions(call, topic)
    return {
      status: description.Status ?? 'ACTIVE',
      description: { topic, partitions },
      configs: decodeTopicConfigs(description.Configs),
    }
  } catch (error) {
    if (isMissingTopic(error)) return null
    throw error
  }
}

/** @throws TidewaterError `TOPIC_EXISTS`, or `TOPIC_CONFLICT` when the definition is refused */
export async function createMskTopic(call: TopicCall, definition: TopicDefinition): Promise<void> {
  const { topic, partitions, replicationFactor, configs = {} } = definition
  await changing(topic, () =>
    call.client.call(
      'CreateTopic',
      {
        ClusterArn: call.clusterArn,
        TopicName: topic,
        PartitionCount: partitions,
        ReplicationFactor: replicationFactor,
        ...(Object.keys(configs).length === 0 ? {} : { Configs: encodeTopicConfigs(configs) }),
      },
      { action: `Creating topic "${topic}"`, ...signalOf(call) },
    ),
  )
}

/** @throws TidewaterError `TOPIC_CONFLICT` when the service refuses the number */
export async function growMskTopic(call: TopicCall, topic: string, partitions: number): Promise<void> {
  await changing(topic, () =>
    call.client.call(
      'UpdateTopic',
      // One call changes partitions or configs, never both.
      { ClusterArn: call.clusterArn, TopicName: topic, PartitionCount: partitions },
      { action: `Adding partitions to topic "${topic}"`, ...signalOf(call) },
    ),
  )
}

/** Names of all topics, ascending. */
export async function listMskTopics(call: TopicCall): Promise<readonly string[]> {
  const names: string[] = []
  let NextToken: string | undefined
  do {
    const page = await call.client.call(
      'ListTopics',
      { ClusterArn: call.clusterArn, ...(NextToken === undefined ? {} : { NextToken }) },
      { action: 'Listing topics', ...signalOf(call) },
    )
    names.push(...(page.Topics ?? []).map(({ TopicName }) => TopicName ?? ''))
    NextToken = page.NextToken
  } while (NextToken !== undefined && NextToken !== '')
  return names.sort()
}

async function readPartitions(call: TopicCall, topic: string): Promise<PartitionDescription[]> {
  const partitions: PartitionDescription[] = []
  let NextToken: string | undefined
  do {
    const page = await call.client.call(
      'DescribeTopicPartitions',
      { ClusterArn: call.clusterArn, TopicName: topic, ...(NextToken === undefined ? {} : { NextToken }) },
      { action: `Reading the partitions of topic "${topic}"`, ...signalOf(call) },
    )
    for (const { Partition = -1, Leader = -1, Replicas = [], Isr = [] } of page.Partitions ?? []) {
      partitions.push({ partition: Partition, leader: Leader, replicas: Replicas, inSyncReplicas: Isr })
    }
    NextToken = page.NextToken
  } while (NextToken !== undefined && NextToken !== '')
  return partitions.sort((a, b) => a.partition - b.partition)
}

// The service answers with the same NotFoundException for a cluster and for a topic. The cluster was read a moment ago.
function isMissingTopic(error: unknown): boolean {
  return (
    TidewaterError.isInstance(error) &&
    (error.code === 'TOPIC_NOT_FOUND' || error.code === 'CLUSTER_NOT_FOUND')
  )
}

async function changing(topic: string, change: () => Promise<unknown>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!TidewaterError.isInstance(error)) throw error
    // Kafka's own refusal: too many replicas, fewer partitions than there are, an unknown config.
    if (/^(BadRequest|KafkaRequest)Exception$/.test(awsErrorName(error) ?? '')) {
      throw new TidewaterError('TOPIC_CONFLICT', error.message, {
        remedy: 'Correct the topic definition.',
        details: { ...error.details, topic },
        cause: error.cause,
      })
    }
    throw error
  }
}

function signalOf({ signal }: TopicCall): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
