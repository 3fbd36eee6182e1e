import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { fromIni } from '@aws-sdk/credential-providers'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  type DetachedIam,
  localStatus,
  type StackRecord,
  startLocal,
  stopLocal,
  upLocal,
} from '../../src/index.js'
import { connect, iamClient } from '../iam-client.js'
import { countRecords, createTopic, sendValues } from '../kafka-records.js'
import { expectGone, startFixture } from '../processes.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-detached-test-'))
})
afterEach(async () => {
  await stopLocal(folder)
  await rm(folder, { recursive: true, force: true })
})

const upFixture = join(import.meta.dirname, '..', 'fixtures', 'up.ts')

interface Up {
  readonly bootstrapBrokers: string
  readonly pid: number
  readonly wasRunning: boolean
  readonly iam?: DetachedIam
  readonly aws?: NonNullable<StackRecord['aws']>
}

/** `upLocal` in a process that ends afterwards. */
async function up(variables: NodeJS.ProcessEnv = {}): Promise<Up> {
  const { child, firstLine } = startFixture(upFixture, { ...process.env, ...variables, STATE_FOLDER: folder })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const answer = JSON.parse(await firstLine)
  expect(await ended).toBe(0)
  return answer
}

test('a stack outlives the process that started it, is found, and goes on with its data', async () => {
  expect(await localStatus(folder)).toEqual({ state: 'stopped', stateFolder: folder })
  const first = await up()
  expect(first.wasRunning).toBe(false)
  expect(await localStatus(folder)).toMatchObject({
    state: 'running',
    stack: { bootstrapBrokers: first.bootstrapBrokers, lifetime: 'detached' },
  })
  await createTopic(first.bootstrapBrokers, 'kept')
  await sendValues(first.bootstrapBrokers, 'kept', ['a', 'b'])

  const again = await up()
  expect(again).toEqual({ ...first, wasRunning: true })

  expect(await stopLocal(folder)).toEqual({ outcome: 'stopped', stateFolder: folder })
  await expectGone([first.pid])
  expect(await localStatus(folder)).toMatchObject({ state: 'stopped' })
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'not-running' })

  const later = await up()
  expect(later.pid).not.toBe(first.pid)
  expect(await countRecords(later.bootstrapBrokers, 'kept')).toBe(2)
  await stopLocal(folder, { removeState: true })
  expect(await readdir(folder)).toEqual([])
})

test('a broker that was killed is not running, whatever the record says', async () => {
  const { pid } = await up()
  process.kill(pid, 'SIGKILL')
  await expectGone([pid])
  expect(await localStatus(folder)).toMatchObject({ state: 'stopped' })
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'not-running' })
})

test('a stack can be left running after its start', async () => {
  const stack = await startLocal({ stateFolder: folder })
  await stack.detach()
  expect(await localStatus(folder)).toMatchObject({ state: 'running', stack: { lifetime: 'detached' } })
  const { pid } = stack.broker
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'stopped' })
  await expectGone([pid])
})

test('a stack that was started by the first version can be stopped', async () => {
  const { pid } = await up()
  const file = join(folder, 'stack.json')
  const { brokerProcess, stopTimeoutMs: _, ...rest } = JSON.parse(await readFile(file, 'utf8'))
  const spark = { driverMemoryMb: 2_048, cores: 2 }
  await writeFile(file, JSON.stringify({ ...rest, broker: brokerProcess, spark }))
  expect(await localStatus(folder)).toMatchObject({ state: 'running', stack: { brokerProcess: { pid } } })
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'stopped' })
  await expectGone([pid])
})

test('a broker that does not end within the time its stack was started with is killed', async () => {
  const { stack } = await upLocal({ stateFolder: folder, stopTimeoutMs: 1_000 })
  expect(stack.stopTimeoutMs).toBe(1_000)
  const { pid } = stack.brokerProcess
  // A process that is held can not end by itself: only a kill after the time ends it.
  process.kill(pid, 'SIGSTOP')
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'killed' })
  await expectGone([pid])
})

test('IAM outlives the command: found again with its credentials, and the same after a stop', async () => {
  const first = await up({ WITH_IAM: 'yes' })
  if (first.iam === undefined) throw new TypeError('there is no IAM listener')
  const { secretAccessKey, ...shown } = first.iam
  await connect(iamClient(first.iam, first.iam))
  expect(await localStatus(folder)).toMatchObject({ state: 'running', stack: { iam: shown } })
  expect(await readFile(join(folder, 'stack.json'), 'utf8')).not.toContain(secretAccessKey)
  const certificate = await readFile(shown.caFile, 'utf8')

  expect(await up({ WITH_IAM: 'yes' })).toEqual({ ...first, wasRunning: true })
  await stopLocal(folder)

  const plain = await up()
  expect(plain.iam).toBeUndefined()
  await expect(upLocal({ stateFolder: folder, iam: true })).rejects.toMatchObject({
    code: 'STACK_ALREADY_RUNNING',
    message: expect.stringContaining('has no IAM listener'),
  })
  await stopLocal(folder)

  const later = await up({ WITH_IAM: 'yes' })
  const { clusterArn, accessKeyId } = shown
  expect(later.iam).toMatchObject({ clusterArn, accessKeyId, secretAccessKey })
  expect(await readFile(shown.caFile, 'utf8')).toBe(certificate)
  await stopLocal(folder, { removeState: true })
  expect(await readdir(folder)).toEqual([])
})

test('AWS services outlive the process that started them, and end with the stack or with their own process', async () => {
  const { aws, pid } = await up({ WITH_AWS: 'yes' })
  if (aws === undefined) throw new Error('there are no AWS services')
  const client = new S3Client({
    endpoint: aws.endpointUrl,
    region: aws.region,
    credentials: fromIni({ filepath: aws.credentialsFile }),
    maxAttempts: 1,
  })
  const buckets = async () => (await client.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)
  expect(await buckets()).toEqual(['tidewater'])
  expect(await up({ WITH_AWS: 'yes' })).toMatchObject({
    wasRunning: true,
    aws: { endpointUrl: aws.endpointUrl },
  })
  expect(await fetch(aws.s3Url)).toMatchObject({ status: 200 })
  process.kill(aws.process.pid, 'SIGKILL')
  await vi.waitFor(async () => expect(fetch(aws.s3Url)).rejects.toThrow(), { timeout: 60_000 })

  await stopLocal(folder)
  await expectGone([pid])
  const again = await up({ WITH_AWS: 'yes' })
  await stopLocal(folder)
  await expectGone([again.aws?.process.pid ?? 0])
  await expect(fetch(again.aws?.s3Url ?? '')).rejects.toThrow()

  await up()
  await expect(upLocal({ stateFolder: folder, aws: true })).rejects.toMatchObject({
    code: 'STACK_ALREADY_RUNNING',
    message: expect.stringContaining('has no AWS services'),
  })
})
