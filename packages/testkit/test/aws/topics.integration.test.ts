import { randomUUID } from 'node:crypto'
import { DeleteTopicCommand, KafkaClient, ListTopicsCommand } from '@aws-sdk/client-kafka'
import { type KafkaAdmin, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import {
  createMskClient,
  describeCluster,
  ensureCluster,
  ensureMskTopic,
  listMskTopics,
  type MskClient,
} from '@tidewater/core/msk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AwsEndpoint, accessDenied } from '../../src/aws/index.js'
import { admin, mskEndpoint } from './endpoint-fixture.js'

// What the endpoint is told to create has to be on a real broker; without one these tests fail.
function openKafka(): Promise<KafkaAdmin> {
  const brokers = process.env.TIDEWATER_BOOTSTRAP_BROKERS ?? ''
  return kafkajsDriver.createAdmin(kafkaConnection({ brokers, clientId: 'aws-endpoint' }))
}

async function withKafka<T>(work: (kafka: KafkaAdmin) => Promise<T>): Promise<T> {
  const kafka = await openKafka()
  try {
    return await work(kafka)
  } finally {
    await kafka.close()
  }
}

function newTopic(): string {
  const topic = `msk-${randomUUID()}`
  onTestFinished(() =>
    withKafka(async (kafka) => {
      if ((await kafka.listTopics()).includes(topic)) await kafka.deleteTopic(topic)
    }),
  )
  return topic
}

/** A cluster with the real broker behind it, and a client whose waits take no time. */
async function clusterWithBroker({
  serverless = false,
  staleDescribes = 0,
} = {}): Promise<{ endpoint: AwsEndpoint; client: MskClient; clock: Parameters<typeof createMskClient>[1] }> {
  const endpoint = await mskEndpoint({
    transition: { afterMs: 0 },
    kafkaAdmin: openKafka,
    staleDescribes,
    pageSize: 2,
  })
  const clock = { nowMs: () => performance.now(), sleep: async () => undefined, random: () => 0 }
  const client = await createMskClient(
    { endpoint: endpoint.url, region: endpoint.region, credentials: admin },
    clock,
  )
  onTestFinished(() => client.close())
  await ensureCluster(
    client,
    serverless
      ? { type: 'serverless', name: 'demo', subnetIds: ['subnet-a', 'subnet-b'] }
      : { type: 'provisioned', name: 'demo', clientSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'] },
  )
  return { endpoint, client, clock }
}

const definition = (topic: string, partitions = 3) => ({
  topic,
  partitions,
  replicationFactor: 1,
  configs: { 'retention.ms': '3600000' },
})

describe('topics through MSK', () => {
  it('are made on the broker, grown, and found as they are', async () => {
    const { client, endpoint } = await clusterWithBroker()
    const topic = newTopic()
    const created = await ensureMskTopic(client, 'demo', definition(topic))
    expect(created).toMatchObject({ plan: { action: 'create' }, route: { way: 'msk-api' } })
    await withKafka(async (kafka) => {
      expect((await kafka.describeTopic(topic)).partitions).toHaveLength(3)
      expect(await kafka.topicConfigs?.(topic)).toMatchObject({ 'retention.ms': '3600000' })
    })
    expect((await ensureMskTopic(client, 'demo', definition(topic))).plan.action).toBe('none')
    expect((await ensureMskTopic(client, 'demo', definition(topic, 5))).plan).toMatchObject({
      from: 3,
      to: 5,
    })
    expect(await withKafka(async (kafka) => (await kafka.describeTopic(topic)).partitions.length)).toBe(5)
    await expect(ensureMskTopic(client, 'demo', definition(topic, 2))).rejects.toMatchObject({
      code: 'TOPIC_CONFLICT',
      message: expect.stringContaining('Kafka never removes one'),
    })
    const partitionPages = endpoint
      .requests()
      .filter(({ operation }) => operation === 'DescribeTopicPartitions')
    expect(partitionPages.length).toBeGreaterThan(4)
  })

  it('are listed and deleted by the service', async () => {
    const { client, endpoint } = await clusterWithBroker()
    const topic = newTopic()
    await ensureMskTopic(client, 'demo', definition(topic))
    const { ClusterArn } = await describeCluster(client, 'demo')
    const sdk = new KafkaClient({ endpoint: endpoint.url, region: endpoint.region, credentials: admin })
    onTestFinished(() => sdk.destroy())
    const { Topics } = await sdk.send(new ListTopicsCommand({ ClusterArn, TopicNameFilter: topic }))
    expect(Topics).toMatchObject([
      { TopicName: topic, PartitionCount: 3, ReplicationFactor: 1, OutOfSyncReplicaCount: 0 },
    ])
    expect(await listMskTopics({ client, clusterArn: ClusterArn })).toContain(topic)
    await sdk.send(new DeleteTopicCommand({ ClusterArn, TopicName: topic }))
    await expect.poll(() => withKafka((kafka) => kafka.listTopics())).not.toContain(topic)
  })

  it('are made and grown once, though descriptions lag behind', async () => {
    const { client, endpoint, clock } = await clusterWithBroker({ staleDescribes: 3 })
    const topic = newTopic()
    // Somebody else creates it: what is described then is older than the topic.
    const { ClusterArn } = await describeCluster(client, 'demo')
    await client.call(
      'CreateTopic',
      {
        ClusterArn,
        TopicName: topic,
        PartitionCount: 3,
        ReplicationFactor: 1,
        Configs: Buffer.from('{"retention.ms":"3600000"}').toString('base64'),
      },
      { action: 'Creating' },
    )
    expect((await ensureMskTopic(client, 'demo', definition(topic), {}, clock)).plan.action).toBe('none')
    await client.call(
      'UpdateTopic',
      { ClusterArn, TopicName: topic, PartitionCount: 4 },
      { action: 'Growing' },
    )
    expect((await ensureMskTopic(client, 'demo', definition(topic, 4), {}, clock)).plan.action).toBe('none')
    expect(endpoint.requests().filter(({ fault }) => fault !== undefined)).toMatchObject([
      { operation: 'DescribeTopic', fault: 'NotFoundException' },
      { operation: 'CreateTopic', fault: 'TopicExistsException' },
      { operation: 'DescribeTopic', fault: 'NotFoundException' },
      { operation: 'DescribeTopic', fault: 'NotFoundException' },
      { operation: 'UpdateTopic', fault: 'BadRequestException' },
    ])
    expect(await withKafka(async (kafka) => (await kafka.describeTopic(topic)).partitions.length)).toBe(4)
  })

  it('that the broker refuses are a conflict', async () => {
    const { client } = await clusterWithBroker()
    const topic = newTopic()
    const refused = { ...definition(topic), replicationFactor: 9 }
    await expect(ensureMskTopic(client, 'demo', refused, { kafkaAdmin: openKafka })).rejects.toMatchObject({
      code: 'TOPIC_CONFLICT',
      retryable: false,
    })
  })

  it.each([
    ['of Serverless clusters', true, /don't exist for Serverless/],
    ['that the caller may not make through the service', false, /forbidden/],
  ])('%s are made through Kafka', async (_, serverless, reason) => {
    const { client, endpoint } = await clusterWithBroker({ serverless })
    const topic = newTopic()
    if (!serverless) endpoint.injectFault(accessDenied('kafka:CreateTopic'), { operation: 'CreateTopic' })
    const { plan, route } = await ensureMskTopic(client, 'demo', definition(topic), { kafkaAdmin: openKafka })
    expect(plan.action).toBe('create')
    expect(route).toEqual({ way: 'kafka-admin', reason: expect.stringMatching(reason) })
    expect(await withKafka(async (kafka) => (await kafka.describeTopic(topic)).partitions.length)).toBe(3)
  })
})
