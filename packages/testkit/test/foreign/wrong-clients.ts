import { expect } from 'vitest'
import type { JavaCall } from './foreign-stage.js'
import { allow, clusterArn, everything, within } from './policies.js'
import type { PythonAttempt } from './python-producers.js'

const connect = [['Connect'], clusterArn] as const
const connectAndIdempotence = [['Connect', 'WriteDataIdempotently'], clusterArn] as const
const describeAll = [['DescribeTopic'], within('topic', '*')] as const
// Who may write nowhere at all gets no producer id, and so no further.
const writeOther = [['WriteData'], within('topic', 'other')] as const
const writeAll = [['DescribeTopic', 'WriteData'], within('topic', '*')] as const

/** Whoever is refused is somebody of its own, so that the decisions about it are found. */
export const users = {
  java: everything,
  'java-oauth': everything,
  python: everything,
  'soak-java': everything,
  'soak-python': everything,
  'java-wrong-secret': everything,
  'java-wrong-region': everything,
  'java-no-trust': everything,
  'java-no-connect': allow(writeAll),
  'java-no-create': allow(connect, describeAll),
  'java-no-write': allow(connectAndIdempotence, describeAll, writeOther),
  'java-no-read': allow(connect, writeAll, [['DescribeGroup', 'AlterGroup'], within('group', '*')]),
  'python-wrong-secret': everything,
  'python-wrong-region': everything,
  'python-signature': everything,
  'python-host': everything,
  'python-no-ca': everything,
  'python-plaintext': everything,
  'python-no-connect': allow(writeAll),
  'python-no-write': allow(connectAndIdempotence, describeAll, writeOther),
  // On a topic the action means nothing, though IAM itself takes such a policy.
  'python-no-idempotence': allow(connect, writeAll, [['WriteDataIdempotently'], within('topic', '*')]),
} as const

export const accessDenied = /\[[0-9a-f-]{36}\]: Access denied/
const signatureIsWrong = expect.stringContaining('the signature does not match')
export const noStatement = (action: string) =>
  expect.stringContaining(`no statement allows kafka-cluster:${action} on arn:aws:kafka:`)

export interface JavaCase {
  readonly who: string
  readonly call: JavaCall
  readonly said: RegExp
  readonly denied: object
}

export const javaCases: readonly JavaCase[] = [
  {
    who: 'java-wrong-secret',
    call: { change: { AWS_SECRET_ACCESS_KEY: 'not-the-secret-of-this-user' } },
    said: accessDenied,
    denied: { kind: 'authentication', reason: signatureIsWrong },
  },
  {
    who: 'java-wrong-region',
    call: { change: { AWS_REGION: 'eu-west-1' } },
    said: accessDenied,
    denied: { kind: 'authentication', reason: expect.stringMatching(/region.*'eu-west-1'/) },
  },
  {
    who: 'java-no-connect',
    call: {},
    said: accessDenied,
    denied: { kind: 'authentication', reason: noStatement('Connect') },
  },
  {
    who: 'java-no-create',
    call: {},
    said: /TopicAuthorizationException/,
    denied: { kind: 'authorization', reason: noStatement('CreateTopic') },
  },
]

export interface PythonCase {
  readonly who: string
  readonly wrong: Partial<PythonAttempt>
  /** What the client says of its connection, or of its records. */
  readonly said: RegExp
  /** undefined: the broker never learns who it is. */
  readonly denied: object | undefined
}

export const pythonCases: readonly PythonCase[] = [
  {
    who: 'python-wrong-secret',
    wrong: { env: { AWS_SECRET_ACCESS_KEY: 'not-the-secret-of-this-user' } },
    said: accessDenied,
    denied: { kind: 'authentication', reason: signatureIsWrong },
  },
  {
    who: 'python-wrong-region',
    wrong: { region: 'eu-west-1' },
    said: accessDenied,
    denied: {
      kind: 'authentication',
      reason: expect.stringContaining("the host 'kafka.eu-west-1.amazonaws.com' is not one of"),
    },
  },
  {
    who: 'python-signature',
    wrong: { tamper: 'signature' },
    said: accessDenied,
    denied: { kind: 'authentication', reason: signatureIsWrong },
  },
  {
    who: 'python-host',
    wrong: { tamper: 'host' },
    said: accessDenied,
    denied: {
      kind: 'authentication',
      reason: expect.stringContaining("the host 'kafka-elsewhere.us-east-1.amazonaws.com' is not one of"),
    },
  },
  {
    who: 'python-no-connect',
    wrong: {},
    said: accessDenied,
    denied: { kind: 'authentication', reason: noStatement('Connect') },
  },
  {
    who: 'python-no-write',
    wrong: {},
    said: /Topic authorization failed/,
    denied: { kind: 'authorization', reason: noStatement('WriteData') },
  },
  {
    who: 'python-no-idempotence',
    wrong: {},
    said: /Cluster authorization failed/,
    denied: { kind: 'authorization', reason: noStatement('WriteDataIdempotently') },
  },
  {
    who: 'python-no-ca',
    wrong: { caFile: null },
    said: /certificate verify failed/,
    denied: undefined,
  },
  {
    who: 'python-plaintext',
    wrong: { tamper: 'plaintext' },
    said: /SSL listener|while requesting ApiVersion|in state APIVERSION_QUERY/,
    denied: undefined,
  },
]
