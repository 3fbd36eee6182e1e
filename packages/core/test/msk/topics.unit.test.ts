import { describe, expect, it } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import type { KafkaAdmin, TopicDefinition } from '../../src/kafka/port.js'
import { clusterDefinition } from '../../src/msk/cluster-definition.js'
import { createClusterInput } from '../../src/msk/create-input.js'
import { decodeTopicConfigs, encodeTopicConfigs } from '../../src/msk/topic-configs.js'
import { chooseTopicRoute } from '../../src/msk/topic-route.js'
import { ensureMskTopic } from '../../src/msk/topics.js'
import { clusterArn, definition, describedAs, serverless } from './cluster-fixtures.js'
import { fakeClock, scriptedMsk } from './scripted-msk.js'

const provisionedCluster = describedAs(createClusterInput(clusterDefinition(definition())))
const serverlessCluster = describedAs(createClusterInput(clusterDefinition(serverless)))
const oldCluster = describedAs(createClusterInput(clusterDefinition(definition())))
if (oldCluster.Provisioned !== undefined) {
  oldCluster.Provisioned.CurrentBrokerSoftwareInfo = { KafkaVersion: '3.5.1' }
}

const desired: TopicDefinition = {
  topic: 'flows',
  partitions: 3,
  replicationFactor: 2,
  configs: { 'retention.ms': '3600000' },
}

/** What the service describes: the topic, and its partitions, by as many calls. */
function described(partitions: number, change: Record<string, unknown> = {}) {
  return {
    topic: {
      TopicName: 'flows',
      Status: 'ACTIVE',
      Configs: encodeTopicConfigs({ 'retention.ms': '3600000', 'cleanup.policy': 'delete' }),
      ...change,
    },
    partitions: {
      Partitions: Array.from({ length: partitions }, (_, Partition) => {
        return { Partition, Leader: 1, Replicas: [1, 2], Isr: [1, 2] }
      }),
    },
  }
}

const inCluster = (ClusterInfo: object) => [{ ClusterInfo: ClusterInfo as Record<string, unknown> }]
const failure = (code: TidewaterError['code'], awsError: string, message = 'said') =>
  new TidewaterError(code, message, { details: { awsError }, cause: new Error(message) })
const missing = failure('CLUSTER_NOT_FOUND', 'NotFoundException')
const three = described(3)

/** A Kafka client that has no topics, and notes what is asked of it. */
function kafka() {
  const calls: string[] = []
  const admin: KafkaAdmin = {
    listTopics: async () => [],
    describeTopic: async () => {
      throw new TidewaterError('TOPIC_NOT_FOUND', 'no')
    },
    createTopic: async ({ topic }) => void calls.push(`create ${topic}`),
    addPartitions: async () => undefined,
    deleteTopic: async () => undefined,
    topicOffsets: async () => [],
    close: async () => void calls.push('close'),
  }
  return { calls, open: async () => admin }
}

describe('topic configs', () => {
  it('are carried as the Base64 of a JSON object', () => {
    const text = encodeTopicConfigs({ 'retention.ms': '60000' })
    expect(text).toBe('eyJyZXRlbnRpb24ubXMiOiI2MDAwMCJ9')
    expect(decodeTopicConfigs(text)).toEqual({ 'retention.ms': '60000' })
    expect(decodeTopicConfigs(Buffer.from('{"min.insync.replicas":2}').toString('base64'))).toEqual({
      'min.insync.replicas': '2',
    })
    expect(decodeTopicConfigs(undefined)).toEqual({})
    for (const wrong of ['retention.ms=1', '[1]']) {
      const encoded = Buffer.from(wrong).toString('base64')
      expect(() => decodeTopicConfigs(encoded)).toThrowError(
        expect.objectContaining({ code: 'AWS_REQUEST_FAILED' }),
      )
    }
  })
})

