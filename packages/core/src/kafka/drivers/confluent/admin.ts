import type { IAdminClient } from '@confluentinc/kafka-javascript'
import type { KafkaConnection } from '../../../config/kafka.js'
import type { KafkaAdmin, PartitionOffsets, TopicDefinition, TopicDescription } from '../../port.js'
import { untilLeadersKnown } from '../topic-leaders.js'
import { answerOf, type ConfluentModule, ConnectionLog, connectClient, connectionConfig } from './client.js'
import { confluentError } from './errors.js'

/** @throws TidewaterError `BROKER_UNREACHABLE` */
export async function createConfluentAdmin(
  confluent: ConfluentModule,
  connection: KafkaConnection,
): Promise<KafkaAdmin> {
  // Over a producer, which tells at once why it is not let in; the library's own admin client only that the time is up.
  const carrier = new confluent.Producer(connectionConfig(connection) as never)
  const log = new ConnectionLog(carrier, connection.auth)
  await connectClient(carrier, log, connection)
  // Tokens are refreshed by callbacks, and those come with the polls.
  carrier.setPollInBackground(true)
  const client = confluent.AdminClient.createFrom(carrier)
  const call = async <T>(
    action: string,
    topic: string | undefined,
    operation: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await operation()
    } catch (thrown) {
      const named = topic === undefined ? { action } : { action, topic }
      throw confluentError(thrown, { ...named, brokers: connection.brokers, detail: log.lastFailure })
    }
  }
  const timeout = connection.requestTimeoutMs
  const describeTopic = (topic: string) =>
    call('Describing the topic', topic, () => describeTopicWith(client, topic, timeout))
  return {
    listTopics: async () =>
      (
        await call('Listing topics', undefined, () =>
          answerOf<string[]>((done) => client.listTopics({ timeout }, done)),
        )
      ).sort(),
    describeTopic,
    createTopic: async (definition) => {
      await call('Creating the topic', definition.topic, () => createTopic(client, definition, timeout))
      await untilLeadersKnown(definition, timeout, () => describeTopic(definition.topic))
    },
    addPartitions: (topic, partitions) =>
      call('Adding partitions', topic, () =>
        answerOf((done) =>
          client.createPartitions(topic, partitions, timeout, (error) => done(error, undefined)),
        ),
      ),
    deleteTopic: (topic) =>
      call('Deleting the topic', topic, () =>
        answerOf((done) => client.deleteTopic(topic, timeout, (error) => done(error, undefined))),
      ),
    topicOffsets: (topic) =>
      call('Reading offsets', topic, () => topicOffsets(confluent, client, topic, timeout)),
    close: () => new Promise((resolve) => carrier.disconnect(() => resolve())),
  }
}

/** Throws the library's own error; the caller maps it. */
export async function describeTopicWith(
  client: IAdminClient,
  topic: string,
  timeout: number,
): Promise<TopicDescription> {
  const [description] = await answerOf<TopicAnswer[]>((done) =>
    client.describeTopics([topic], { timeout }, done as never),
  )
  // A plain object, which no message could be made of.
  if (description?.error) throw Object.assign(new Error(description.error.message), description.error)
  const partitions = description?.partitions ?? []
  return {
    topic,
    partitions: partitions
      .map(({ partition, leader, replicas, isr }) => ({
        partition,
        // librdkafka says "no leader" by leaving it out.
        leader: leader?.id ?? -1,
        replicas: replicas.map(({ id }) => id),
        inSyncReplicas: isr.map(({ id }) => id),
      }))
      .sort((a, b) => a.partition - b.partition),
  }
}

interface BrokerNode {
  readonly id: number
}

interface TopicAnswer {
  readonly error?: { readonly message: string; readonly code: number }
  readonly partitions: readonly {
    readonly partition: number
    readonly leader?: BrokerNode
    readonly replicas: readonly BrokerNode[]
    readonly isr: readonly BrokerNode[]
  }[]
}

async function createTopic(
  client: IAdminClient,
  { topic, partitions, replicationFactor, configs = {} }: TopicDefinition,
  timeout: number,
): Promise<void> {
  const request = {
    topic,
    num_partitions: partitions,
    replication_factor: replicationFactor,
    config: { ...configs },
  }
  await answerOf((done) => client.createTopic(request as never, timeout, (error) => done(error, undefined)))
}

async function topicOffsets(
  confluent: ConfluentModule,
  client: IAdminClient,
  topic: string,
  timeout: number,
): Promise<PartitionOffsets[]> {
  const { partitions } = await describeTopicWith(client, topic, timeout)
  const { OffsetSpec } = confluent as unknown as { OffsetSpec: Record<'EARLIEST' | 'LATEST', unknown> }
  const at = async (offset: unknown) => {
    const specs = partitions.map(({ partition }) => ({ topic, partition, offset }))
    const results = await answerOf<readonly { partition: number; offset: number; error?: unknown }[]>(
      (done) => client.listOffsets(specs as never, { timeout }, done as never),
    )
    const failed = results.find(({ error }) => error)
    if (failed !== undefined) throw failed.error
    return new Map(results.map((result) => [result.partition, BigInt(result.offset)]))
  }
  const [earliest, latest] = await Promise.all([at(OffsetSpec.EARLIEST), at(OffsetSpec.LATEST)])
  return partitions.map(({ partition }) => ({
    partition,
    earliest: earliest.get(partition) ?? 0n,
    latest: latest.get(partition) ?? 0n,
  }))
}
