import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addIamCommands } from '../src/program/iam.js'
import { type FakeIo, fakeIo } from './fake-io.js'

const clusterArn = 'arn:aws:kafka:us-east-1:123456789012:cluster/demo/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2'
const topicArn = `${clusterArn.replace(':cluster/', ':topic/')}/netflow`

async function run(io: FakeIo, ...args: readonly string[]): Promise<void> {
  const program = new Command('tidewater')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride()
  addIamCommands(program, io)
  await program.parseAsync(['node', 'tidewater', 'iam', ...args])
}

describe('iam policy', () => {
  const producer = [
    'policy',
    'producer',
    '--cluster-arn',
    clusterArn,
    '--topic',
    'netflow',
    '--topic',
    'audit-*',
  ]

  it('prints the document alone when stderr is no terminal', async () => {
    const io = fakeIo()
    await run(io, ...producer)
    expect(JSON.parse(io.out()).Statement[1].Resource).toEqual([
      topicArn.replace('netflow', 'audit-*'),
      topicArn,
    ])
    expect(io.err()).toBe('')
  })

  it.each([
    ['on a terminal', fakeIo({ isTty: true }), []],
    ['with --explain', fakeIo(), ['--explain']],
  ])('explains each statement on stderr %s', async (_, io, options) => {
    await run(io, ...producer, ...options)
    const sids = JSON.parse(io.out()).Statement.map(({ Sid }: { Sid: string }) => Sid)
    expect(sids).toEqual(['ConnectToCluster', 'WriteTopics'])
    for (const sid of sids) expect(io.err()).toMatch(new RegExp(`^${sid}: .+\\n {2}source: `, 'm'))
  })

  it('prints one document with --json, also on a terminal', async () => {
    const io = fakeIo({ isTty: true })
    await run(io, ...producer, '--json')
    const { document, explanations } = JSON.parse(io.out())
    expect(explanations.map(({ sid }: { sid: string }) => sid)).toEqual(
      document.Statement.map(({ Sid }: { Sid: string }) => Sid),
    )
    expect(io.err()).toBe('')
  })

  it('hands every option to the generator', async () => {
    const io = fakeIo()
    const options = {
      '--cluster-arn': clusterArn,
      '--topic': 'netflow',
      '--group-id-prefix': 'netflow-job',
      '--warehouse': 's3://lake/warehouse',
      '--catalog-arn': 'arn:aws:glue:eu-west-1:123456789012:catalog',
      '--checkpoint': 's3://state/netflow',
      '--stop-marker': 's3://state/stop',
      '--artifacts': 's3://code/tidewater',
      '--logs': 's3://logs/emr',
      '--kms-key-arn': 'arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d',
    }
    const tables = ['--table', 'flows.netflow', '--table', 'flows.dead=s3://quarantine/dead']
    await run(io, 'policy', 'spark-job', ...Object.entries(options).flat(), ...tables)
    const text = io.out()
    for (const expected of [
      'group/demo/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2/netflow-job-*',
      's3:::lake/warehouse/flows.db/netflow/*',
      's3:::quarantine/dead/*',
      'eu-west-1:123456789012:table/flows/dead',
      's3:::state/netflow/*',
      's3:::state/stop"',
      's3:::code/tidewater/*',
      's3:::logs/emr/*',
      ':key/1a2b3c4d',
    ]) {
      expect(text).toContain(expected)
    }
  })

  it.each([
    [['consumer', '--group', 'dashboards'], 'group/demo/'],
    [['idempotent-producer', '--transactional-id', 'tx-*'], 'transactional-id/demo/'],
    [['topic-admin', '--allow-delete'], 'kafka-cluster:DeleteTopic'],
  ])('makes the policy of %j', async (args, expected) => {
    const io = fakeIo()
    await run(io, 'policy', ...args, '--cluster-arn', clusterArn, '--topic', 'netflow')
    expect(io.out()).toContain(expected)
  })

  it('makes a maintenance policy for Athena', async () => {
    const io = fakeIo()
    const athena = ['--athena-workgroup', 'maintenance', '--athena-results', 's3://queries/results']
    const table = ['--table', 'flows.netflow', '--warehouse', 's3://lake', '--cluster-arn', clusterArn]
    await run(io, 'policy', 'maintenance', ...table, ...athena)
    expect(io.out()).toContain('workgroup/maintenance')
    expect(io.out()).toContain('s3:::queries/results/*')
  })

  it('says which option a role does not take', async () => {
    await expect(run(fakeIo(), ...producer, '--group', 'g')).rejects.toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('the role producer has no groups'),
      }),
    )
  })

  it.each([
    [['policy', 'reader', '--cluster-arn', clusterArn], /Allowed choices are producer/],
    [['policy', 'maintenance', '--table', 'netflow'], /Not of the form database.table/],
    [['policy', 'maintenance', '--table', 'a.b.c'], /Not of the form database.table/],
  ])('refuses %j', async (args, message) => {
    const io = fakeIo()
    await expect(run(io, ...args)).rejects.toThrowError(CommanderError)
    expect(io.err()).toMatch(message)
  })
})

