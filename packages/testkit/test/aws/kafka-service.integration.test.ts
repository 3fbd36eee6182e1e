import {
  CreateClusterV2Command,
  DeleteClusterCommand,
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  KafkaClient,
  type KafkaClientConfig,
  ListClustersV2Command,
  type ListClustersV2CommandInput,
  ListTopicsCommand,
} from '@aws-sdk/client-kafka'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AwsEndpoint, localCluster, throttled } from '../../src/aws/index.js'
import { admin, endpointWith, mskEndpoint } from './endpoint-fixture.js'

// The official SDK is the caller: what it parses is what the service would have answered.
function sdk(endpoint: AwsEndpoint, config: KafkaClientConfig = {}): KafkaClient {
  const client = new KafkaClient({
    endpoint: endpoint.url,
    region: endpoint.region,
    credentials: admin,
    maxAttempts: 1,
    ...config,
  })
  onTestFinished(() => client.destroy())
  return client
}

const provisioned = (ClusterName: string) =>
  new CreateClusterV2Command({
    ClusterName,
    Tags: { team: 'flows' },
    Provisioned: {
      KafkaVersion: '3.9.x.kraft',
      NumberOfBrokerNodes: 3,
      BrokerNodeGroupInfo: {
        InstanceType: 'kafka.m7g.large',
        ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
        StorageInfo: { EbsStorageInfo: { VolumeSize: 100 } },
      },
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
    },
  })
const serverless = (ClusterName: string) =>
  new CreateClusterV2Command({
    ClusterName,
    Serverless: {
      VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b'] }],
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
    },
  })

