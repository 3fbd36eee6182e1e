import { inspect } from 'node:util'
import { parseConfig } from '@tidewater/core'
import { expect, test } from 'vitest'
import { newKeyPair, newSessionToken } from '../../../src/local/iam/credentials.js'
import {
  type IamDocument,
  parseDocument,
  renderCredentials,
  renderDocument,
} from '../../../src/local/iam/document.js'
import { hideSecrets } from '../../../src/local/iam/hide-secrets.js'
import {
  addSession,
  addUser,
  planDocument,
  revoke,
  setPolicies,
  userOf,
} from '../../../src/local/iam/identities.js'
import { type IamOptions, iamOptionsSchema } from '../../../src/local/iam/options.js'
import type { PolicyDocument } from '../../../src/local/iam/policy.js'

let seed = 0
/** Different bytes at each call, the same ones in each run. */
const random = (size: number) =>
  Uint8Array.from({ length: size }, (_, index) => (index * 31 + ++seed * 17) % 256)

const files = { decisionLogFile: '/state/iam/decisions.jsonl', acceptedHosts: ['localhost', '127.0.0.1'] }
const plan = (options: IamOptions = {}, previous?: IamDocument) =>
  planDocument(parseConfig(iamOptionsSchema, options, 'iam'), files, previous, random)

const topicArn = 'arn:aws:kafka:us-east-1:123456789012:topic/local/*'
const readOnly: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['kafka-cluster:Connect', 'kafka-cluster:ReadData'], Resource: topicArn },
  ],
}

function withStatement(statement: { Action: string; Resource: string | string[] }): PolicyDocument {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }
}

test('by default there is one user who may do everything, with random credentials', () => {
  const document = plan()
  expect(document).toMatchObject({
    version: 1,
    region: 'us-east-1',
    clusterArn: expect.stringMatching(
      /^arn:aws:kafka:us-east-1:123456789012:cluster\/local\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    ),
    serviceHosts: ['kafka.us-east-1.amazonaws.com'],
    acceptedHosts: ['localhost', '127.0.0.1'],
    sessionSeconds: 3_600,
    connectionsPerSecond: 100,
    maxConnections: 3_000,
    identities: [
      {
        arn: 'arn:aws:iam::123456789012:user/local',
        accessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
        secretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
        policies: [{ Statement: [{ Effect: 'Allow', Action: 'kafka-cluster:*', Resource: '*' }] }],
      },
    ],
  })
  expect(plan().identities[0]?.secretAccessKey).not.toBe(document.identities[0]?.secretAccessKey)
})

test('what is to be played is handed to the broker as it was given', () => {
  const settings = {
    sessionSeconds: 20,
    minSessionSeconds: 2,
    clockOffsetSeconds: -600,
    connectionsPerSecond: 7,
    maxConnections: 9,
    acceptFractionalExpires: true,
    logAllowedAuthorizations: false,
  }
  expect(plan(settings)).toMatchObject({ ...settings, maxClockSkewSeconds: 300 })
})

