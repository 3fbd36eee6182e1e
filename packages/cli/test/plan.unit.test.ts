import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SparkJob, validateJob } from '@tidewater/emr'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addPlanCommands } from '../src/program/plan.js'
import { type FakeIo, fakeIo } from './fake-io.js'

const load = ['--partitions', '9', '--rate-per-second', '300000', '--record-bytes', '152']
const job = {
  version: 1,
  name: 'netflow',
  source: { bootstrapBrokers: '127.0.0.1:9092', topic: 'netflow', auth: { type: 'none' } },
  decoding: { schema: { type: 'record', name: 'flow', fields: [{ name: 'bytes', type: 'long' }] } },
  table: {
    catalog: { name: 'local', type: 'hadoop', warehouse: '/w' },
    namespace: 'db',
    name: 'netflow',
  },
  trigger: { type: 'processingTime' },
  checkpointLocation: '/c',
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater plan-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(io: FakeIo, ...args: readonly string[]): Promise<void> {
  const program = new Command('tidewater')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride()
  addPlanCommands(program, io)
  await program.parseAsync(['node', 'tidewater', 'plan', ...args])
}

async function planned(changed: object, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const io = fakeIo({ cwd: folder })
  await writeFile(join(folder, 'job.json'), JSON.stringify({ ...job, ...changed }))
  await run(io, 'job', 'job.json', '--release', 'emr-7.13.0', ...load, '--json', ...args)
  return JSON.parse(io.out())
}

describe('plan size', () => {
  it('prints a table for people, with reasons and the day of the prices', async () => {
    const io = fakeIo()
    await run(io, 'size', ...load)
    expect(io.out()).toMatch(/^EMR on EC2\n {2}cores +9 +6 cores work off 300000 records/)
    expect(io.out()).toMatch(/cost +\$0\.58 to \$0\.77 +an hour, us-east-1, prices of 2026-11-26/)
    expect(io.err()).toBe('')
  })

  it('prints one document with --json', async () => {
    const io = fakeIo()
    await run(io, 'size', ...load, '--json', '--target', 'serverless')
    expect(JSON.parse(io.out())).toMatchObject({
      target: 'serverless',
      need: { recordsPerSecondPerCore: 80_000 },
      executorWorker: { vCpus: 4, memoryGb: 16 },
    })
  })

  it.each([
    ['--target', 'serverless', '--instance-type', 'm5.xlarge'],
    ['--target', 'serverless', '--spot'],
    ['--target', 'serverless', '--fleets'],
    ['--executor-memory-gb', '16'],
  ])('refuses %s %s %s: it is of the other target', async (...options) => {
    await expect(run(fakeIo(), 'size', ...load, ...options.filter(Boolean))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })

  it('refuses a topic without partitions', async () => {
    await expect(run(fakeIo(), 'size', ...load, '--partitions', '0')).rejects.toThrow(/partitions/)
  })
})

describe('plan job', () => {
  it("prints settings, and a document that carries the source's and the table's", async () => {
    const plan = await planned({})
    expect(plan.sparkConf).toMatchObject({ 'spark.executor.cores': '4' })
    const tuned = plan.job as SparkJob
    expect(validateJob(tuned)).toEqual(tuned)
    expect(tuned.source.minPartitions).toBe(16)
    expect(plan).toMatchObject({
      release: { label: 'emr-7.13.0', sparkVersion: '3.5.6' },
      size: { target: 'ec2' },
      overridden: [],
      findings: [{ id: 'emr.small-files' }],
    })
  })

  it('lets the document and --set win, and reports them', async () => {
    const source = { ...job.source, maxOffsetsPerTrigger: 5_000 }
    const table = { ...job.table, distributionMode: 'hash' }
    const plan = await planned({ source, table }, '--set', 'spark.executor.memory=4g')
    expect(plan.overridden).toEqual([
      expect.objectContaining({ key: 'maxOffsetsPerTrigger', value: '5000', recommended: '38400000' }),
      expect.objectContaining({ key: 'write.distribution-mode', value: 'hash', recommended: 'none' }),
      expect.objectContaining({ key: 'spark.executor.memory', value: '4g', recommended: '8436m' }),
    ])
    expect(plan.findings).toContainEqual(expect.objectContaining({ id: 'emr.distribution-shuffles' }))
    expect(plan.job).toMatchObject({
      source: { maxOffsetsPerTrigger: 5_000 },
      table: { distributionMode: 'hash' },
    })
  })

  it('takes the trigger and partitioning from the document', async () => {
    const plan = await planned({
      trigger: { type: 'processingTime', intervalSeconds: 30 },
    })
    expect(plan).toMatchObject({
      job: { trigger: { intervalSeconds: 30 } },
    })
    expect(plan.findings).toContainEqual(expect.objectContaining({ id: 'emr.trigger-short' }))
    const backfill = await planned({
      trigger: { type: 'availableNow' },
      table: { ...job.table, partitionBy: [{ transform: 'identity', column: 'bytes' }] },
    })
    expect(backfill.job).toMatchObject({
      trigger: { type: 'availableNow' },
      table: { distributionMode: 'hash', fanout: false },
    })
  })

  it('prints both for people, findings last', async () => {
    const io = fakeIo({ cwd: folder })
    await planned({})
    await run(io, 'job', 'job.json', '--release', 'emr-7.99.0', ...load)
    expect(io.out()).toMatch(/^EMR on EC2\n/)
    expect(io.out()).toContain('\nSpark configuration\n')
    expect(io.out()).toMatch(/\nFindings\n {2}warning emr\.release-unknown: emr-7\.99\.0\n/)
  })

  it('refuses a release that is none', async () => {
    const act = run(fakeIo({ cwd: folder }), 'job', 'job.json', '--release', '7.13', ...load)
    await expect(act).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