describe('the Kafka service, called by the AWS SDK', () => {
  it('creates a cluster that becomes ACTIVE, names its brokers, and is deleted', async () => {
    const endpoint = await mskEndpoint({
      transition: { afterDescribes: 2 },
      bootstrapBrokers: ({ clusterName }) => ({ bootstrapBrokerStringSaslIam: `${clusterName}:9098` }),
    })
    const client = sdk(endpoint)
    const created = await client.send(provisioned('demo'))
    expect(created).toMatchObject({ ClusterName: 'demo', State: 'CREATING', ClusterType: 'PROVISIONED' })
    const ClusterArn = created.ClusterArn ?? ''
    const describeIt = async () =>
      (await client.send(new DescribeClusterV2Command({ ClusterArn }))).ClusterInfo
    expect(await client.send(new GetBootstrapBrokersCommand({ ClusterArn }))).not.toHaveProperty(
      'BootstrapBrokerStringSaslIam',
    )
    expect((await describeIt())?.State).toBe('CREATING')
    expect((await describeIt())?.State).toBe('CREATING')
    const active = await describeIt()
    expect(active).toMatchObject({
      ClusterArn,
      ClusterName: 'demo',
      State: 'ACTIVE',
      Tags: { team: 'flows' },
      CreationTime: expect.any(Date),
      Provisioned: {
        NumberOfBrokerNodes: 3,
        CurrentBrokerSoftwareInfo: { KafkaVersion: '3.9.x.kraft' },
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m7g.large',
          StorageInfo: { EbsStorageInfo: { VolumeSize: 100 } },
          ConnectivityInfo: { PublicAccess: { Type: 'DISABLED' } },
        },
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
      },
    })
    expect(await client.send(new GetBootstrapBrokersCommand({ ClusterArn }))).toMatchObject({
      BootstrapBrokerStringSaslIam: 'demo:9098',
    })
    const stale = new DeleteClusterCommand({ ClusterArn, CurrentVersion: 'K0' })
    await expect(client.send(stale)).rejects.toMatchObject({
      name: 'BadRequestException',
      InvalidParameter: 'currentVersion',
    })
    const current = new DeleteClusterCommand({ ClusterArn, CurrentVersion: active?.CurrentVersion ?? '' })
    expect(await client.send(current)).toMatchObject({ ClusterArn, State: 'DELETING' })
    await describeIt()
    await describeIt()
    await expect(describeIt()).rejects.toMatchObject({
      name: 'NotFoundException',
      InvalidParameter: 'clusterArn',
      $metadata: { httpStatusCode: 404 },
    })
  })

  it('lists by pages, by prefix and by type', async () => {
    const client = sdk(await mskEndpoint({ pageSize: 2 }))
    for (const name of ['a-1', 'a-2', 'b-1']) await client.send(provisioned(name))
    await client.send(serverless('a-3'))
    const names = async (input: ListClustersV2CommandInput) => {
      const { ClusterInfoList = [], NextToken } = await client.send(new ListClustersV2Command(input))
      return { names: ClusterInfoList.map(({ ClusterName }) => ClusterName), NextToken }
    }
    const first = await names({})
    expect(first).toEqual({ names: ['a-1', 'a-2'], NextToken: expect.any(String) })
    expect(await names({ NextToken: first.NextToken })).toEqual({
      names: ['a-3', 'b-1'],
      NextToken: undefined,
    })
    expect((await names({ ClusterNameFilter: 'a-', MaxResults: 9 })).names).toEqual(['a-1', 'a-2', 'a-3'])
    expect((await names({ ClusterTypeFilter: 'SERVERLESS' })).names).toEqual(['a-3'])
  })

  it('refuses a second cluster of a name, and requests that are wrong', async () => {
    const client = sdk(await mskEndpoint())
    await client.send(provisioned('demo'))
    await expect(client.send(provisioned('demo'))).rejects.toMatchObject({ name: 'ConflictException' })
    const lopsided = provisioned('other')
    if (lopsided.input.Provisioned !== undefined) lopsided.input.Provisioned.NumberOfBrokerNodes = 4
    await expect(client.send(lopsided)).rejects.toMatchObject({
      name: 'BadRequestException',
      InvalidParameter: 'numberOfBrokerNodes',
    })
  })

  it('becomes ACTIVE by time as well', async () => {
    const endpoint = await mskEndpoint({ transition: { afterMs: 0 } })
    const client = sdk(endpoint)
    const { ClusterArn } = await client.send(provisioned('demo'))
    const { ClusterInfo } = await client.send(new DescribeClusterV2Command({ ClusterArn }))
    expect(ClusterInfo?.State).toBe('ACTIVE')
  })

  it('has the clusters that are there from the start', async () => {
    const ClusterArn =
      'arn:aws:kafka:us-east-1:123456789012:cluster/local/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d'
    const endpoint = await mskEndpoint({
      clusters: [localCluster({ clusterArn: ClusterArn })],
      bootstrapBrokers: () => ({ bootstrapBrokerStringSaslIam: 'localhost:9098' }),
    })
    const client = sdk(endpoint)
    const { ClusterInfo } = await client.send(new DescribeClusterV2Command({ ClusterArn }))
    expect(ClusterInfo).toMatchObject({
      ClusterName: 'local',
      State: 'ACTIVE',
      Provisioned: { NumberOfBrokerNodes: 1, ClientAuthentication: { Sasl: { Iam: { Enabled: true } } } },
    })
    expect(await client.send(new GetBootstrapBrokersCommand({ ClusterArn }))).toMatchObject({
      BootstrapBrokerStringSaslIam: 'localhost:9098',
    })
  })

  it('fails a creation as it is told to', async () => {
    const failCreationWith = { code: 'SubnetFull', message: 'no free addresses' }
    const client = sdk(await mskEndpoint({ failCreationWith, transition: { afterDescribes: 0 } }))
    const { ClusterArn } = await client.send(provisioned('demo'))
    const { ClusterInfo } = await client.send(new DescribeClusterV2Command({ ClusterArn }))
    expect(ClusterInfo).toMatchObject({
      State: 'FAILED',
      StateInfo: { Code: 'SubnetFull', Message: 'no free addresses' },
    })
  })

  it('has no topic operations for Serverless', async () => {
    const client = sdk(await mskEndpoint({ transition: { afterMs: 0 } }))
    const { ClusterArn } = await client.send(serverless('demo'))
    await expect(client.send(new ListTopicsCommand({ ClusterArn }))).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining('Serverless'),
    })
  })

  it('serves nobody it does not know, nor for another region or service', async () => {
    const endpoint = await mskEndpoint()
    const list = new ListClustersV2Command({})
    const refusals = [
      [{ credentials: { ...admin, secretAccessKey: 'wrong' } }, 'InvalidSignatureException'],
      [{ credentials: { ...admin, accessKeyId: 'AKIANOBODY' } }, 'UnrecognizedClientException'],
      [{ credentials: { ...admin, sessionToken: 'made-up' } }, 'UnrecognizedClientException'],
      [{ region: 'eu-west-1' }, 'InvalidSignatureException'],
    ] as const
    for (const [config, name] of refusals) {
      await expect(sdk(endpoint, config).send(list)).rejects.toMatchObject({
        name,
        $metadata: { httpStatusCode: 403 },
      })
    }
    const unsigned = await fetch(`${endpoint.url}/api/v2/clusters`)
    expect(unsigned.status).toBe(403)
    expect(unsigned.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException')
    expect(await sdk(endpoint).send(list)).toMatchObject({ ClusterInfoList: [] })
    expect(endpoint.requests().map(({ operation, status }) => [operation, status])).toEqual([
      ...Array.from({ length: 5 }, () => ['ListClustersV2', 403]),
      ['ListClustersV2', 200],
    ])
    expect(JSON.stringify(endpoint.requests())).not.toContain(admin.secretAccessKey)
  })

  it('refuses temporary credentials that have ended', async () => {
    const past = { ...admin, sessionToken: 'token', expiresAt: new Date(0).toISOString() }
    const endpoint = await mskEndpoint({}, { identities: [past] })
    const { arn: _arn, expiresAt: _expiresAt, ...credentials } = past
    await expect(sdk(endpoint, { credentials }).send(new ListClustersV2Command({}))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    })
  })

  it('befalls the next requests with what is injected, of the operation that is named', async () => {
    const endpoint = await mskEndpoint()
    const client = sdk(endpoint)
    endpoint.injectFault(throttled(3), { operation: 'ListClustersV2', times: 2 })
    endpoint.injectFault('disconnect', { operation: 'ListClustersV2' })
    await client.send(provisioned('demo'))
    const list = () => client.send(new ListClustersV2Command({}))
    for (let call = 1; call <= 2; call++) {
      await expect(list()).rejects.toMatchObject({
        name: 'TooManyRequestsException',
        $metadata: { httpStatusCode: 429 },
        $response: { headers: { 'retry-after': '3' } },
      })
    }
    await expect(list()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect((await list()).ClusterInfoList).toHaveLength(1)
  })

  it('lets the SDK find out that a clock is off', async () => {
    const endpoint = await mskEndpoint({}, { clockOffsetSeconds: 600 })
    await expect(sdk(endpoint).send(new ListClustersV2Command({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(/^Signature expired: /),
    })
    // The SDK's own retry signs by the time that the refusal carried.
    expect(await sdk(endpoint, { maxAttempts: 2 }).send(new ListClustersV2Command({}))).toMatchObject({
      ClusterInfoList: [],
    })
  })

  it('says of a path that no service has', async () => {
    const endpoint = await endpointWith({ services: [] })
    const answer = await fetch(`${endpoint.url}/v1/clusters`)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('x-amzn-errortype')).toBe('UnknownOperationException')
    expect(endpoint.requests()).toEqual([{ service: 'unknown', operation: 'GET /v1/clusters', status: 404 }])
    const kafka = await mskEndpoint()
    expect((await fetch(`${kafka.url}/v1/clusters/%E0%A4%A/bootstrap-brokers`)).status).toBe(404)
  })
})
