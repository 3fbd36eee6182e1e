import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.js'

const brokers = process.env.TIDEWATER_BOOTSTRAP_BROKERS ?? ''
const topic = `commands-${process.pid}-${Date.now()}`
let folder: string
let job: string

// The README's commands, one after the other, on the job document that examples/ ships.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-commands-'))
  job = join(folder, 'job.json')
  const shipped = JSON.parse(await readFile(new URL('../../../examples/job.json', import.meta.url), 'utf8'))
  shipped.source = { ...shipped.source, bootstrapBrokers: brokers, topic, maxOffsetsPerTrigger: 4_000 }
  shipped.table.catalog.warehouse = join(folder, 'warehouse')
  shipped.checkpointLocation = join(folder, 'checkpoint')
  await writeFile(job, JSON.stringify(shipped))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe("the README's commands, in order", { timeout: 180_000 }, () => {
  const spark = () => ['--state-folder', join(folder, 'state')]
  const delivered: string[] = []

  it('creates the topic and produces to it twice, the second time with many workers', async () => {
    expect((await runCli('topic', 'create', topic, '--broker', brokers, '--partitions', '3')).code).toBe(0)
    for (const [index, count] of [9_000, 1_000].entries()) {
      const identity = ['--client-id', `cli-${index}`, ...(index === 0 ? [] : ['--workers', '4'])]
      const run = await runCli(
        'produce',
        '--topic-name',
        topic,
        '--broker',
        brokers,
        '-c',
        String(count),
        ...identity,
        '--json',
      )
      expect(JSON.parse(run.stdout)).toMatchObject({ topic, delivered: count, failed: 0 })
      const path = join(folder, `delivered-${index}.json`)
      await writeFile(path, run.stdout)
      delivered.push('--delivered', path)
    }
  })

  it('prints the job with its defaults', async () => {
    const run = await runCli('job', 'validate', job)
    expect(JSON.parse(run.stdout)).toMatchObject({
      decoding: { onDecodeError: 'dead-letter', deadLetterTable: { name: 'netflow_dead_letters' } },
      table: { distributionMode: 'none' },
    })
  })

  it('runs the job in micro-batches', async () => {
    const run = await runCli('job', 'run', job, ...spark(), '--json')
    expect(run.stderr).toContain('Job netflow-to-iceberg: 10,000 records')
    expect(JSON.parse(run.stdout)).toMatchObject({
      inputRows: 10_000,
      reason: 'available-now-done',
      graceful: true,
    })
  })

  it('audits the table against the topic and the sum of the delivery reports', async () => {
    const run = await runCli(
      'table',
      'audit',
      job,
      ...delivered,
      '--identity',
      'writer_id,export_proto_seqno',
      ...spark(),
      '--json',
    )
    expect(run.code).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({
      exactlyOnce: true,
      produced: 10_000,
      landed: 10_000,
      missing: 0,
    })
  })

  it('fails the audit when Kafka holds what was not reported or has not landed, and says where', async () => {
    const more = [
      'produce',
      '--topic-name',
      topic,
      '--broker',
      brokers,
      '-c',
      '500',
      '--client-id',
      'unreported',
    ]
    expect((await runCli(...more)).code).toBe(0)
    const run = await runCli('table', 'audit', job, ...delivered, ...spark(), '--json')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/error AUDIT_FAILED: partition \d: \d+ of the offsets 0 to \d+ are missing/)
    expect(run.stderr).toMatch(/producers were told of \d+ deliveries, Kafka holds \d+ records/)
    const { missing, evidence } = JSON.parse(run.stdout)
    expect(missing).toBe(500)
    const listed = evidence.gaps.map(
      (gap: { firstOffset: number; lastOffset: number }) => gap.lastOffset - gap.firstOffset + 1,
    )
    expect(listed.reduce((sum: number, one: number) => sum + one, 0)).toBe(500)
  })

  it('plans maintenance with reasons, of either table, and changes nothing', async () => {
    const plan = ['table', 'maintain', job, '--min-input-files', '2', '--dry-run', ...spark()]
    const run = await runCli(...plan)
    expect(run.stdout).toMatch(
      /^ {2}run {2}rewrite_data_files: \d+ of \d+ data files are too small or too large$/m,
    )
    const dead = JSON.parse((await runCli(...plan, '--dead-letters', '--json')).stdout)
    expect(dead).toMatchObject({
      status: 'nothing-to-do',
      plan: { table: 'db.netflow_dead_letters' },
      before: { dataFiles: { records: 0 } },
    })
  })

  it('says by its metadata how the table is, and maintains it: fewer files and snapshots, the same records', async () => {
    const { catalog, namespace, name } = JSON.parse(await readFile(job, 'utf8')).table
    const health = [
      'table',
      'health',
      `${namespace}.${name}`,
      '--catalog',
      'hadoop',
      '--warehouse',
      catalog.warehouse,
    ]
    const before = await runCli(...health, '--json', '--fail-on', 'error')
    expect(before).toMatchObject({ code: 0, stdout: expect.stringContaining('"findings"') })
    const found = JSON.parse(before.stdout)
    expect(found.health).toMatchObject({
      dataFiles: { records: 10_000 },
      streams: [{ lastEpochId: expect.any(String) }],
    })
    expect((await runCli(...health)).stdout).toContain('Data files by size')
    expect((await runCli(...health, '--fail-on', 'info')).code).toBe(3)

    const maintain = [
      'table',
      'maintain',
      job,
      '--min-input-files',
      '2',
      '--max-snapshot-age',
      '0s',
      ...spark(),
    ]
    const run = await runCli(...maintain, '--json')
    expect(run.code).toBe(0)
    const done = JSON.parse(run.stdout)
    expect(done).toMatchObject({
      status: 'done',
      before: { dataFiles: found.health.dataFiles },
      after: { dataFiles: { records: 10_000, count: 1 } },
    })
    expect(done.effects).toContainEqual(
      expect.objectContaining({ name: 'rewrite_data_files', achieved: true }),
    )
    expect(done.after.snapshots.rewrites.dataFilesMs).toEqual(expect.any(Number))
    // The newest snapshot of the streaming query stays: a micro-batch that is run again is found by it.
    expect(done.after.streams).toMatchObject([{ lastEpochId: found.health.streams[0].lastEpochId }])
    const again = JSON.parse((await runCli(...maintain, '--dry-run', '--json')).stdout)
    expect(again.plan.decisions[0]).toMatchObject({ name: 'rewrite_data_files', planned: false })
  })
})