describe('chooseTopicRoute', () => {
  it.each([
    [provisionedCluster, 'msk-api', /Kafka 3.9.x.kraft/],
    [
      { ...provisionedCluster, State: 'UPDATING' as const },
      'kafka-admin',
      /ACTIVE cluster; this one is UPDATING/,
    ],
    [oldCluster, 'kafka-admin', /need Kafka 3.6 or later; the cluster has 3.5.1/],
    [serverlessCluster, 'kafka-admin', /don't exist for Serverless/],
  ] as const)('of cluster %# is %s', (cluster, way, reason) => {
    expect(chooseTopicRoute(cluster)).toEqual({ way, reason: expect.stringMatching(reason) })
  })
})

describe('ensureMskTopic', () => {
  const ensure = (client: ReturnType<typeof scriptedMsk>, options = {}, clock = fakeClock()) =>
    ensureMskTopic(client, clusterArn, desired, options, clock)
  const changes = ({ calls }: ReturnType<typeof scriptedMsk>) =>
    calls.filter(({ operation }) => operation === 'CreateTopic' || operation === 'UpdateTopic')

  it('creates through the service, then waits until it describes the topic', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [missing, missing, { ...three.topic, Status: 'CREATING' }, three.topic],
      DescribeTopicPartitions: [three.partitions],
      CreateTopic: [{ Status: 'CREATING' }],
    })
    const clock = fakeClock()
    const { plan, route } = await ensure(client, {}, clock)
    expect(plan.action).toBe('create')
    expect(route.way).toBe('msk-api')
    expect(changes(client)).toEqual([
      {
        operation: 'CreateTopic',
        input: {
          ClusterArn: clusterArn,
          TopicName: 'flows',
          PartitionCount: 3,
          ReplicationFactor: 2,
          Configs: encodeTopicConfigs({ 'retention.ms': '3600000' }),
        },
      },
    ])
    expect(clock.sleeps).toEqual([5_000, 5_000])
  })

  it('leaves a topic that is as desired, reading all pages of its partitions', async () => {
    const [first, ...rest] = three.partitions.Partitions
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [three.topic],
      DescribeTopicPartitions: [{ Partitions: rest, NextToken: '1' }, { Partitions: [first] }],
    })
    expect((await ensure(client)).plan.action).toBe('none')
    expect(changes(client)).toEqual([])
  })

  it('grows by the number of partitions alone, as the service asks', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [three.topic],
      DescribeTopicPartitions: [described(1).partitions, three.partitions],
      UpdateTopic: [{}],
    })
    expect((await ensure(client)).plan).toMatchObject({ action: 'add-partitions', from: 1, to: 3 })
    expect(changes(client).map(({ input }) => input)).toEqual([
      { ClusterArn: clusterArn, TopicName: 'flows', PartitionCount: 3 },
    ])
  })

  it('finds that the description was old when the topic exists already', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [missing, missing, three.topic],
      DescribeTopicPartitions: [three.partitions],
      CreateTopic: [failure('TOPIC_EXISTS', 'TopicExistsException')],
    })
    expect((await ensure(client)).plan.action).toBe('none')
    expect(changes(client)).toHaveLength(1)
  })

  it('finds that the description was old when the partitions are there already', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [three.topic],
      DescribeTopicPartitions: [described(1).partitions, described(1).partitions, three.partitions],
      UpdateTopic: [failure('AWS_REQUEST_FAILED', 'BadRequestException', 'Number of partitions is invalid')],
    })
    expect((await ensure(client)).plan.action).toBe('none')
  })

  it('passes the refusal of a growth on when the description stays as it is', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [three.topic],
      DescribeTopicPartitions: [described(1).partitions],
      UpdateTopic: [failure('AWS_REQUEST_FAILED', 'BadRequestException', 'too many partitions')],
    })
    const clock = fakeClock()
    await expect(ensure(client, {}, clock)).rejects.toMatchObject({
      code: 'TOPIC_CONFLICT',
      message: 'too many partitions',
    })
    expect(clock.nowMs()).toBe(90_000)
  })

  it('says so when the service never describes what it was told', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [missing],
      CreateTopic: [{}],
    })
    await expect(ensure(client, { settleTimeoutMs: 12_000 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      retryable: true,
      details: { topic: 'flows', timeoutMs: 12_000 },
    })
  })

  it('is in conflict with a topic that differs otherwise, or is being deleted', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [{ ...three.topic, Configs: encodeTopicConfigs({ 'retention.ms': '1' }) }],
      DescribeTopicPartitions: [three.partitions],
    })
    await expect(ensure(client)).rejects.toMatchObject({
      code: 'TOPIC_CONFLICT',
      message: expect.stringContaining('its retention.ms is 1, 3600000 is desired'),
    })
    expect((await ensure(client, { dryRun: true })).plan.action).toBe('conflict')
    const going = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [{ ...three.topic, Status: 'DELETING' }],
      DescribeTopicPartitions: [three.partitions],
    })
    await expect(ensure(going)).rejects.toMatchObject({
      code: 'TOPIC_CONFLICT',
      message: expect.stringContaining('being deleted'),
    })
  })

  it("names Kafka's own refusal a conflict", async () => {
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [missing],
      CreateTopic: [
        failure('AWS_REQUEST_FAILED', 'BadRequestException', 'Replication factor larger than brokers'),
      ],
    })
    await expect(ensure(client, { kafkaAdmin: kafka().open })).rejects.toMatchObject({
      code: 'TOPIC_CONFLICT',
    })
  })

  it('goes through Kafka where the service has no topic operations, and closes its client', async () => {
    const { calls, open } = kafka()
    const client = scriptedMsk({ DescribeClusterV2: inCluster(serverlessCluster) })
    const { plan, route } = await ensure(client, { kafkaAdmin: open })
    expect(plan.action).toBe('create')
    expect(route).toEqual({ way: 'kafka-admin', reason: expect.stringContaining('Serverless') })
    expect(calls).toEqual(['create flows', 'close'])
  })

  it.each([
    [failure('AUTHORIZATION_FAILED', 'ForbiddenException'), /forbidden/],
    [
      failure('AWS_REQUEST_FAILED', 'BadRequestException', 'not supported for this cluster'),
      /don't serve this cluster/,
    ],
  ])('falls back to Kafka when the service refuses (%#)', async (refusal, reason) => {
    const { calls, open } = kafka()
    const script = { DescribeClusterV2: inCluster(provisionedCluster), DescribeTopic: [refusal] }
    const { route } = await ensure(scriptedMsk(script), { kafkaAdmin: open })
    expect(route).toEqual({ way: 'kafka-admin', reason: expect.stringMatching(reason) })
    expect(calls).toEqual(['create flows', 'close'])
    await expect(ensure(scriptedMsk(script))).rejects.toBe(refusal)
  })

  it('falls back when only the change is forbidden', async () => {
    const { calls, open } = kafka()
    const client = scriptedMsk({
      DescribeClusterV2: inCluster(provisionedCluster),
      DescribeTopic: [missing],
      CreateTopic: [failure('AUTHORIZATION_FAILED', 'ForbiddenException')],
    })
    expect((await ensure(client, { kafkaAdmin: open })).route.way).toBe('kafka-admin')
    expect(calls).toEqual(['create flows', 'close'])
  })

  it('does not fall back for what has nothing to do with the way', async () => {
    const { calls, open } = kafka()
    const down = failure('AWS_REQUEST_FAILED', 'ServiceUnavailableException')
    const client = scriptedMsk({ DescribeClusterV2: inCluster(provisionedCluster), DescribeTopic: [down] })
    await expect(ensure(client, { kafkaAdmin: open })).rejects.toBe(down)
    expect(calls).toEqual([])
  })

  it('says when a Kafka client is needed and none was given', async () => {
    const client = scriptedMsk({ DescribeClusterV2: inCluster(serverlessCluster) })
    await expect(ensure(client)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('Serverless'),
      remedy: expect.stringContaining('kafkaAdmin'),
    })
  })

  it('changes nothing in a dry run', async () => {
    const client = scriptedMsk({ DescribeClusterV2: inCluster(provisionedCluster), DescribeTopic: [missing] })
    expect((await ensure(client, { dryRun: true })).plan.action).toBe('create')
    expect(changes(client)).toEqual([])
  })
})
