import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const brokers = process.env.TIDEWATER_BOOTSTRAP_BROKERS ?? ''

describe('tidewater', () => {
  it('prints its help and version on stdout and exits with 0', async () => {
    expect(await runCli('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('demo') })
    expect(await runCli('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })

  it.each([
    [['frobnicate'], /unknown command/],
    [['demo', '--records', 'many'], /Not a whole number/],
    [['demo', '--records', '-1'], /records: .*got -1/],
    [['topic', 'create', 'x'], /--broker/],
    [['topic', 'create', 'x', '--broker', 'nowhere'], /brokers\.0: must be host:port, got "nowhere"/],
    [['job', 'validate', '/does/not/exist.json'], /Can't read the job document/],
  ])('exits with 2 for %j and says what is wrong', async (args, message) => {
    const run = await runCli(...args)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(message)
  })

  it('names the wrong field of a job document', async () => {
    const path = join(folder, 'job.json')
    await writeFile(path, JSON.stringify({ version: 1, name: 'x', sauce: {} }))
    const run = await runCli('job', 'validate', path)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('/sauce is not a known field')
    expect(run.stderr).toContain('/source is required')
  })

  it('says when no broker answers', async () => {
    const run = await runCli('topic', 'describe', 'x', '--broker', '127.0.0.1:1')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/^error BROKER_UNREACHABLE: .*127\.0\.0\.1:1/m)
    expect(run.stderr).toContain('remedy:')
  })

  it('plans a topic before it makes it, and prints one JSON document', async () => {
    const topic = `cli-${Date.now()}`
    const create = ['topic', 'create', topic, '--broker', brokers, '--partitions', '2', '--json']
    const planned = await runCli(...create, '--dry-run')
    expect(JSON.parse(planned.stdout)).toMatchObject({ topic, action: 'create', dryRun: true })
    const missing = await runCli('topic', 'describe', topic, '--broker', brokers)
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('TOPIC_NOT_FOUND') })
    expect(JSON.parse((await runCli(...create)).stdout)).toMatchObject({ action: 'create', dryRun: false })
    const described = JSON.parse(
      (await runCli('topic', 'describe', topic, '--broker', brokers, '--json')).stdout,
    )
    expect(described.partitions).toMatchObject([
      { partition: 0, earliest: 0, latest: 0 },
      { partition: 1, earliest: 0, latest: 0 },
    ])
    expect(JSON.parse((await runCli(...create)).stdout)).toMatchObject({ action: 'none' })
  })
})
