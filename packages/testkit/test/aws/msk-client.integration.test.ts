import {
  bootstrapBrokers,
  type ClusterProgress,
  createMskClient,
  deleteCluster,
  describeCluster,
  ensureCluster,
  findCluster,
  type MskClient,
  type MskClientOptions,
  waitUntilActive,
} from '@tidewater/core/msk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AwsEndpoint, accessDenied, fault, throttled } from '../../src/aws/index.js'
import { admin, mskEndpoint, onlyCredentialSource } from './endpoint-fixture.js'

const definition = {
  type: 'provisioned' as const,
  name: 'demo',
  clientSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
}

/** Waits are part of what is tested, time is not: sleeping only counts. */
function countedClock() {
  const sleeps: number[] = []
  return {
    sleeps,
    nowMs: () => sleeps.reduce((sum, ms) => sum + ms, 0),
    sleep: async (delayMs: number) => void sleeps.push(delayMs),
    random: () => 0,
  }
}

async function clientOf(endpoint: AwsEndpoint, options: MskClientOptions = {}) {
  const clock = countedClock()
  const client: MskClient = await createMskClient(
    { endpoint: endpoint.url, region: endpoint.region, credentials: admin, ...options },
    clock,
  )
  onTestFinished(() => client.close())
  return { client, clock }
}

describe('clusters, through the AWS SDK', () => {
  it('are created once, waited for, found, and deleted', async () => {
    const endpoint = await mskEndpoint({
      transition: { afterDescribes: 2 },
      bootstrapBrokers: () => ({ bootstrapBrokerStringPublicSaslIam: 'b-1:9198' }),
    })
    const { client, clock } = await clientOf(endpoint)
    expect((await ensureCluster(client, definition, { dryRun: true })).action).toBe('create')
    expect(await findCluster(client, 'demo')).toBeNull()
    expect((await ensureCluster(client, definition)).action).toBe('create')
    const again = await ensureCluster(client, definition)
    expect(again).toMatchObject({ action: 'wait', state: 'CREATING' })
    const { ClusterArn } = await describeCluster(client, 'demo')
    endpoint.injectFault(throttled(45), { operation: 'DescribeClusterV2' })
    endpoint.injectFault('disconnect', { operation: 'DescribeClusterV2' })
    const progress: ClusterProgress[] = []
    const cluster = await waitUntilActive(
      client,
      ClusterArn,
      { onProgress: (one) => progress.push(one) },
      clock,
    )
    expect(cluster).toMatchObject({ State: 'ACTIVE', ClusterName: 'demo' })
    expect(progress.map(({ state, error }) => error?.code ?? state)).toEqual([
      'AWS_THROTTLED',
      'AWS_REQUEST_FAILED',
      'CREATING',
      'CREATING',
      'ACTIVE',
    ])
    // As long as the service asked, then doubled by the second failure, then the interval.
    expect(clock.sleeps).toEqual([45_000, 80_000, 20_000, 20_000])
    expect((await ensureCluster(client, definition)).action).toBe('none')
    await expect(
      ensureCluster(client, { ...definition, brokersPerAvailabilityZone: 2 }),
    ).rejects.toMatchObject({
      code: 'CLUSTER_CONFLICT',
      message: expect.stringContaining('its number of brokers is 3, 6 is desired'),
    })
    expect(await bootstrapBrokers(client, 'demo', { network: 'public' })).toMatchObject({
      bootstrapBrokers: 'b-1:9198',
    })
    await expect(bootstrapBrokers(client, ClusterArn)).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' })
    expect(await deleteCluster(client, 'demo')).toMatchObject({ action: 'delete', state: 'DELETING' })
    expect(await deleteCluster(client, ClusterArn)).toMatchObject({ action: 'none' })
    const created = endpoint.requests().filter(({ operation }) => operation === 'CreateClusterV2')
    expect(created).toHaveLength(1)
  })

  it('that are Serverless are created too', async () => {
    const { client } = await clientOf(await mskEndpoint({ transition: { afterMs: 0 } }))
    const serverless = { type: 'serverless' as const, name: 'demo', subnetIds: ['subnet-a', 'subnet-b'] }
    expect((await ensureCluster(client, serverless)).action).toBe('create')
    expect((await ensureCluster(client, serverless)).action).toBe('none')
  })

  it('that fail say why', async () => {
    const failCreationWith = { code: 'SubnetFull', message: 'no free addresses' }
    const { client } = await clientOf(
      await mskEndpoint({ failCreationWith, transition: { afterDescribes: 0 } }),
    )
    await ensureCluster(client, definition)
    const { ClusterArn } = await describeCluster(client, 'demo')
    await expect(waitUntilActive(client, ClusterArn)).rejects.toMatchObject({
      code: 'CLUSTER_FAILED',
      details: { stateCode: 'SubnetFull', stateMessage: 'no free addresses' },
    })
  })

  it('are created once also when the answer to the creation is lost', async () => {
    const endpoint = await mskEndpoint()
    const { client } = await clientOf(endpoint)
    // What the service does when its first answer was lost: the retried request finds the name taken.
    const other = (await clientOf(endpoint)).client
    const racing: MskClient = {
      ...client,
      call: async (operation, input, options) => {
        if (operation === 'CreateClusterV2') await other.call(operation, input, options)
        return client.call(operation, input, options)
      },
    }
    expect(await ensureCluster(racing, definition)).toMatchObject({ action: 'wait', state: 'CREATING' })
  })
})

