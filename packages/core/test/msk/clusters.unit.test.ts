import { describe, expect, it } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import { clusterDefinition } from '../../src/msk/cluster-definition.js'
import {
  bootstrapBrokers,
  deleteCluster,
  describeCluster,
  ensureCluster,
  findCluster,
} from '../../src/msk/clusters.js'
import { createClusterInput } from '../../src/msk/create-input.js'
import { clusterArn, definition, describedAs } from './cluster-fixtures.js'
import { scriptedMsk } from './scripted-msk.js'

const cluster = describedAs(createClusterInput(clusterDefinition(definition())))
const none = { ClusterInfoList: [] }
const some = { ClusterInfoList: [cluster] }
const nameTaken = new TidewaterError('CLUSTER_CONFLICT', 'the name is taken')
const operationsOf = ({ calls }: ReturnType<typeof scriptedMsk>) => calls.map(({ operation }) => operation)

describe('ensureCluster', () => {
  it('creates with exactly the planned request', async () => {
    const client = scriptedMsk({ ListClustersV2: [none], CreateClusterV2: [{}] })
    const plan = await ensureCluster(client, definition())
    expect(plan.action).toBe('create')
    expect(client.calls.at(-1)).toEqual({
      operation: 'CreateClusterV2',
      input: plan.action === 'create' && plan.input,
    })
  })

  it('creates nothing that is there, and nothing in a dry run', async () => {
    const present = scriptedMsk({ ListClustersV2: [some] })
    expect((await ensureCluster(present, definition())).action).toBe('none')
    const absent = scriptedMsk({ ListClustersV2: [none] })
    expect((await ensureCluster(absent, definition(), { dryRun: true })).action).toBe('create')
    expect([...operationsOf(present), ...operationsOf(absent)]).toEqual(['ListClustersV2', 'ListClustersV2'])
  })

  it('finds the cluster on whatever page it is, and counts the brokers of all', async () => {
    const other = describedAs(createClusterInput(clusterDefinition(definition({ name: 'other' }))))
    const client = scriptedMsk({
      ListClustersV2: [{ ClusterInfoList: [other], NextToken: '1' }, some],
    })
    expect((await ensureCluster(client, definition())).action).toBe('none')
    expect(client.calls.map(({ input }) => input.NextToken)).toEqual([undefined, '1'])
    const quotas = { brokersPerAccount: 8, brokersPerCluster: 60, serverlessClustersPerAccount: 10 }
    const again = scriptedMsk({ ListClustersV2: [{ ClusterInfoList: [other], NextToken: '1' }, some] })
    const third = await ensureCluster(again, definition({ name: 'third' }), { dryRun: true, quotas })
    expect(third).toMatchObject({ action: 'conflict', reasons: [expect.stringContaining('has 6 brokers')] })
  })

  it('takes the one that somebody else made in the meantime, or a lost answer of its own', async () => {
    const creating = { ClusterInfoList: [{ ...cluster, State: 'CREATING' }] }
    const client = scriptedMsk({ ListClustersV2: [none, creating], CreateClusterV2: [nameTaken] })
    expect(await ensureCluster(client, definition())).toMatchObject({ action: 'wait', clusterArn })
  })

  it('is in conflict with one that somebody else made otherwise', async () => {
    const client = scriptedMsk({ ListClustersV2: [none, some], CreateClusterV2: [nameTaken] })
    await expect(ensureCluster(client, definition({ brokersPerAvailabilityZone: 2 }))).rejects.toMatchObject({
      code: 'CLUSTER_CONFLICT',
      message: expect.stringContaining('its number of brokers is 3, 6 is desired'),
    })
  })

  it('passes a conflict on that is about no cluster it can see', async () => {
    const client = scriptedMsk({ ListClustersV2: [none], CreateClusterV2: [nameTaken] })
    await expect(ensureCluster(client, definition())).rejects.toBe(nameTaken)
  })

  it('prefers the successor of a cluster that is going', async () => {
    const going = { ...cluster, ClusterArn: `${clusterArn}9`, State: 'DELETING' as const }
    const client = scriptedMsk({ ListClustersV2: [{ ClusterInfoList: [going, cluster] }] })
    expect(await ensureCluster(client, definition())).toMatchObject({ action: 'none', clusterArn })
  })

  it('throws a conflict with every difference, unless it is a dry run', async () => {
    const client = scriptedMsk({ ListClustersV2: [some] })
    const other = definition({ brokerType: 'kafka.m5.large' })
    expect((await ensureCluster(client, other, { dryRun: true })).action).toBe('conflict')
    await expect(ensureCluster(client, other)).rejects.toMatchObject({
      code: 'CLUSTER_CONFLICT',
      details: {
        clusterArn,
        changes: [{ setting: 'broker type', actual: 'kafka.m7g.large', desired: 'kafka.m5.large' }],
      },
    })
  })
})

