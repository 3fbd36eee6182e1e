import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processesUsing } from './processes.js'
import { runCli, startCli } from './run-cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-demo-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('tidewater demo', () => {
  it('lands each of 30,000 records exactly once, also after maintenance', { timeout: 300_000 }, async () => {
    const json = join(folder, 'summary.json')
    const stateFolder = join(folder, 'whole')
    const run = await runCli('demo', '--records', '30000', '--json', json, '--state-folder', stateFolder)
    expect(run.stderr).toContain('Exactly once: 30,000 records produced')
    expect(run.code).toBe(0)
    const summary = JSON.parse(await readFile(json, 'utf8'))
    expect(summary).toMatchObject({
      exactlyOnce: true,
      produced: 30_000,
      landed: 30_000,
      duplicates: 0,
      missing: 0,
      deadLettered: 0,
    })
    expect(summary.microBatches).toBeGreaterThan(1)
    expect(summary.before.records).toBe(30_000)
    expect(summary.after.records).toBe(30_000)
    expect(summary.after.dataFiles).toBeLessThan(summary.before.dataFiles)
    expect(summary.after.snapshots).toBeLessThan(summary.before.snapshots)
    expect(await processesUsing(stateFolder)).toEqual([])
  })

  it('is content with no records at all', { timeout: 300_000 }, async () => {
    const json = join(folder, 'empty.json')
    const run = await runCli(
      'demo',
      '--records',
      '0',
      '--json',
      json,
      '--state-folder',
      join(folder, 'empty'),
    )
    expect(run.stderr).toContain('Exactly once: 0 records produced')
    expect(run.code).toBe(0)
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ produced: 0, landed: 0, missing: 0 })
  })

  it.each(['Producing', 'Streaming into Iceberg'])(
    'leaves no process behind after Ctrl-C while %s',
    { timeout: 300_000 },
    async (stage) => {
      const stateFolder = join(folder, stage.split(' ')[0] ?? '')
      let interrupted = false
      const demo = startCli(['demo', '--records', '3000000', '--state-folder', stateFolder], (stderr) => {
        if (interrupted || !stderr.includes(`${stage} ...`)) return
        interrupted = true
        demo.child.kill('SIGINT')
      })
      const run = await demo.ended
      expect(interrupted).toBe(true)
      expect(run).toMatchObject({ code: 130, stderr: expect.stringContaining('Interrupted.') })
      expect(await processesUsing(stateFolder)).toEqual([])
    },
  )

  it('keeps the stack with --keep until it is taken down', { timeout: 300_000 }, async () => {
    const stateFolder = join(folder, 'kept')
    const run = await runCli('demo', '--records', '1000', '--keep', '--state-folder', stateFolder)
    expect(run.code).toBe(0)
    const status = JSON.parse(
      (await runCli('local', 'status', '--json', '--state-folder', stateFolder)).stdout,
    )
    expect(status).toMatchObject({ state: 'running' })
    expect(await processesUsing(stateFolder)).not.toEqual([])
    expect((await runCli('local', 'down', '--state-folder', stateFolder)).code).toBe(0)
    expect(await processesUsing(stateFolder)).toEqual([])
    await access(join(stateFolder, 'warehouse'))
  })
})
