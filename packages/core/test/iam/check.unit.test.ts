import { describe, expect, it } from 'vitest'
import { isAtLeast } from '../../src/finding.js'
import { checkPolicy } from '../../src/iam/index.js'
import { kafkaActionNames, kafkaActions } from '../../src/iam/kafka-actions.js'
import { clusterArn, serverlessArn } from './resources.js'

const topicArn = `${clusterArn.replace(':cluster/', ':topic/')}/netflow`
const groupArn = `${clusterArn.replace(':cluster/', ':group/')}/dashboards`
const every = (type: string) => `${clusterArn.replace(':cluster/', `:${type}/`)}/*`

const kafka = (...names: string[]) => names.map((name) => `kafka-cluster:${name}`)

interface Written {
  readonly Sid?: string
  readonly Effect?: 'Allow' | 'Deny'
  readonly [element: string]: unknown
}

const policy = (...statements: readonly Written[]) => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
})
const connect: Written = { Sid: 'Connect', Action: 'kafka-cluster:Connect', Resource: clusterArn }
const produce: Written = { Sid: 'Produce', Action: kafka('DescribeTopic', 'WriteData'), Resource: topicArn }
const join: Written = { Sid: 'Join', Action: kafka('DescribeGroup', 'AlterGroup'), Resource: groupArn }

const summaries = (document: unknown) =>
  checkPolicy(document).map(({ id, severity, subject }) => `${severity} ${id}: ${subject}`)

describe('the table of actions', () => {
  it('depends on known actions alone, and all but Connect on Connect', () => {
    for (const name of kafkaActionNames) {
      for (const required of kafkaActions[name].requires) expect(kafkaActionNames).toContain(required)
      if (name !== 'Connect') expect(kafkaActions[name].requires).toContain('Connect')
    }
    expect(kafkaActionNames).toHaveLength(19)
  })
})

