import { describe, expect, it } from 'vitest'
import { clusterDefinition } from '../../src/msk/cluster-definition.js'
import { dollarsPerHour } from '../../src/msk/cluster-findings.js'
import { type ActualClusters, planCluster } from '../../src/msk/cluster-plan.js'
import { createClusterInput } from '../../src/msk/create-input.js'
import { clusterArn, definition, describedAs, provisioned, serverless } from './cluster-fixtures.js'

const nothing: ActualClusters = { cluster: null, accountBrokers: 0, accountServerlessClusters: 0 }

describe('clusterDefinition', () => {
  it('fills in the defaults that its fields state', () => {
    expect(clusterDefinition(provisioned)).toEqual({
      ...provisioned,
      kafkaVersion: '3.9.x.kraft',
      brokerType: 'kafka.m7g.large',
      brokersPerAvailabilityZone: 1,
      securityGroupIds: [],
      storageGiBPerBroker: 100,
      tags: {},
    })
  })

  it.each([
    [{ name: 'with_underscore' }, /name: must be 1 to 64 letters.*got "with_underscore"/],
    [{ name: 'x'.repeat(65) }, /name: must be 1 to 64/],
    [{ kafkaVersion: '3.9' }, /kafkaVersion: must be a version such as 3.9.x.kraft, got "3.9"/],
    [{ kafkaVersion: '3.8.x' }, /must be a KRaft version/],
    [{ kafkaVersion: '3.6.0.kraft' }, /must be 3.7 or later/],
    [{ clientSubnetIds: ['subnet-a'] }, /clientSubnetIds/],
    [{ clientSubnetIds: ['subnet-a', 'subnet-a'] }, /must all be different/],
    [{ clientSubnetIds: ['subnet-a', 'b'] }, /clientSubnetIds\.1: must be a subnet id.*got "b"/],
    [{ brokersPerAvailabilityZone: 0 }, /brokersPerAvailabilityZone.*got 0/],
    [{ storageGiBPerBroker: 16_385 }, /storageGiBPerBroker.*16384, got 16385/],
    [{ brokerType: 'm7g.large' }, /brokerType: must be a broker type such as/],
    [
      { provisionedThroughputMiBps: 300 },
      /can't be provisioned on kafka.m7g.large; it can on .*kafka.m5.4xlarge/,
    ],
    [
      { brokerType: 'kafka.m5.4xlarge', provisionedThroughputMiBps: 594 },
      /provisionedThroughputMiBps: must be at most 593 MiB\/s on kafka.m5.4xlarge, got 594/,
    ],
    [{ brokerType: 'kafka.m5.4xlarge', provisionedThroughputMiBps: 249 }, /250, got 249/],
    [
      { brokerType: 'kafka.m5.4xlarge', provisionedThroughputMiBps: 300, storageGiBPerBroker: 9 },
      /storageGiBPerBroker: must be at least 10 GiB with provisioned throughput, got 9/,
    ],
    [
      { brokerType: 'express.m7g.large', clientSubnetIds: ['subnet-a', 'subnet-b'] },
      /clientSubnetIds: express.m7g.large needs 3 subnets/,
    ],
    [{ brokerType: 'express.m7g.large', storageGiBPerBroker: 10 }, /express.m7g.large has no volumes/],
    [{ tags: { 'aws:x': '1' } }, /tags: the prefix aws: is reserved/],
    [{ zookeeper: true }, /zookeeper/],
  ])('refuses %j', (change, message) => {
    expect(() => clusterDefinition({ ...provisioned, ...change })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('takes each size at its limit', () => {
    const largest = {
      brokerType: 'kafka.m7g.4xlarge',
      provisionedThroughputMiBps: 625,
      storageGiBPerBroker: 10,
    }
    expect(clusterDefinition({ ...provisioned, ...largest })).toMatchObject(largest)
  })

  it('gives Express no volume', () => {
    const express = clusterDefinition({ ...provisioned, brokerType: 'express.m7g.large' })
    expect(express).not.toHaveProperty('storageGiBPerBroker')
    expect(createClusterInput(express).Provisioned?.BrokerNodeGroupInfo).not.toHaveProperty('StorageInfo')
  })
})

describe('planCluster', () => {
  it('creates what is absent, by an exact request with IAM on and every other way in off', () => {
    const desired = clusterDefinition(
      definition({
        brokersPerAvailabilityZone: 2,
        brokerType: 'kafka.m5.4xlarge',
        storageGiBPerBroker: 500,
        provisionedThroughputMiBps: 400,
        securityGroupIds: ['sg-1'],
        tags: { team: 'flows' },
      }),
    )
    const plan = planCluster(desired, nothing)
    expect(plan).toMatchObject({
      action: 'create',
      name: 'demo',
      changes: [],
      reasons: [
        'cluster "demo" doesn\'t exist',
        '6 brokers (2 in each of 3 zones) of kafka.m5.4xlarge, 500 GiB each, Kafka 3.9.x.kraft',
      ],
    })
    expect(plan.action === 'create' && plan.input).toEqual({
      ClusterName: 'demo',
      Tags: { team: 'flows' },
      Provisioned: {
        KafkaVersion: '3.9.x.kraft',
        NumberOfBrokerNodes: 6,
        BrokerNodeGroupInfo: {
          BrokerAZDistribution: 'DEFAULT',
          InstanceType: 'kafka.m5.4xlarge',
          ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
          SecurityGroups: ['sg-1'],
          StorageInfo: {
            EbsStorageInfo: {
              VolumeSize: 500,
              ProvisionedThroughput: { Enabled: true, VolumeThroughput: 400 },
            },
          },
        },
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
        EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
      },
    })
  })

  it('creates a Serverless cluster', () => {
    const plan = planCluster(clusterDefinition(serverless), nothing)
    expect(plan.action === 'create' && plan.input).toEqual({
      ClusterName: 'demo',
      Serverless: {
        VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b'] }],
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
      },
    })
  })

  it('keeps to the quotas of cluster and account, and to raised ones', () => {
    const desired = clusterDefinition(definition({ brokersPerAvailabilityZone: 21 }))
    expect(planCluster(desired, { ...nothing, accountBrokers: 28 })).toMatchObject({
      action: 'conflict',
      reasons: [
        expect.stringContaining('63 brokers are more than the 60 a KRaft cluster may have'),
        expect.stringContaining('the account has 28 brokers, and 63 more exceed its 90'),
      ],
    })
    const raised = { brokersPerAccount: 200, brokersPerCluster: 100, serverlessClustersPerAccount: 10 }
    expect(planCluster(desired, { ...nothing, accountBrokers: 28 }, raised).action).toBe('create')
    const three = clusterDefinition(provisioned)
    expect(planCluster(three, { ...nothing, accountBrokers: 87 }).action).toBe('create')
    expect(planCluster(three, { ...nothing, accountBrokers: 88 }).action).toBe('conflict')
    const full = { ...nothing, accountServerlessClusters: 10 }
    expect(planCluster(clusterDefinition(serverless), full)).toMatchObject({
      action: 'conflict',
      reasons: [expect.stringContaining('10 of 10 Serverless clusters')],
    })
  })

  const desired = clusterDefinition(
    definition({ securityGroupIds: ['sg-1', 'sg-2'], tags: { team: 'flows' } }),
  )
  const asDesired = describedAs(createClusterInput(desired))
  const planFor = (cluster: ReturnType<typeof describedAs>) => planCluster(desired, { ...nothing, cluster })

  it('leaves what is as desired, in whatever order the service lists it and whatever else is tagged', () => {
    const cluster = describedAs(createClusterInput(desired), { Tags: { team: 'flows', cost: '7' } })
    const nodes = cluster.Provisioned?.BrokerNodeGroupInfo
    nodes?.ClientSubnets?.reverse()
    nodes?.SecurityGroups?.reverse()
    expect(planFor(cluster)).toMatchObject({ action: 'none', clusterArn, state: 'ACTIVE', changes: [] })
  })

  it.each(['CREATING', 'UPDATING', 'REBOOTING_BROKER', 'MAINTENANCE', 'HEALING'] as const)(
    'waits for %s',
    (State) => {
      expect(planFor({ ...asDesired, State })).toMatchObject({ action: 'wait', clusterArn, state: State })
    },
  )

  it('is in conflict with a cluster that has failed or is going, also when its settings are as desired', () => {
    const StateInfo = { Code: 'SubnetFull', Message: 'no free addresses' }
    expect(planFor({ ...asDesired, State: 'FAILED', StateInfo })).toMatchObject({
      action: 'conflict',
      reasons: ['cluster "demo" has failed (SubnetFull: no free addresses); delete it first'],
    })
    expect(planFor({ ...asDesired, State: 'DELETING' })).toMatchObject({
      action: 'conflict',
      reasons: [expect.stringContaining('is being deleted')],
    })
  })

  it('names every difference of a cluster that exists', () => {
    const other = clusterDefinition(
      definition({
        kafkaVersion: '3.8.x.kraft',
        brokerType: 'kafka.m5.4xlarge',
        brokersPerAvailabilityZone: 2,
        clientSubnetIds: ['subnet-a', 'subnet-b', 'subnet-z'],
        storageGiBPerBroker: 50,
        provisionedThroughputMiBps: 300,
        securityGroupIds: ['sg-9'],
      }),
    )
    const cluster = describedAs(createClusterInput(other))
    const provisionedPart = cluster.Provisioned
    if (provisionedPart === undefined) throw new Error('unreachable')
    provisionedPart.ClientAuthentication = {
      Sasl: { Iam: { Enabled: false } },
      Unauthenticated: { Enabled: true },
    }
    provisionedPart.EncryptionInfo = { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT' } }
    const plan = planFor(cluster)
    expect(plan.action).toBe('conflict')
    expect(
      Object.fromEntries(plan.changes.map((change) => [change.setting, [change.actual, change.desired]])),
    ).toEqual({
      'Kafka version': ['3.8.x.kraft', '3.9.x.kraft'],
      'broker type': ['kafka.m5.4xlarge', 'kafka.m7g.large'],
      'number of brokers': ['6', '3'],
      'client subnets': ['subnet-a, subnet-b, subnet-z', 'subnet-a, subnet-b, subnet-c'],
      'security groups': ['sg-9', 'sg-1, sg-2'],
      'storage per broker (GiB)': ['50', '100'],
      'provisioned throughput (MiB/s)': ['300', 'none'],
      'IAM authentication': ['off', 'on'],
      'unauthenticated access': ['on', 'off'],
      'encryption between clients and brokers': ['TLS_PLAINTEXT', 'TLS'],
      'tag team': ['not set', 'flows'],
    })
    expect(plan.reasons).toContain('its number of brokers is 6, 3 is desired')
  })

  it('takes a volume that has grown as it is, and says so', () => {
    const grown = describedAs(
      createClusterInput(clusterDefinition(definition({ ...desired, storageGiBPerBroker: 150 }))),
    )
    expect(planFor(grown)).toMatchObject({
      action: 'none',
      findings: expect.arrayContaining([
        expect.objectContaining({ id: 'msk.storage-larger', severity: 'info' }),
      ]),
    })
  })

  it('does not take a Serverless cluster for a provisioned one', () => {
    const plan = planFor(describedAs(createClusterInput(clusterDefinition(serverless))))
    expect(plan).toMatchObject({
      action: 'conflict',
      changes: [{ setting: 'type', actual: 'serverless', desired: 'provisioned' }],
    })
  })

  it('finds a Serverless cluster by the VPC it is desired in', () => {
    const wanted = clusterDefinition(serverless)
    const cluster = describedAs(createClusterInput(wanted))
    cluster.Serverless?.VpcConfigs?.unshift({ SubnetIds: ['subnet-x', 'subnet-y'] })
    expect(planCluster(wanted, { ...nothing, cluster }).action).toBe('none')
    cluster.Serverless?.VpcConfigs?.pop()
    expect(planCluster(wanted, { ...nothing, cluster })).toMatchObject({
      action: 'conflict',
      changes: [{ setting: 'subnets', actual: 'subnet-x, subnet-y', desired: 'subnet-a, subnet-b' }],
    })
  })
})

describe('findings', () => {
  const idsOf = (change: Record<string, unknown>) =>
    planCluster(clusterDefinition(definition(change)), nothing).findings.map(({ id }) => id)

  it('says what the cluster costs per hour', () => {
    const desired = clusterDefinition(provisioned)
    // 3 brokers at 0.204, and 100 GiB each at 0.10 per month of 730 hours.
    expect(desired.type === 'provisioned' && dollarsPerHour(desired)).toBeCloseTo(3 * (0.204 + 10 / 730), 6)
    expect(planCluster(desired, nothing).findings).toContainEqual(
      expect.objectContaining({ id: 'msk.price', evidence: expect.stringContaining('about $0.65 per hour') }),
    )
  })

  it.each([
    [{}, ['msk.price']],
    [{ brokerType: 'kafka.t3.small' }, ['msk.price', 'msk.burstable-broker']],
    [{ brokerType: 'kafka.m9x.large' }, ['msk.price', 'msk.unknown-broker-type']],
    [{ clientSubnetIds: ['subnet-a', 'subnet-b'] }, ['msk.price', 'msk.two-zones']],
    [
      { brokerType: 'kafka.m5.4xlarge', provisionedThroughputMiBps: 250 },
      ['msk.price', 'msk.replica-fetchers', 'msk.throughput-without-gain'],
    ],
    [
      { brokerType: 'kafka.m7g.2xlarge', provisionedThroughputMiBps: 312 },
      ['msk.price', 'msk.throughput-disputed'],
    ],
  ])('for %j they are %j', (change, ids) => {
    expect(idsOf(change)).toEqual(ids)
  })

  it('says what Serverless costs', () => {
    expect(planCluster(clusterDefinition(serverless), nothing).findings).toMatchObject([
      { id: 'msk.price', evidence: expect.stringContaining('$0.75 per hour') },
    ])
  })
})
