import { clusterDefinition, planCluster } from '@tidewater/core/msk'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { definitionOf, regionOption, renderCluster, renderPlan } from '../src/commands/cluster.js'
import { addClusterCommands } from '../src/program/cluster.js'
import { fakeIo } from './fake-io.js'

const base = { subnets: ['subnet-a', 'subnet-b', 'subnet-c'], serverless: false, tag: {}, json: false }
const arn = 'arn:aws:kafka:eu-west-1:123456789012:cluster/demo/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2'

describe('definitionOf', () => {
  it('names what was given and leaves the rest to the defaults', () => {
    expect(definitionOf('demo', base)).toEqual({
      type: 'provisioned',
      name: 'demo',
      clientSubnetIds: base.subnets,
      securityGroupIds: [],
      tags: {},
    })
    const full = {
      ...base,
      securityGroups: ['sg-1'],
      kafkaVersion: '4.0.x.kraft',
      brokerType: 'kafka.m5.4xlarge',
      brokersPerZone: 2,
      storageGib: 500,
      provisionedThroughputMibps: 400,
      tag: { team: 'flows' },
    }
    expect(clusterDefinition(definitionOf('demo', full))).toEqual({
      type: 'provisioned',
      name: 'demo',
      clientSubnetIds: base.subnets,
      securityGroupIds: ['sg-1'],
      kafkaVersion: '4.0.x.kraft',
      brokerType: 'kafka.m5.4xlarge',
      brokersPerAvailabilityZone: 2,
      storageGiBPerBroker: 500,
      provisionedThroughputMiBps: 400,
      tags: { team: 'flows' },
    })
  })

  it('refuses what Serverless has not, instead of dropping it', () => {
    expect(definitionOf('demo', { ...base, serverless: true })).toMatchObject({
      type: 'serverless',
      subnetIds: base.subnets,
    })
    const mixed = { ...base, serverless: true, brokersPerZone: 2, storageGib: 5 }
    expect(() => definitionOf('demo', mixed)).toThrowError(
      expect.objectContaining({
        code: 'USAGE',
        message: 'A Serverless cluster has no --brokers-per-zone, --storage-gib',
      }),
    )
  })
})

describe('regionOption', () => {
  it("is the ARN's, and never another one", () => {
    expect(regionOption('demo', undefined)).toEqual({})
    expect(regionOption('demo', 'us-east-1')).toEqual({ region: 'us-east-1' })
    expect(regionOption(arn, undefined)).toEqual({ region: 'eu-west-1' })
    expect(() => regionOption(arn, 'us-east-1')).toThrowError(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('rendering', () => {
  it('says what would be done, why, and what it costs', () => {
    const plan = planCluster(clusterDefinition(definitionOf('demo', base)), {
      cluster: null,
      accountBrokers: 0,
      accountServerlessClusters: 0,
    })
    const text = renderPlan(plan, true)
    expect(text).toMatch(
      /^would be: create: cluster "demo" doesn't exist; 3 brokers \(1 in each of 3 zones\)/,
    )
    expect(text).toMatch(/\n {2}info: 3 × kafka.m7g.large: about \$0.65 per hour/)
    expect(renderPlan(plan, false)).toMatch(/^create: /)
  })

  it('shows state, size and authentication of a cluster', () => {
    const text = renderCluster({
      ClusterArn: arn,
      ClusterName: 'demo',
      State: 'ACTIVE',
      Provisioned: {
        NumberOfBrokerNodes: 3,
        CurrentBrokerSoftwareInfo: { KafkaVersion: '3.9.x.kraft' },
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m7g.large',
          ClientSubnets: ['subnet-a'],
          StorageInfo: { EbsStorageInfo: { VolumeSize: 100 } },
        },
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
      },
    })
    for (const [name, value] of [
      ['arn', arn],
      ['state', 'ACTIVE'],
      ['iamAuthentication', 'true'],
      ['brokers', '3'],
      ['storageGiBPerBroker', '100'],
    ]) {
      expect(text).toMatch(new RegExp(`^ *${name} +${value}$`, 'm'))
    }
  })
})

describe('usage', () => {
  it.each([
    [['cluster', 'plan', 'demo'], /required option '--subnets/],
    [
      ['cluster', 'brokers', 'demo', '--network', 'moon'],
      /Allowed choices are private, privateIpv6, public, vpcConnectivity/,
    ],
    [['cluster', 'wait', 'demo', '--timeout', 'long'], /Not an age/],
  ])('%j is refused', async (args, message) => {
    const io = fakeIo()
    const program = new Command('tidewater').exitOverride().configureOutput({ writeErr: io.stderr })
    addClusterCommands(program, io)
    await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ exitCode: 1 })
    expect(io.err()).toMatch(message)
  })
})