describe('calls', () => {
  const list = (client: MskClient) => client.call('ListClustersV2', {}, { action: 'Listing' })

  it('are repeated while the service throttles or fails, no sooner than it asks', async () => {
    const endpoint = await mskEndpoint()
    const { client, clock } = await clientOf(endpoint)
    endpoint.injectFault(throttled(7))
    endpoint.injectFault(fault('ServiceUnavailableException', 503, 'later'))
    expect(await list(client)).toMatchObject({ ClusterInfoList: [] })
    expect(clock.sleeps).toEqual([7_000, 1_000])
    expect(endpoint.requests().map(({ status }) => status)).toEqual([429, 503, 200])
  })

  it('are given up after the last attempt, with what the service said', async () => {
    const endpoint = await mskEndpoint()
    const { client, clock } = await clientOf(endpoint)
    endpoint.injectFault(throttled(), { times: 10 })
    await expect(list(client)).rejects.toMatchObject({ code: 'AWS_THROTTLED', details: { status: 429 } })
    expect(clock.sleeps).toHaveLength(5)
  })

  it.each([
    [{ credentials: { ...admin, secretAccessKey: 'wrong' } }, 'CREDENTIALS_INVALID'],
    [{ credentials: { ...admin, accessKeyId: 'AKIANOBODY' } }, 'CREDENTIALS_INVALID'],
    [{ region: 'eu-west-1' }, 'REGION_MISMATCH'],
  ])('with %j fail once, as %s', async (options, code) => {
    const endpoint = await mskEndpoint()
    const { client, clock } = await clientOf(endpoint, options)
    const error = await list(client).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, retryable: false, remedy: expect.any(String) })
    expect(JSON.stringify(error)).not.toContain('a-secret-of-the-tests')
    expect(endpoint.requests()).toHaveLength(1)
    expect(clock.sleeps).toEqual([])
  })

  it('that are not allowed fail once, and say what is missing', async () => {
    const endpoint = await mskEndpoint()
    const { client } = await clientOf(endpoint)
    endpoint.injectFault(accessDenied('kafka:ListClustersV2'), { times: 10 })
    await expect(list(client)).rejects.toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      message: expect.stringContaining('kafka:ListClustersV2'),
    })
    expect(endpoint.requests()).toHaveLength(1)
  })

  it('with expired credentials say so', async () => {
    const past = { ...admin, sessionToken: 'token', expiresAt: new Date(0).toISOString() }
    const { client } = await clientOf(await mskEndpoint({}, { identities: [past] }), {
      credentials: { ...admin, sessionToken: 'token' },
    })
    await expect(list(client)).rejects.toMatchObject({ code: 'CREDENTIALS_EXPIRED' })
  })

  it("with a clock that is off are signed by the service's", async () => {
    const endpoint = await mskEndpoint({}, { clockOffsetSeconds: -600 })
    const { client } = await clientOf(endpoint)
    expect(await list(client)).toMatchObject({ ClusterInfoList: [] })
    expect(endpoint.requests().map(({ status }) => status)).toEqual([403, 200])
  })

  it('without any credentials say where they could come from', async () => {
    const endpoint = await mskEndpoint()
    onlyCredentialSource({})
    const client = await createMskClient({ endpoint: endpoint.url, region: endpoint.region }, countedClock())
    onTestFinished(() => client.close())
    await expect(list(client)).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE', retryable: false })
    expect(endpoint.requests()).toEqual([])
  })

  it('without a region say so', async () => {
    onlyCredentialSource({ AWS_REGION: '' })
    const client = await createMskClient({ credentials: admin }, countedClock())
    onTestFinished(() => client.close())
    await expect(list(client)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/region/i),
    })
  })

  it('to an endpoint where nobody listens are repeated, and name it', async () => {
    const clock = countedClock()
    const options = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', credentials: admin }
    const client = await createMskClient(options, clock)
    onTestFinished(() => client.close())
    await expect(list(client)).rejects.toMatchObject({
      code: 'AWS_REQUEST_FAILED',
      retryable: true,
      remedy: expect.stringContaining('http://127.0.0.1:1'),
    })
    expect(clock.sleeps).toHaveLength(5)
  })

  it('stop when they are aborted', async () => {
    const endpoint = await mskEndpoint()
    const { client } = await clientOf(endpoint)
    const aborted = client.call('ListClustersV2', {}, { action: 'Listing', signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
    expect(endpoint.requests()).toEqual([])
  })
})