describe('iam check', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidewater-iam-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const connect = { Effect: 'Allow', Action: 'kafka-cluster:Connect', Resource: clusterArn }
  const write = (...names: string[]) => ({
    Sid: 'Write',
    Effect: 'Allow',
    Action: ['DescribeTopic', 'WriteData', ...names].map((name) => `kafka-cluster:${name}`),
    Resource: topicArn,
  })
  const save = (...statements: unknown[]) =>
    writeFile(join(folder, 'policy.json'), JSON.stringify({ Version: '2012-10-17', Statement: statements }))
  const check = (io: FakeIo, ...options: string[]) => run(io, 'check', 'policy.json', ...options)

  it('ends well when there is nothing to find', async () => {
    await save(connect, write())
    const io = fakeIo({ cwd: folder })
    await check(io)
    expect(io.out()).toBe('No findings.\n')
  })

  it('prints an error and ends with 3', async () => {
    await save(connect, write('WriteDataIdempotently'))
    const io = fakeIo({ cwd: folder })
    await expect(check(io)).rejects.toMatchObject({ name: 'CommanderError', exitCode: 3 })
    expect(io.out()).toMatch(
      /^error iam.action-never-matches: statement Write, kafka-cluster:WriteDataIdempotently\n/,
    )
    expect(io.out()).toContain(`fix: Move it to a statement whose Resource is ${clusterArn}.`)
  })

  it('prints one JSON document, and ends with 3 all the same', async () => {
    await save(connect, write('WriteDataIdempotently'))
    const io = fakeIo({ cwd: folder })
    await expect(check(io, '--json')).rejects.toMatchObject({ exitCode: 3 })
    expect(JSON.parse(io.out()).findings).toMatchObject([
      { id: 'iam.action-never-matches', severity: 'error' },
    ])
  })

  it('fails on warnings only when asked to', async () => {
    await save(connect, { ...write(), Resource: topicArn.replace('netflow', '*') })
    await check(fakeIo({ cwd: folder }))
    await expect(check(fakeIo({ cwd: folder }), '--fail-on', 'warning')).rejects.toMatchObject({
      exitCode: 3,
    })
  })

  it('fails on an error when less would do', async () => {
    await save(connect, write('WriteDataIdempotently'))
    await expect(check(fakeIo({ cwd: folder }), '--fail-on', 'info')).rejects.toMatchObject({ exitCode: 3 })
  })

  it.each([
    ['no JSON', '{', 'USAGE'],
    ['no policy', '{}', 'CONFIG_INVALID'],
  ])('refuses a file that is %s', async (_, text, code) => {
    await writeFile(join(folder, 'policy.json'), text)
    await expect(check(fakeIo({ cwd: folder }))).rejects.toMatchObject({ code })
  })

  it('refuses a file that is not there', async () => {
    await expect(check(fakeIo({ cwd: folder }))).rejects.toMatchObject({ code: 'USAGE' })
  })
})
