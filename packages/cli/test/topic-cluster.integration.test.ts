import { iamPolicy, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { type LocalIamStack, startLocal, type UserCredentials } from '@tidewater/testkit'
import {
  type AwsEndpoint,
  accessDenied,
  kafkaService,
  localCluster,
  startAwsEndpoint,
  type WireCluster,
} from '@tidewater/testkit/aws'
import { Command } from 'commander'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { addTopicCommands } from '../src/program/topic.js'
import { fakeIo } from './fake-io.js'

const region = 'us-east-1'
const arnOf = (name: string, end: string) =>
  `arn:aws:kafka:${region}:123456789012:cluster/${name}/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-${end}`
const arns = { current: arnOf('current', '1'), old: arnOf('old', '2'), serverless: arnOf('serverless', 's1') }

const { provisioned: _, ...bare } = localCluster({ clusterArn: arns.serverless })
const clusters: readonly WireCluster[] = [
  localCluster({ clusterArn: arns.current }),
  localCluster({ clusterArn: arns.old, kafkaVersion: '3.5.1' }),
  {
    ...bare,
    clusterType: 'SERVERLESS',
    serverless: { vpcConfigs: [], clientAuthentication: { sasl: { iam: { enabled: true } } } },
  },
]

// One broker is behind all the clusters; its policies know it by one of their names.
const policyOf = (role: 'topic-admin' | 'producer') =>
  iamPolicy({ role, clusterArn: arns.current, topics: ['flows-*'] }).document

let stack: LocalIamStack
let endpoint: AwsEndpoint
beforeAll(async () => {
  stack = await startLocal({
    iam: {
      clusterArn: arns.current,
      users: [
        { name: 'topic-admin', policies: [policyOf('topic-admin')] },
        { name: 'producer', policies: [policyOf('producer')] },
      ],
    },
  })
  const { iam } = stack
  endpoint = await startAwsEndpoint({
    region,
    services: [
      kafkaService({
        region,
        clusters,
        kafkaAdmin: plainAdmin,
        bootstrapBrokers: () => ({ bootstrapBrokerStringSaslIam: iam.bootstrapBrokers }),
      }),
    ],
    identities: ['topic-admin', 'producer'].map((name) => {
      const { arn, accessKeyId, secretAccessKey } = iam.user(name)
      return { arn, accessKeyId, secretAccessKey }
    }),
  })
})
afterAll(async () => {
  await endpoint?.close()
  await stack?.stop()
})
afterEach(() => void vi.unstubAllEnvs())

function plainAdmin() {
  return kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
}

async function partitionsOf(topic: string): Promise<number> {
  const admin = await plainAdmin()
  try {
    return (await admin.listTopics()).includes(topic)
      ? (await admin.describeTopic(topic)).partitions.length
      : 0
  } finally {
    await admin.close()
  }
}

/** Runs `tidewater topic create` as a user whom the AWS SDK finds in the environment. */
async function create(args: readonly string[], user: UserCredentials = stack.iam.user('topic-admin')) {
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_SESSION_TOKEN', undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', user.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', user.secretAccessKey)
  const io = fakeIo()
  const program = new Command('tidewater').exitOverride()
  addTopicCommands(program, io)
  const before = endpoint.requests().length
  await program.parseAsync(['topic', 'create', ...args, '--endpoint', endpoint.url], { from: 'user' })
  const operations = endpoint
    .requests()
    .slice(before)
    .map(({ operation }) => operation)
  return { out: io.out(), err: io.err(), operations }
}

const through = (clusterArn: string) => ['--cluster', clusterArn, '--ca-file', stack.iam.caFile]

/** What the IAM listener let the command line do. */
async function allowedAtBroker(topic: string): Promise<(string | undefined)[]> {
  const decisions = await stack.iam.decisions()
  return decisions
    .filter(({ result, resource, clientId }) => {
      return result === 'allowed' && clientId === 'tidewater-cli' && resource?.endsWith(`/${topic}`)
    })
    .map(({ action }) => action)
}

describe('tidewater topic create --cluster', () => {
  it('plans, creates, grows and finds a topic through the service, which needs no way to the brokers', async () => {
    const topic = 'flows-service'
    const wanted = [topic, '--cluster', arns.current, '--config', 'retention.ms=3600000', '--partitions']
    const planned = await create([...wanted, '2', '--dry-run'])
    expect(planned.out).toMatch(/^would be: create: /)
    expect(planned.err).toMatch(/^msk-api: .*Kafka 3\.9/)
    expect(planned.operations).not.toContain('CreateTopic')
    expect(await partitionsOf(topic)).toBe(0)

    const created = await create([...wanted, '2', '--json'])
    expect(JSON.parse(created.out)).toMatchObject({
      action: 'create',
      topic,
      dryRun: false,
      route: { way: 'msk-api' },
    })
    expect(created.operations).toContain('CreateTopic')
    expect(await partitionsOf(topic)).toBe(2)
    expect((await create([...wanted, '2'])).out).toMatch(/^none: /)
    expect((await create([...wanted, '4'])).out).toMatch(/^add-partitions: /)
    expect(await partitionsOf(topic)).toBe(4)
    await expect(create([...wanted, '1'])).rejects.toMatchObject({ code: 'TOPIC_CONFLICT' })
    expect(await allowedAtBroker(topic)).toEqual([])
  })

  it('takes a name with its region for the ARN', async () => {
    const created = await create(['flows-named', '--cluster', 'current', '--region', region])
    expect(created.out).toMatch(/^create: /)
    expect(created.operations).toContain('ListClustersV2')
    expect(await partitionsOf('flows-named')).toBe(3)
  })

  it.each([
    ['serverless', /^kafka-admin: .*Serverless/],
    ['old', /^kafka-admin: .*Kafka 3\.6 or later.*3\.5\.1/],
  ] as const)('goes to the brokers with IAM where the service can do nothing: %s', async (name, why) => {
    const topic = `flows-${name}`
    const wanted = [topic, ...through(arns[name]), '--partitions', '2']
    const planned = await create([...wanted, '--dry-run'])
    expect(planned.out).toMatch(/^would be: create: /)
    expect(await partitionsOf(topic)).toBe(0)

    const created = await create(wanted)
    expect(created.err).toMatch(why)
    expect(created.out).toMatch(/^create: /)
    expect(created.operations).toEqual(['DescribeClusterV2', 'GetBootstrapBrokers'])
    expect(await partitionsOf(topic)).toBe(2)
    expect(await allowedAtBroker(topic)).toContain('kafka-cluster:CreateTopic')
    expect((await create(wanted)).out).toMatch(/^none: /)
  })

  it('goes to the brokers where the caller may not use the service', async () => {
    const topic = 'flows-forbidden'
    endpoint.injectFault(accessDenied('kafka:DescribeTopic'), { operation: 'DescribeTopic' })
    const created = await create([topic, ...through(arns.current), '--json'])
    expect(JSON.parse(created.out)).toMatchObject({
      action: 'create',
      route: { way: 'kafka-admin', reason: expect.stringContaining('kafka:DescribeTopic') },
    })
    expect(await allowedAtBroker(topic)).toContain('kafka-cluster:CreateTopic')
  })

  it('says when the brokers do not allow it either', async () => {
    const topic = 'flows-denied'
    const refused = create([topic, ...through(arns.serverless)], stack.iam.user('producer'))
    await expect(refused).rejects.toMatchObject({ code: 'AUTHORIZATION_FAILED', retryable: false })
    expect(await partitionsOf(topic)).toBe(0)
  })

  it.each([
    ['without the authority of the brokers', 'TLS_UNTRUSTED', [arns.serverless]],
    ['for a cluster that is not there', 'CLUSTER_NOT_FOUND', [arnOf('nowhere', '1')]],
    ['in another region than the ARN', 'USAGE', [arns.current, '--region', 'eu-west-1']],
    ['beside the brokers', 'USAGE', [arns.current, '--broker', 'localhost:9092']],
    ['as a role', 'USAGE', [arns.current, '--role-arn', 'arn:aws:iam::123456789012:role/admin']],
  ])('%s: %s, with a remedy', async (_what, code, cluster) => {
    const refused = create(['flows-never', '--cluster', ...cluster])
    await expect(refused).rejects.toMatchObject({ code, remedy: expect.stringMatching(/\w/) })
    expect(await partitionsOf('flows-never')).toBe(0)
  })
})
