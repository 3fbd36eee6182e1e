import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  GetTableCommand,
  GlueClient,
  UpdateTableCommand,
} from '@aws-sdk/client-glue'
import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, it, onTestFinished } from 'vitest'
import { throttled } from '../../src/aws/index.js'
import { awsStack, clientConfig, keysBelow, readObject, s3Client, startAwsServices } from './stack-fixture.js'

const { stack } = awsStack()

function put(key: string, body: string | Uint8Array, more: { IfNoneMatch?: string } = {}) {
  return new PutObjectCommand({ Bucket: 'tidewater', Key: key, Body: body, ...more })
}

it('keeps objects of any size and key, through the one endpoint', async () => {
  const s3 = s3Client(stack())
  const large = Buffer.alloc(8 << 20, 'x')
  await s3.send(put('a/day=1/large', large))
  await s3.send(put('a/odd é +%20&?#', 'small'))
  await s3.send(put('a/up//two', 'slashes'))
  expect(await keysBelow(s3, 'a/')).toEqual(['a/day=1/large', 'a/odd é +%20&?#', 'a/up//two'])
  expect(`${await readObject(s3, 'a/up//two')}`).toBe('slashes')
  expect((await readObject(s3, 'a/day=1/large')).equals(large)).toBe(true)
  expect(`${await readObject(s3, 'a/odd é +%20&?#')}`).toBe('small')
})

it('lets one of many writers create an object', async () => {
  const s3 = s3Client(stack())
  const writes = Array.from({ length: 10 }, (_, n) => s3.send(put('once', `${n}`, { IfNoneMatch: '*' })))
  const ends = await Promise.allSettled(writes)
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const end of ends)
    if (end.status === 'rejected') expect(end.reason).toMatchObject({ name: 'PreconditionFailed' })
})

it('fails requests to S3 as it is told to', async () => {
  const s3 = s3Client(stack())
  stack().injectFault('disconnect', { operation: 'PUT' })
  await expect(s3.send(put('b', 'x'))).rejects.toThrow(/hang up|ECONNRESET|EPIPE/)
  stack().injectFault({ ...throttled(), name: 'SlowDown', status: 503 }, { operation: 'PUT' })
  await expect(s3.send(put('b', 'x'))).rejects.toMatchObject({ name: 'SlowDown' })
  await s3.send(put('b', 'x'))
  expect(
    stack()
      .requests()
      .filter(({ service, operation }) => service === 's3' && operation === 'PUT')
      .slice(-3)
      .map(({ status }) => status),
  ).toEqual(['disconnected', 503, 200])
})

it('refuses a stale version of a Glue table', async () => {
  const glue = new GlueClient(clientConfig(stack()))
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'db' } }))
  await glue.send(new CreateTableCommand({ DatabaseName: 'db', TableInput: { Name: 't' } }))
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: 'db', Name: 't' }))
  const update = () =>
    glue.send(
      new UpdateTableCommand({
        DatabaseName: 'db',
        TableInput: { Name: 't', Description: 'changed' },
        VersionId: Table?.VersionId,
      }),
    )
  await update()
  await expect(update()).rejects.toMatchObject({ name: 'ConcurrentModificationException' })
})

it('has objects, tables and roles again at the next start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidewater-aws-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const role = { RoleName: 'job', AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }

  const first = await startAwsServices(folder)
  await s3Client(first).send(put('kept', 'objects stay'))
  await new GlueClient(clientConfig(first)).send(
    new CreateDatabaseCommand({ DatabaseInput: { Name: 'kept' } }),
  )
  await new GlueClient(clientConfig(first)).send(
    new CreateTableCommand({ DatabaseName: 'kept', TableInput: { Name: 't' } }),
  )
  await new IAMClient(clientConfig(first)).send(new CreateRoleCommand(role))
  await first.close()

  const second = await startAwsServices(folder)
  onTestFinished(() => second.close())
  expect(second.credentials.accessKeyId).toBe(first.credentials.accessKeyId)
  expect(`${await readObject(s3Client(second), 'kept')}`).toBe('objects stay')
  const { Table } = await new GlueClient(clientConfig(second)).send(
    new GetTableCommand({ DatabaseName: 'kept', Name: 't' }),
  )
  expect(Table).toMatchObject({ Name: 't', VersionId: '1' })
  const { Role } = await new IAMClient(clientConfig(second)).send(new GetRoleCommand({ RoleName: 'job' }))
  expect(Role?.Arn).toBe('arn:aws:iam::123456789012:role/job')
})
