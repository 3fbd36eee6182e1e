import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkPolicy, iamPolicy, type PolicyRequest, policyRoles } from '../../src/iam/index.js'
import { countPolicyCharacters } from '../../src/iam/policy.js'
import { clusterArn, keyArn, requests } from './resources.js'

const { producer, consumer, maintenance } = requests
const sparkJob = requests['spark-job']
const idempotent = requests['idempotent-producer']

const refused = (request: unknown, message: RegExp) =>
  expect(() => iamPolicy(request as PolicyRequest)).toThrowError(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(/\.$/),
    }),
  )

describe.each(policyRoles)('the policy of a %s', (role) => {
  const policy = iamPolicy(requests[role])

  it('is the reviewed document', () => {
    const golden = new URL(`fixtures/${role}.json`, import.meta.url)
    expect(policy.document).toEqual(JSON.parse(readFileSync(golden, 'utf8')))
  })

  it('explains each statement, in order, with a source', () => {
    expect(policy.explanations.map(({ sid }) => sid)).toEqual(policy.document.Statement.map(({ Sid }) => Sid))
    for (const { why, source } of policy.explanations) {
      expect(why).toMatch(/\.$/)
      expect(source.length).toBeGreaterThan(10)
    }
  })

  it('stands up to the check', () => {
    expect(checkPolicy(policy.document)).toEqual([])
  })
})

describe('iamPolicy', () => {
  it('gives an idempotent producer without transactions none', () => {
    const { document } = iamPolicy({ role: 'idempotent-producer', clusterArn, topics: ['netflow'] })
    expect(document.Statement.map(({ Sid }) => Sid)).toEqual([
      'ConnectToCluster',
      'WriteTopics',
      'WriteIdempotently',
    ])
  })

  it('deletes topics only when asked to', () => {
    const { document } = iamPolicy({ role: 'topic-admin', clusterArn, topics: ['netflow'] })
    expect(document.Statement.map(({ Sid }) => Sid)).toEqual(['ConnectToCluster', 'AdministerTopics'])
  })

  it("scopes a job's groups to its own prefix", () => {
    const { document } = iamPolicy({ ...sparkJob, groupIdPrefix: 'netflow-job' })
    const groups = document.Statement.find(({ Sid }) => Sid === 'JoinSparkGroups')
    expect(groups?.Resource).toEqual([`${clusterArn.replace(':cluster/', ':group/')}/netflow-job-*`])
  })

  it('takes the catalog of another account', () => {
    const { document } = iamPolicy({ ...sparkJob, catalogArn: 'arn:aws:glue:eu-west-1:210987654321:catalog' })
    const catalog = document.Statement.find(({ Sid }) => Sid === 'WriteCatalog')
    expect(catalog?.Resource[0]).toBe('arn:aws:glue:eu-west-1:210987654321:catalog')
  })

  it('gives keys of several regions a statement each, because S3 uses a key in its own region alone', () => {
    const elsewhere = keyArn.replace('us-east-1', 'eu-west-1')
    const { document } = iamPolicy({ ...sparkJob, kmsKeyArns: [keyArn, elsewhere] })
    const keys = document.Statement.filter(({ Sid }) => Sid.startsWith('UseKeys'))
    expect(keys.map(({ Resource, Condition }) => [Resource, Condition])).toEqual([
      [[elsewhere], { StringEquals: { 'kms:ViaService': ['s3.eu-west-1.amazonaws.com'] } }],
      [[keyArn], { StringEquals: { 'kms:ViaService': ['s3.us-east-1.amazonaws.com'] } }],
    ])
  })

  it('never talks to Kafka in maintenance, though a cluster may say where the catalog is', () => {
    const { catalogArn, ...rest } = maintenance
    const { document } = iamPolicy({ ...rest, clusterArn })
    expect(document).toEqual(iamPolicy(maintenance).document)
    expect(JSON.stringify(document)).not.toContain('kafka')
  })

  it.each([
    [{ ...producer, role: 'admin' }, /role must be one of producer, idempotent-producer/],
    [{ ...producer, clusterArn: undefined }, /clusterArn: the ARN of the MSK cluster is needed/],
    [{ ...producer, clusterArn: 7 }, /clusterArn.*got 7/],
    [{ ...producer, topics: undefined }, /topics: at least one topic is needed/],
    [{ ...producer, topics: [] }, /topics: at least one topic is needed/],
    [{ ...producer, topics: 'netflow' }, /topics: .*expected array, .*got "netflow"/],
    [{ ...producer, groups: ['g'] }, /the role producer has no groups; it takes clusterArn, topics/],
    [{ ...producer, topics: ['*'] }, /topic "\*"/],
    [{ ...producer, topics: ['a*b'] }, /topic "a\*b"/],
    [{ ...producer, topics: ['..'] }, /topic "\.\."/],
    [{ ...producer, topics: ['net/flow'] }, /topic "net\/flow"/],
    [{ ...producer, topics: ['n'.repeat(250)] }, /at most 249/],
    [{ ...idempotent, transactionalIds: ['*'] }, /transactional id "\*"/],
    [{ ...consumer, groups: undefined }, /groups: at least one group is needed/],
    [{ ...consumer, groups: ['*'] }, /group "\*"/],
    [{ ...consumer, groups: ['a?'] }, /group "a\?"/],
    [{ ...consumer, groups: ['$' + '{aws:username}'] }, /group/],
    [{ ...sparkJob, groupIdPrefix: '' }, /group "-\*"|groupIdPrefix/],
    [{ ...sparkJob, groupIdPrefix: 'job*' }, /groupIdPrefix "job\*"/],
    [{ ...sparkJob, warehouse: undefined }, /table "flows.netflow": expected a location/],
    [{ ...sparkJob, checkpoint: undefined }, /checkpoint of the job is needed/],
    [{ ...sparkJob, checkpoint: 's3://state' }, /checkpoint "s3:\/\/state": expected a prefix/],
    [{ ...sparkJob, tables: [] }, /tables: at least one table is needed/],
    [{ ...sparkJob, catalogArn: 'arn:aws-cn:glue:cn-north-1:123456789012:catalog' }, /the partition aws,/],
    [
      { ...sparkJob, kmsKeyArns: [keyArn.replace('arn:aws:kms:us-east-1', 'arn:aws-cn:kms:cn-north-1')] },
      /the partition aws,/,
    ],
    [{ ...maintenance, catalogArn: undefined }, /catalog ARN undefined: expected the Glue catalog/],
    [{ ...maintenance, athena: { workgroup: 'primary' } }, /athena.results/],
    [null, /IAM policy request/],
  ])('refuses %j', (request, message) => {
    refused(request, message)
  })

  it('names the size of a document IAM would not take, and stays just under its limit before', () => {
    const topicsOf = (count: number) => Array.from({ length: count }, (_, index) => `topic-${index + 1_000}`)
    const sizeOf = (count: number) =>
      countPolicyCharacters(iamPolicy({ role: 'producer', clusterArn, topics: topicsOf(count) }).document)
    const each = sizeOf(2) - sizeOf(1)
    const most = 1 + Math.floor((6_144 - sizeOf(1)) / each)
    expect(sizeOf(most)).toBeLessThanOrEqual(6_144)
    refused(
      { role: 'producer', clusterArn, topics: topicsOf(most + 1) },
      new RegExp(`has ${sizeOf(1) + most * each} characters without white space; IAM accepts 6144`),
    )
  })
})
