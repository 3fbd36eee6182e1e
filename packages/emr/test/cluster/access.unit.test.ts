import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { type AccessReader, accessFindings } from '../../src/cluster/check-access.js'
import { kafkaIngressFindings, type SecurityGroup } from '../../src/cluster/kafka-ingress.js'
import { roleTrustFindings } from '../../src/cluster/role-trust.js'

const nodes = [{ nodes: 'core and task nodes', securityGroupIds: ['sg-0f2', 'sg-0f3'] }]
const brokers = { securityGroupIds: ['sg-0b1'], access: 'iam' as const }
const group = (...IpPermissions: NonNullable<SecurityGroup['IpPermissions']>[number][]): SecurityGroup => ({
  GroupId: 'sg-0b1',
  IpPermissions,
})
const tcp = (FromPort: number, ToPort: number, GroupId: string) => ({
  IpProtocol: 'tcp',
  FromPort,
  ToPort,
  UserIdGroupPairs: [{ GroupId }],
})
const check = (...groups: SecurityGroup[]) => kafkaIngressFindings(brokers, nodes, groups)

describe("the brokers' inbound rules", () => {
  it.each([
    ['the port', group(tcp(9098, 9098, 'sg-0f2'))],
    ['a range', group(tcp(9092, 9098, 'sg-0f3'))],
    ['all traffic', group({ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-0f2' }] })],
    [
      'everybody',
      group({ IpProtocol: 'tcp', FromPort: 9098, ToPort: 9098, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }),
    ],
  ])('let the nodes in by %s', (_, rule) => {
    expect(check(rule)).toEqual([])
  })

  it.each([
    ['no rule', group()],
    ['another port', group(tcp(9092, 9097, 'sg-0f2'))],
    ['another group', group(tcp(9098, 9098, 'sg-0ff'))],
    ['UDP', group({ ...tcp(9098, 9098, 'sg-0f2'), IpProtocol: 'udp' })],
  ])('with %s do not, and the one that would is proposed', (_, rule) => {
    expect(check(rule)).toEqual([
      expect.objectContaining({
        id: 'emr.kafka-ingress',
        severity: 'error',
        subject: 'sg-0b1',
        fix: 'Allow it: aws ec2 authorize-security-group-ingress --group-id sg-0b1 --protocol tcp --port 9098 --source-group sg-0f2',
      }),
    ])
  })

  it('by address are a doubt, not an error', () => {
    const [finding] = check(
      group({ IpProtocol: 'tcp', FromPort: 9098, ToPort: 9098, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }),
    )
    expect(finding).toMatchObject({
      severity: 'warning',
      evidence: expect.stringContaining('only addresses: 10.0.0.0/16'),
    })
  })

  it('of groups that were not asked for count nothing, and one that is missing is said', () => {
    const other = { ...group(tcp(9098, 9098, 'sg-0f2')), GroupId: 'sg-0b9' }
    expect(check(group(), other)).toMatchObject([{ id: 'emr.kafka-ingress' }])
    expect(check(other)).toMatchObject([{ id: 'emr.security-group-unknown', subject: 'sg-0b1' }])
  })

  it('depend on how jobs log in', () => {
    const rules = [group(tcp(9098, 9098, 'sg-0f2'))]
    expect(kafkaIngressFindings({ ...brokers, access: 'tls' }, nodes, rules)[0]?.fix).toContain('--port 9094')
    expect(kafkaIngressFindings({ ...brokers, access: 'plaintext' }, nodes, rules)[0]?.fix).toContain(
      '--port 9092',
    )
  })

  it("can't be judged for groups that EMR chooses", () => {
    const unnamed = [{ nodes: 'core and task nodes', securityGroupIds: [] }]
    expect(kafkaIngressFindings(brokers, unnamed, [group()])).toMatchObject([
      { id: 'emr.kafka-ingress-unknown', severity: 'warning' },
    ])
  })
})

const role = { what: 'service role', name: 'EMR_DefaultRole', principal: 'elasticmapreduce.amazonaws.com' }
const trust = (Service: string | string[], Effect = 'Allow', Action: string | string[] = 'sts:AssumeRole') =>
  encodeURIComponent(
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect, Principal: { Service }, Action }] }),
  )

describe("a role's trust policy", () => {
  it.each([
    ['the service', trust('elasticmapreduce.amazonaws.com'), []],
    [
      'the service among others',
      trust(['ec2.amazonaws.com', 'elasticmapreduce.amazonaws.com'], 'Allow', [
        'sts:AssumeRole',
        'sts:TagSession',
      ]),
      [],
    ],
    ['another service', trust('ec2.amazonaws.com'), ['emr.role-not-assumable']],
    ['nobody', trust('elasticmapreduce.amazonaws.com', 'Deny'), ['emr.role-not-assumable']],
    [
      'the service, for something else',
      trust('elasticmapreduce.amazonaws.com', 'Allow', 'sts:TagSession'),
      ['emr.role-not-assumable'],
    ],
    ['no statement', encodeURIComponent('{}'), ['emr.role-not-assumable']],
    ['nothing, as there is no role', undefined, ['emr.role-missing']],
  ])('that trusts %s', (_, policy, ids) => {
    expect(roleTrustFindings(role, policy).map(({ id }) => id)).toEqual(ids)
  })
})

describe('the check', () => {
  const reader = (change: Partial<AccessReader> = {}): AccessReader => ({
    trustPolicy: async (name) =>
      trust(name === 'EMR_DefaultRole' ? 'elasticmapreduce.amazonaws.com' : 'ec2.amazonaws.com'),
    roleOfProfile: async () => 'NodeRole',
    securityGroups: async () => [group(tcp(9098, 9098, 'sg-0f2'))],
    close: () => undefined,
    ...change,
  })
  const needs = {
    roles: [role],
    instanceProfile: 'arn:aws:iam::123456789012:instance-profile/Nodes',
    kafka: { brokers, nodes },
  }

  it('asks for roles by name, and finds nothing where all is well', async () => {
    const asked: string[] = []
    const found = await accessFindings(
      needs,
      reader({
        roleOfProfile: async (name) => {
          asked.push(name)
          return 'NodeRole'
        },
      }),
    )
    expect(found).toEqual([])
    expect(asked).toEqual(['Nodes'])
  })

  it('names a profile that is missing, and a role that EC2 may not assume', async () => {
    expect(await accessFindings(needs, reader({ roleOfProfile: async () => undefined }))).toMatchObject([
      { id: 'emr.instance-profile-missing' },
    ])
    expect(
      await accessFindings(needs, reader({ roleOfProfile: async () => 'EMR_DefaultRole' })),
    ).toMatchObject([
      { id: 'emr.role-not-assumable', evidence: expect.stringContaining('ec2.amazonaws.com') },
    ])
  })

  it('says what it may not look at, and fails of anything else', async () => {
    const fails = (code: 'AUTHORIZATION_FAILED' | 'CREDENTIALS_EXPIRED') =>
      reader({
        securityGroups: async () => {
          throw new TidewaterError(code, 'refused')
        },
      })
    expect(await accessFindings(needs, fails('AUTHORIZATION_FAILED'))).toMatchObject([
      { id: 'emr.access-unchecked', severity: 'info' },
    ])
    await expect(accessFindings(needs, fails('CREDENTIALS_EXPIRED'))).rejects.toMatchObject({
      code: 'CREDENTIALS_EXPIRED',
    })
  })
})
