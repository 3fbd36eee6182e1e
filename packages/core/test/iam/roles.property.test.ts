import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPolicy, iamPolicy, type PolicyDocument, type PolicyRequest } from '../../src/iam/index.js'
import { kafkaActions } from '../../src/iam/kafka-actions.js'
import { clusterArn, serverlessArn } from './resources.js'

// IAM's own matching, written apart from the one under test.
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

function isAllowed(document: PolicyDocument, action: string, arn: string): boolean {
  return document.Statement.some(
    ({ Action, Resource }) => Action.includes(action) && Resource.some((one) => matches(one, arn)),
  )
}

const letters = [...'abAB01._-']
const topicName = fc
  .string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 12 })
  .filter((name) => name !== '.' && name !== '..')
const wildcard = (name: fc.Arbitrary<string>) =>
  fc.tuple(name, fc.boolean()).map(([text, isPrefix]) => (isPrefix ? `${text}*` : text))
const listOf = (item: fc.Arbitrary<string>) => fc.uniqueArray(item, { minLength: 1, maxLength: 4 })
const id = fc.string({ unit: fc.constantFrom(...letters, ':', '/', '@'), minLength: 1, maxLength: 12 })
const cluster = fc.constantFrom(clusterArn, serverlessArn)
const lower = fc.string({ unit: fc.constantFrom(...'abc_1'), minLength: 1, maxLength: 6 })
const tables = fc.array(fc.record({ database: lower, name: lower }), { minLength: 1, maxLength: 3 })

const kafkaRequests: fc.Arbitrary<Exclude<PolicyRequest, { role: 'maintenance' }>> = fc.oneof(
  fc.record({
    role: fc.constant('producer' as const),
    clusterArn: cluster,
    topics: listOf(wildcard(topicName)),
  }),
  fc.record({
    role: fc.constant('idempotent-producer' as const),
    clusterArn: cluster,
    topics: listOf(wildcard(topicName)),
    transactionalIds: fc.uniqueArray(wildcard(id), { maxLength: 3 }),
  }),
  fc.record({
    role: fc.constant('consumer' as const),
    clusterArn: cluster,
    topics: listOf(wildcard(topicName)),
    groups: listOf(wildcard(id)),
  }),
  fc.record({
    role: fc.constant('topic-admin' as const),
    clusterArn: cluster,
    topics: listOf(wildcard(topicName)),
    allowDelete: fc.boolean(),
  }),
  fc.record({
    role: fc.constant('spark-job' as const),
    clusterArn: cluster,
    topics: listOf(wildcard(topicName)),
    tables,
    warehouse: fc.constantFrom('s3://lake', 's3://lake/warehouse'),
    checkpoint: fc.constant('s3://state/checkpoint'),
  }),
)

const mainAction = {
  producer: 'kafka-cluster:WriteData',
  'idempotent-producer': 'kafka-cluster:WriteData',
  consumer: 'kafka-cluster:ReadData',
  'spark-job': 'kafka-cluster:ReadData',
  'topic-admin': 'kafka-cluster:CreateTopic',
} as const

const topicArn = (clusterOf: string, topic: string) => `${clusterOf.replace(':cluster/', ':topic/')}/${topic}`

describe('generated policies', () => {
  it('have each action on ARNs of its own type alone', () => {
    fc.assert(
      fc.property(kafkaRequests, (request) => {
        for (const { Action, Resource } of iamPolicy(request).document.Statement) {
          for (const action of Action.filter((one) => one.startsWith('kafka-cluster:'))) {
            const { resource } =
              kafkaActions[action.slice('kafka-cluster:'.length) as keyof typeof kafkaActions]
            for (const arn of Resource) expect(arn.split(':')[5]).toMatch(new RegExp(`^${resource}/`))
          }
        }
      }),
    )
  })

  it('have what each action depends on, and nothing else to complain of', () => {
    fc.assert(
      fc.property(kafkaRequests, (request) => {
        const { document } = iamPolicy(request)
        const granted = new Set(document.Statement.flatMap(({ Action }) => Action))
        for (const [name, { requires }] of Object.entries(kafkaActions)) {
          if (!granted.has(`kafka-cluster:${name}`)) continue
          for (const required of requires) expect(granted).toContain(`kafka-cluster:${required}`)
        }
        expect(granted).toContain('kafka-cluster:Connect')
        expect(checkPolicy(document)).toEqual([])
      }),
    )
  })

  it('cover every topic asked for, and no other unless a wildcard asked for it', () => {
    fc.assert(
      fc.property(kafkaRequests, topicName, (request, other) => {
        const { document } = iamPolicy(request)
        const action = mainAction[request.role]
        for (const topic of request.topics) {
          const example = topic.replace('*', '-example')
          expect(isAllowed(document, action, topicArn(request.clusterArn, example))).toBe(true)
          expect(
            isAllowed(document, 'kafka-cluster:DescribeTopic', topicArn(request.clusterArn, example)),
          ).toBe(true)
        }
        const wanted = request.topics.some((topic) => matches(topic, other))
        expect(isAllowed(document, action, topicArn(request.clusterArn, other))).toBe(wanted)
        const elsewhere = request.clusterArn.replace('/demo/', '/other/')
        for (const topic of request.topics) {
          expect(isAllowed(document, action, topicArn(elsewhere, topic.replace('*', '')))).toBe(false)
        }
      }),
    )
  })

  it('never have what Serverless does not know', () => {
    fc.assert(
      fc.property(kafkaRequests, (request) => {
        const text = JSON.stringify(iamPolicy({ ...request, clusterArn: serverlessArn }).document)
        expect(text).not.toMatch(/AlterCluster|ClusterDynamicConfiguration/)
      }),
    )
  })

  it("keep a job out of other jobs' tables", () => {
    fc.assert(
      fc.property(tables, lower, lower, (some, database, name) => {
        fc.pre(!some.some((one) => one.database === database && one.name === name))
        const { document } = iamPolicy({
          role: 'maintenance',
          clusterArn,
          tables: some,
          warehouse: 's3://lake/warehouse',
        })
        const file = `arn:aws:s3:::lake/warehouse/${database}.db/${name}/data/1.parquet`
        expect(isAllowed(document, 's3:DeleteObject', file)).toBe(false)
        const arn = `arn:aws:glue:us-east-1:123456789012:table/${database}/${name}`
        expect(isAllowed(document, 'glue:UpdateTable', arn)).toBe(false)
      }),
    )
  })

  it('are the same whatever order the lists of the request are in', () => {
    fc.assert(
      fc.property(kafkaRequests, (request) => {
        const reversed = { ...request, topics: [...request.topics, ...request.topics].reverse() }
        expect(JSON.stringify(iamPolicy(reversed))).toBe(JSON.stringify(iamPolicy(request)))
      }),
    )
  })
})