describe('findCluster', () => {
  it('does not take a cluster whose name only begins so', async () => {
    const longer = { ...cluster, ClusterName: 'demo-2' }
    expect(
      await findCluster(scriptedMsk({ ListClustersV2: [{ ClusterInfoList: [longer] }] }), 'demo'),
    ).toBeNull()
  })

  it('asks by ARN, and refuses one that is none', async () => {
    const client = scriptedMsk({ DescribeClusterV2: [{ ClusterInfo: cluster }] })
    expect(await findCluster(client, clusterArn)).toMatchObject({ ClusterName: 'demo' })
    await expect(findCluster(client, 'arn:aws:s3:::bucket')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('tells a missing cluster from one that may not be read', async () => {
    const missing = new TidewaterError('CLUSTER_NOT_FOUND', 'no')
    expect(await findCluster(scriptedMsk({ DescribeClusterV2: [missing] }), clusterArn)).toBeNull()
    await expect(describeCluster(scriptedMsk({ ListClustersV2: [none] }), 'demo')).rejects.toMatchObject({
      code: 'CLUSTER_NOT_FOUND',
      message: expect.stringContaining('"demo"'),
    })
    const denied = new TidewaterError('AUTHORIZATION_FAILED', 'no')
    await expect(findCluster(scriptedMsk({ DescribeClusterV2: [denied] }), clusterArn)).rejects.toBe(denied)
  })
})

describe('bootstrapBrokers', () => {
  it('looks a name up and asks for its brokers', async () => {
    const client = scriptedMsk({
      ListClustersV2: [some],
      GetBootstrapBrokers: [{ BootstrapBrokerStringPublicSaslIam: 'b-1:9198' }],
    })
    expect(await bootstrapBrokers(client, 'demo', { network: 'public' })).toMatchObject({
      clusterArn,
      bootstrapBrokers: 'b-1:9198',
    })
    expect(client.calls.at(-1)?.input).toEqual({ ClusterArn: clusterArn })
  })
})

describe('deleteCluster', () => {
  it('deletes the version it looked at', async () => {
    const client = scriptedMsk({ ListClustersV2: [some], DeleteCluster: [{ State: 'DELETING' }] })
    expect(await deleteCluster(client, 'demo')).toMatchObject({
      action: 'delete',
      state: 'DELETING',
      clusterArn,
    })
    expect(client.calls.at(-1)?.input).toEqual({ ClusterArn: clusterArn, CurrentVersion: 'K1' })
  })

  it('deletes nothing in a dry run, and nothing that is going', async () => {
    const client = scriptedMsk({ ListClustersV2: [some] })
    expect(await deleteCluster(client, 'demo', { dryRun: true })).toMatchObject({
      action: 'delete',
      state: 'ACTIVE',
    })
    const going = scriptedMsk({ ListClustersV2: [{ ClusterInfoList: [{ ...cluster, State: 'DELETING' }] }] })
    expect(await deleteCluster(going, 'demo')).toMatchObject({ action: 'none' })
    expect([...operationsOf(client), ...operationsOf(going)]).toEqual(['ListClustersV2', 'ListClustersV2'])
  })
})
