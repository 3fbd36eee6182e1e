import { join } from 'node:path'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { type LocalUpDocument, renderLocalStatus, renderLocalUp } from '../src/commands/local.js'
import { addLocalCommands } from '../src/program/local.js'
import { fakeIo } from './fake-io.js'

const document: LocalUpDocument = {
  bootstrapBrokers: '127.0.0.1:19092',
  stateFolder: '/state',
  warehouseFolder: '/state/warehouse',
  brokerLogFile: '/state/broker/broker.log',
  clusterId: 'qg2V099t8Vqn-mVL4BSGjw',
  brokerPid: 4711,
  startedAt: '2026-01-02T03:04:05.000Z',
  wasRunning: false,
}
const iam = {
  port: 19094,
  bootstrapBrokers: 'localhost:19094',
  region: 'eu-west-1',
  clusterArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/local/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d',
  caFile: "/my state/it's/ca.pem",
  trustStoreFile: '/state/iam/certificates/trust.jks',
  trustStorePassword: 'changeit',
  credentialsFile: '/state/iam/credentials',
  accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
  secretAccessKey: 'a-secret-of-a-user',
}

test('what people read says how to be a client with IAM, without the secret', () => {
  const text = renderLocalUp({ ...document, iam })
  const lines = text.split('\n').map((line) => line.trim())
  expect(lines).toContain('export AWS_SHARED_CREDENTIALS_FILE=/state/iam/credentials')
  expect(lines).toContain('export AWS_REGION=eu-west-1')
  expect(lines).toContain(`export NODE_EXTRA_CA_CERTS='/my state/it'\\''s/ca.pem'`)
  expect(text).toContain('localhost:19094')
  expect(text).not.toContain(iam.secretAccessKey)
  const { wasRunning: _, ...rest } = document
  const { secretAccessKey, ...shown } = iam
  expect(renderLocalStatus({ ...rest, state: 'running', iam: shown })).toContain(
    'AWS_SHARED_CREDENTIALS_FILE=/state/iam/credentials',
  )
})

test('what people read says how to be a client of the AWS services', () => {
  const aws = {
    pid: 4712,
    logFile: '/state/aws/host.log',
    endpointUrl: 'http://127.0.0.1:19099',
    s3Url: 'http://127.0.0.1:19100',
    region: 'us-east-1',
    accountId: '123456789012',
    credentialsFile: '/state/aws/credentials',
    accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
    buckets: ['tidewater', 'logs'],
  }
  const lines = renderLocalUp({ ...document, aws })
    .split('\n')
    .map((line) => line.trim())
  expect(lines).toContain('export AWS_ENDPOINT_URL=http://127.0.0.1:19099')
  expect(lines).toContain('export AWS_SHARED_CREDENTIALS_FILE=/state/aws/credentials')
  expect(lines).toContain('export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1')
  expect(lines).toContain('Buckets: tidewater, logs')
  const { wasRunning: _, ...rest } = document
  expect(renderLocalStatus({ ...rest, state: 'running', aws })).toContain('http://127.0.0.1:19099')
})

test('without IAM nothing of it is said', () => {
  expect(renderLocalUp(document)).not.toMatch(/iam|aws/i)
})

test.each([
  ['--region', 'eu-west-1'],
  ['--session-seconds', '20'],
  ['--iam-port', '9198'],
])('%s without --iam is an error, not a listener that lets everybody in', async (...options) => {
  const program = new Command()
  addLocalCommands(program, fakeIo())
  // Below a file nothing can be started, whatever becomes of the check.
  const nowhere = ['--state-folder', join(import.meta.filename, 'state')]
  const up = program.parseAsync(['node', 'tidewater', 'local', 'up', ...nowhere, ...options])
  await expect(up).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(options[0] ?? ''),
  })
})
