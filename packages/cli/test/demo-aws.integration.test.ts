import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { processesUsing } from './processes.js'
import { runCli } from './run-cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-demo-aws-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('lands each record exactly once by steps of an EMR cluster, in tables of Glue and S3', {
  timeout: 900_000,
}, async () => {
  const json = join(folder, 'aws.json')
  const stateFolder = join(folder, 'aws')
  const args = ['--aws', '--records', '3000', '--micro-batches', '2', '--json', json]
  const run = await runCli('demo', ...args, '--state-folder', stateFolder)
  expect(run.stderr).toContain('Exactly once: 3,000 records produced')
  expect(run.code).toBe(0)
  const summary = JSON.parse(await readFile(json, 'utf8'))
  expect(summary).toMatchObject({
    produced: 3_000,
    landed: 3_000,
    place: expect.stringMatching(/^steps of EMR cluster j-\w+, tables in Glue and S3$/),
    after: { dataFiles: 1 },
  })
  expect(summary.before.dataFiles).toBeGreaterThan(1)
  expect(await processesUsing(stateFolder)).toEqual([])
})