describe('checkPolicy', () => {
  it('finds nothing in a sound policy', () => {
    expect(checkPolicy(policy(connect, produce))).toEqual([])
    expect(
      checkPolicy({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'ec2:RunInstances', Resource: '*' },
      }),
    ).toEqual([])
  })

  it('reports WriteDataIdempotently on a topic ARN, which never matches, with the ARN it belongs on', () => {
    const findings = checkPolicy(
      policy(connect, {
        Sid: 'Write',
        Action: kafka('DescribeTopic', 'WriteData', 'WriteDataIdempotently'),
        Resource: topicArn,
      }),
    )
    expect(findings).toEqual([
      {
        id: 'iam.action-never-matches',
        severity: 'error',
        subject: 'statement Write, kafka-cluster:WriteDataIdempotently',
        evidence: `kafka-cluster:WriteDataIdempotently applies to cluster ARNs; Resource is ${topicArn}`,
        reason: expect.stringContaining('Idempotent producers need it on the cluster'),
        fix: `Move it to a statement whose Resource is ${clusterArn}.`,
      },
    ])
  })

  it('reports Connect on a topic ARN, and what lacks it in consequence', () => {
    expect(
      summaries(policy({ Sid: 'All', Action: kafka('Connect', 'DescribeTopic'), Resource: [topicArn] })),
    ).toEqual([
      'error iam.action-never-matches: statement All, kafka-cluster:Connect',
      'error iam.missing-dependency: kafka-cluster:Connect',
    ])
  })

  it('reports topic actions on a cluster ARN', () => {
    const document = policy(connect, { Action: kafka('DescribeTopic', 'WriteData'), Resource: clusterArn })
    expect(summaries(document)).toEqual([
      'error iam.action-never-matches: statement 2, kafka-cluster:DescribeTopic',
      'error iam.action-never-matches: statement 2, kafka-cluster:WriteData',
    ])
    expect(checkPolicy(document)[0]?.fix).toContain(`such as ${every('topic')}`)
  })

  it('takes actions and resources of several types in one statement', () => {
    const Action = kafka('Connect', 'DescribeTopic', 'ReadData', 'DescribeGroup', 'AlterGroup')
    expect(summaries(policy({ Action, Resource: [clusterArn, topicArn, groupArn] }))).toEqual([])
  })

  it('reports a resource that no action of its statement matches', () => {
    expect(summaries(policy({ ...connect, Resource: [clusterArn, topicArn] }))).toEqual([
      `warning iam.unused-resource: statement Connect, ${topicArn}`,
    ])
  })

  it.each([
    [`${topicArn.split('/').slice(0, 2).join('/')}/netflow`],
    [`${topicArn.split('/').slice(0, 2).join('/')}`],
    [clusterArn.replace(':cluster/', ':broker/')],
    [topicArn.replace(':topic/', ':topics/')],
  ])('reports the ARN %s, which no resource has', (resource) => {
    expect(
      summaries(policy(connect, { Sid: 'T', Action: kafka('DescribeTopic'), Resource: resource })),
    ).toEqual([`error iam.malformed-resource: statement T, ${resource}`])
  })

  it.each([['kafka-cluster:WriteDta'], ['kafka-cluster:Foo*'], ['kafka-cluster:']])(
    'reports the unknown action %s',
    (action) => {
      expect(summaries(policy(connect, { Sid: 'S', Action: action, Resource: topicArn }))).toEqual([
        `error iam.unknown-action: statement S, ${action}`,
      ])
    },
  )

  it("reports a cluster's ARN that goes on after the uuid", () => {
    const Resource = `${clusterArn}/netflow`
    expect(summaries(policy({ Sid: 'C', Action: kafka('Connect'), Resource }))).toEqual([
      `error iam.malformed-resource: statement C, ${Resource}`,
    ])
  })

  it('does not take the ARN of another service for a topic', () => {
    const Resource = topicArn.replace(':kafka:', ':sqs:')
    expect(summaries(policy(connect, { Sid: 'T', Action: kafka('DescribeTopic'), Resource }))).toEqual([
      'error iam.action-never-matches: statement T, kafka-cluster:DescribeTopic',
    ])
  })

  it('compares actions without regard to case, as IAM does', () => {
    expect(summaries(policy({ Action: 'Kafka-Cluster:CONNECT', Resource: clusterArn }))).toEqual([])
  })

  it.each([
    [['DescribeTopic', 'WriteData'], 'Connect', 'DescribeTopic on', clusterArn],
    [['Connect', 'WriteData'], 'DescribeTopic', 'WriteData on', topicArn],
    [['Connect', 'DescribeTopic', 'ReadData'], 'AlterGroup', 'ReadData on', every('group')],
    [['Connect', 'AlterGroup'], 'DescribeGroup', 'AlterGroup on', groupArn],
    [['Connect', 'WriteDataIdempotently'], 'WriteData', 'WriteDataIdempotently on', every('topic')],
    [['Connect', 'AlterCluster'], 'DescribeCluster', 'AlterCluster on', clusterArn],
    [['Connect', 'AlterTopicDynamicConfiguration'], 'DescribeTopicDynamicConfiguration', 'Alter', topicArn],
  ])('reports that of %j the action %s is missing', (names, missing, evidence, resource) => {
    const statements = names.map((name) => {
      const { resource: type } = kafkaActions[name as keyof typeof kafkaActions]
      return {
        Action: kafka(name),
        Resource: { cluster: clusterArn, topic: topicArn, group: groupArn }[type as 'topic'],
      }
    })
    const findings = checkPolicy(policy(...statements))
    expect(findings.map(({ id, severity, subject }) => [id, severity, subject])).toEqual([
      ['iam.missing-dependency', 'error', `kafka-cluster:${missing}`],
    ])
    expect(findings[0]?.evidence).toContain(evidence)
    expect(findings[0]?.fix).toContain(` on ${resource}, unless`)
  })

  it('reports a dependency that is allowed on another cluster, another topic, or on part of the topics', () => {
    const elsewhere = { ...connect, Resource: clusterArn.replace('/demo/', '/other/') }
    expect(summaries(policy(elsewhere, produce))).toEqual([
      'error iam.missing-dependency: kafka-cluster:Connect',
    ])
    const write = { Action: kafka('WriteData'), Resource: `${topicArn}-*` }
    const describeOn = (Resource: string) => ({ Action: kafka('DescribeTopic'), Resource })
    expect(summaries(policy(connect, write, describeOn(topicArn)))).toEqual([
      'error iam.missing-dependency: kafka-cluster:DescribeTopic',
    ])
    expect(summaries(policy(connect, write, describeOn(`${topicArn}-a*`)))).toEqual([
      'warning iam.missing-dependency: kafka-cluster:DescribeTopic',
    ])
    expect(summaries(policy(connect, write, describeOn(`${topicArn}*`)))).toEqual([])
  })

  it('takes what a Deny takes away for missing, unless a condition or a variable decides', () => {
    const deny = { Effect: 'Deny' as const, Action: 'kafka-cluster:Connect', Resource: '*' }
    expect(summaries(policy(connect, produce, deny))).toEqual([
      'error iam.missing-dependency: kafka-cluster:Connect',
    ])
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } }
    expect(summaries(policy(connect, produce, { ...deny, Condition }))).toEqual([])
    const variable = `arn:aws:kafka:us-east-1:123456789012:cluster/$` + '{aws:PrincipalTag/cluster}/*'
    expect(summaries(policy(connect, produce, { ...deny, Resource: variable }))).toEqual([])
    const denyAllBut = (...names: string[]) => ({ Effect: 'Deny' as const, NotAction: kafka(...names) })
    expect(
      summaries(policy(connect, produce, { ...denyAllBut('Connect', 'WriteData'), Resource: topicArn })),
    ).toEqual(['error iam.missing-dependency: kafka-cluster:DescribeTopic'])
    const wholeProduce = denyAllBut('Connect', 'DescribeTopic', 'WriteData')
    expect(summaries(policy(connect, produce, { ...wholeProduce, Resource: '*' }))).toEqual([])
    const elsewhere = { ...denyAllBut('Connect', 'WriteData'), Resource: `${topicArn}-other` }
    expect(summaries(policy(connect, produce, elsewhere))).toEqual([])
    const { Resource: _, ...everywhereBut } = { ...deny, NotResource: clusterArn }
    expect(summaries(policy(connect, produce, everywhereBut))).toEqual([])
  })

  it.each([
    ['*', 'warning'],
    ['arn:aws:kafka:*:*:topic/*/*/netflow', 'warning'],
    ['arn:aws:kafka:us-east-1:123456789012:topic/*', 'warning'],
    ['arn:aws:kafka:us-east-1:123456789012:topic/demo/*', 'warning'],
    [every('topic'), 'warning'],
    ['arn:aws:kafka:us-east-1:123456789012:topic/demo/*/netflow', 'info'],
  ])('reports the width of %s as %s', (resource, severity) => {
    const document = policy(connect, {
      Sid: 'P',
      Action: kafka('DescribeTopic', 'WriteData'),
      Resource: resource,
    })
    expect(summaries(document)).toEqual([`${severity} iam.wide-resource: statement P, ${resource}`])
  })

  it('does not report a prefix of topics, nor a variable, nor a wide Deny', () => {
    const prefix = { ...produce, Resource: `${topicArn}-*` }
    const variable = { ...join, Resource: groupArn.replace('dashboards', '$' + '{aws:username}') }
    const deny = {
      Effect: 'Deny' as const,
      Action: 'kafka-cluster:*',
      Resource: clusterArn.replace('demo', '*'),
    }
    expect(
      summaries(policy(connect, prefix, variable, { ...deny, Condition: { Bool: { a: 'b' } } })),
    ).toEqual([])
  })

  it.each([
    ['s3:GetObject', '*', true],
    ['s3:GetObject', 'arn:aws:s3:::*', true],
    ['s3:GetObject', 'arn:aws:s3:::lake/*', false],
    ['s3:ListBucket', '*', true],
    ['s3:ListAllMyBuckets', '*', false],
    ['kms:Decrypt', '*', true],
    ['kms:ListKeys', '*', false],
    ['glue:GetTable', '*', true],
    ['logs:PutLogEvents', '*', false],
  ])('with %s on %s being wide is %s', (action, resource, isWide) => {
    expect(summaries(policy({ Sid: 'S', Action: action, Resource: resource }))).toEqual(
      isWide ? [`warning iam.wide-resource: statement S, ${resource}`] : [],
    )
  })

  it('reports wildcard actions with what they stand for', () => {
    const [finding, ...others] = checkPolicy(
      policy(connect, { Sid: 'T', Action: 'kafka-cluster:*Topic', Resource: topicArn }),
    )
    expect(finding).toMatchObject({
      id: 'iam.wide-action',
      severity: 'warning',
      evidence: 'it stands for CreateTopic, DescribeTopic, AlterTopic, DeleteTopic',
    })
    expect(others).toEqual([])
  })

  it('reports everything on a topic ARN: Connect is not among it', () => {
    expect(summaries(policy({ Sid: 'All', Action: 'kafka-cluster:*', Resource: topicArn }))).toEqual([
      'warning iam.wide-action: statement All, kafka-cluster:*',
      'error iam.missing-dependency: kafka-cluster:Connect',
      'error iam.missing-dependency: kafka-cluster:AlterGroup',
    ])
  })

  it('reports Allow with NotAction and NotResource', () => {
    expect(summaries(policy({ Sid: 'N', NotAction: 'iam:*', NotResource: topicArn }))).toEqual([
      'warning iam.allow-all-but: statement N, NotAction',
      'warning iam.allow-all-but: statement N, NotResource',
    ])
  })

  it('reports what Serverless does not know', () => {
    const Action = kafka('Connect', 'DescribeCluster', 'AlterCluster')
    expect(summaries(policy({ Sid: 'S', Action, Resource: serverlessArn }))).toEqual([
      'warning iam.not-on-serverless: statement S, kafka-cluster:AlterCluster',
    ])
    expect(summaries(policy({ Sid: 'S', Action, Resource: clusterArn }))).toEqual([])
  })

  it('reports Sids IAM refuses', () => {
    expect(
      summaries(
        policy({ ...connect, Sid: 'a-b' }, { ...produce, Sid: 'Twice' }, { ...produce, Sid: 'Twice' }),
      ),
    ).toEqual(['error iam.invalid-sid: Sid "a-b"', 'error iam.invalid-sid: Sid "Twice"'])
  })

  it('reports a document longer than IAM accepts', () => {
    const Resource = Array.from({ length: 80 }, (_, index) => `${topicArn}-${index}`)
    expect(summaries(policy(connect, { ...produce, Resource }))).toEqual([
      'error iam.policy-too-large: the policy',
    ])
  })

  it.each([
    [null, /IAM policy/],
    [[], /IAM policy/],
    [{}, /Version/],
    [{ Version: '2008-10-17', Statement: [] }, /Version.*got "2008-10-17"/],
    [{ Version: '2012-10-17', Statement: [] }, /Statement/],
    [{ Version: '2012-10-17', Statement: [{ Effect: 'allow', Action: 'a:b', Resource: '*' }] }, /Statement/],
    [policy({ Action: 'a:b' }), /either Resource or NotResource/],
    [policy({ Action: 'a:b', NotAction: 'a:c', Resource: '*' }), /either Action or NotAction/],
    [policy({ ...connect, Principal: '*' }), /no principal/],
  ])('refuses %j, which is no identity-based policy', (document, message) => {
    expect(() => checkPolicy(document)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })
})

describe('isAtLeast', () => {
  it('orders info, warning, error', () => {
    expect(isAtLeast('error', 'warning')).toBe(true)
    expect(isAtLeast('warning', 'warning')).toBe(true)
    expect(isAtLeast('info', 'warning')).toBe(false)
  })
})