test('the next start from the same folder goes on with cluster and credentials', () => {
  const users = [
    { name: 'producer', policies: [readOnly] },
    { name: 'own', policies: [], accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'another-secret-key' },
  ]
  const first = plan({ users })
  const again = plan({ users: [...users, { name: 'newcomer', policies: [] }] }, first)
  expect(again.clusterArn).toBe(first.clusterArn)
  expect(again.identities.slice(0, 2)).toEqual(first.identities)
  expect(again.identities[1]).toMatchObject({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' })
  expect(plan({}, first).identities.map(({ arn }) => arn)).toEqual(['arn:aws:iam::123456789012:user/local'])
  expect(plan({ region: 'eu-west-1' }, first).clusterArn).toContain(':eu-west-1:')
})

test.each([
  ['cn-north-1', 'aws-cn', 'kafka.cn-north-1.amazonaws.com.cn'],
  ['us-gov-west-1', 'aws-us-gov', 'kafka.us-gov-west-1.amazonaws.com'],
])('region %s has partition %s and endpoint %s', (region, partition, host) => {
  const document = plan({ region })
  expect(document.serviceHosts).toEqual([host])
  expect(document.clusterArn.startsWith(`arn:${partition}:kafka:${region}:`)).toBe(true)
  expect(document.identities[0]?.arn).toBe(`arn:${partition}:iam::123456789012:user/local`)
})

test('users and sessions belong to the account of the cluster', () => {
  const clusterArn =
    'arn:aws:kafka:us-east-1:999988887777:cluster/prod/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2'
  const document = plan({ clusterArn })
  expect(document.clusterArn).toBe(clusterArn)
  expect(document.identities[0]?.arn).toBe('arn:aws:iam::999988887777:user/local')
})

test('a session of a role ends when it was said to, and an expired one stays known for an hour', () => {
  const role = { name: 'job', policies: [readOnly], sessionSeconds: 900 }
  const nowMs = Date.parse('2026-01-02T03:00:00Z')
  const start = plan()
  const { document, identity } = addSession(
    start,
    role,
    { name: 'spark', durationSeconds: 60, nowMs },
    random,
  )
  expect(identity).toMatchObject({
    arn: 'arn:aws:sts::123456789012:assumed-role/job/spark',
    accessKeyId: expect.stringMatching(/^ASIA/),
    sessionToken: expect.stringMatching(/^.{100,}$/),
    expiresAt: '2026-01-02T03:01:00.000Z',
    policies: [readOnly],
  })
  expect(document.identities).toEqual([...start.identities, identity])
  const keysAfter = (laterMs: number) =>
    addSession(
      document,
      role,
      { name: 'spark', durationSeconds: 60, nowMs: nowMs + laterMs },
      random,
    ).document.identities.map(({ accessKeyId }) => accessKeyId)
  expect(keysAfter(59 * 60_000)).toContain(identity.accessKeyId)
  expect(keysAfter(62 * 60_000)).not.toContain(identity.accessKeyId)
  expect(keysAfter(62 * 60_000)).toContain(start.identities[0]?.accessKeyId)
})

test('new policies reach the user, or all sessions of the role, and nobody else', () => {
  const role = { name: 'job', policies: [readOnly], sessionSeconds: 900 }
  const other = { name: 'job2', policies: [readOnly], sessionSeconds: 900 }
  let document = plan({
    users: [
      { name: 'a', policies: [readOnly] },
      { name: 'job', policies: [readOnly] },
    ],
  })
  for (const [one, name] of [
    [role, 's1'],
    [role, 's2'],
    [other, 's1'],
  ] as const)
    document = addSession(document, one, { name, durationSeconds: 60, nowMs: 0 }, random).document
  const withoutPolicies = (changed: IamDocument) =>
    changed.identities.filter(({ policies }) => policies.length === 0).map(({ arn }) => arn.split(':').at(-1))
  expect(withoutPolicies(setPolicies(document, { kind: 'user', name: 'job' }, []))).toEqual(['user/job'])
  expect(withoutPolicies(setPolicies(document, { kind: 'role', name: 'job' }, []))).toEqual([
    'assumed-role/job/s1',
    'assumed-role/job/s2',
  ])
  expect(() => setPolicies(document, { kind: 'user', name: 'b' }, [])).toThrow('knows no user b')
})

test('a revoked key is gone; an unknown one is an error', () => {
  const { document, identity } = addUser(plan(), { name: 'short-lived', policies: [] }, random)
  expect(userOf(document, 'short-lived')).toEqual(identity)
  const after = revoke(document, identity.accessKeyId)
  expect(after.identities).toHaveLength(1)
  expect(() => userOf(after, 'short-lived')).toThrow('knows no user short-lived')
  expect(() => revoke(after, identity.accessKeyId)).toThrow(identity.accessKeyId)
  expect(() => addUser(document, { name: 'short-lived', policies: [] }, random)).toThrow('already')
})

test('statements about other services are not handed to the broker, which can not read all they may say', () => {
  const jobPolicy: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'kafka-cluster:ReadData', Resource: topicArn },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: 'arn:aws:s3:::tables',
        Condition: { StringLike: { 's3:prefix': 'netflow/*' } },
      },
      { Effect: 'Deny', Action: '*', Resource: '*' },
    ],
  }
  const [user] = plan({ users: [{ name: 'job', policies: [jobPolicy] }] }).identities
  expect(user?.policies).toEqual([
    { Version: '2012-10-17', Statement: [jobPolicy.Statement[0], jobPolicy.Statement[2]] },
  ])
})

test.each([
  [{ region: 'Virginia' }, 'region'],
  [{ sessionSeconds: 3, minSessionSeconds: 5 }, 'sessionSeconds: must not be below minSessionSeconds (5)'],
  [{ users: [] }, 'users'],
  [
    {
      users: [
        { name: 'a', policies: [] },
        { name: 'a', policies: [] },
      ],
    },
    'users: must have different names',
  ],
  [{ roles: [{ name: 'a/b', policies: [] }] }, 'roles.0.name'],
  [{ clusterArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/a/b' }, 'clusterArn: must be arn:'],
  [
    { users: [{ name: 'a', policies: [], accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }] },
    'together with secretAccessKey',
  ],
  [{ users: [{ name: 'a', policies: [{ ...readOnly, Statement: [] }] }] }, 'Statement'],
  [
    {
      users: [
        {
          name: 'a',
          policies: [
            {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: 'kafka-cluster:*', Resource: '*', Condition: {} }],
            },
          ],
        },
      ],
    },
    'Condition: is not evaluated',
  ],
  [
    { roles: [{ name: 'a', policies: [withStatement({ Action: 'ReadData', Resource: '*' })] }] },
    'Action: must be *',
  ],
  [
    {
      roles: [{ name: 'a', policies: [withStatement({ Action: '*', Resource: ['*', 'topic/netflow'] })] }],
    },
    'Resource.1: must be * or an ARN without policy variables',
  ],
  [{ clockOffset: 600 }, 'clockOffset'],
])('the IAM options %j are refused', (input, message) => {
  expect(() => parseConfig(iamOptionsSchema, input, 'iam')).toThrow(message)
})

test('no message about options or files shows a secret', () => {
  const secretAccessKey = 'much too secret to be shown'
  const users = [{ name: 'a', policies: [], accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey }]
  const messageOf = (work: () => unknown) => {
    try {
      work()
    } catch (thrown) {
      return inspect(thrown, { depth: 9 })
    }
    throw new TypeError('nothing was thrown')
  }
  expect(messageOf(() => parseConfig(iamOptionsSchema, { users }, 'iam'))).not.toContain(secretAccessKey)
  const text = renderDocument(plan()).replace('"version": 1', '"version": 7')
  const secret = plan().identities[0]?.secretAccessKey ?? ''
  for (const broken of [text, text.slice(0, -9)]) {
    const message = messageOf(() => parseDocument(broken.replace(/AKIA\w+/, secret), '/state/iam/iam.json'))
    expect(message).toContain('/state/iam/iam.json')
    expect(message).not.toContain(secret)
  }
})

test('a document survives its file', () => {
  const { document } = addSession(
    plan({ sessionSeconds: null }),
    { name: 'job', policies: [readOnly], sessionSeconds: 60 },
    { name: 's1', durationSeconds: 60, nowMs: 0 },
    random,
  )
  expect(parseDocument(renderDocument(document), 'iam.json')).toEqual(document)
})

test('the credentials file has a profile for each user, the first also as default, and no sessions', () => {
  const users = [
    { name: 'a', policies: [], accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'first-secret-key-' },
    { name: 'b', policies: [], accessKeyId: 'AKIABBBBBBBBBBBBBBBB', secretAccessKey: 'second-secret-key' },
  ]
  const role = { name: 'job', policies: [], sessionSeconds: 60 }
  const { document } = addSession(
    plan({ users }),
    role,
    { name: 's1', durationSeconds: 60, nowMs: 0 },
    random,
  )
  const first = 'aws_access_key_id = AKIAAAAAAAAAAAAAAAAA\naws_secret_access_key = first-secret-key-\n'
  const second = 'aws_access_key_id = AKIABBBBBBBBBBBBBBBB\naws_secret_access_key = second-secret-key\n'
  expect(renderCredentials(document)).toBe(`[default]\n${first}\n[a]\n${first}\n[b]\n${second}`)
})

test('secrets are hidden from inspection at any depth, and only from that', () => {
  const credentials = hideSecrets({ ...newKeyPair('user', random), token: newSessionToken(random) }, [
    'secretAccessKey',
    'token',
  ])
  const shown = inspect({ nested: { credentials } }, { depth: 5 })
  expect(shown).toContain(credentials.accessKeyId)
  expect(shown).toContain("secretAccessKey: '[hidden]'")
  expect(shown).not.toContain(credentials.secretAccessKey)
  expect(shown).not.toContain(credentials.token)
  expect(JSON.parse(JSON.stringify(credentials))).toEqual({ ...credentials })
})
