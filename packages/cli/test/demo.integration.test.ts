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

describe('tidewater demo', { timeout: 900_000 }, () => {
  it('lands each of 30,000 records exactly once, and keeps the stack with --keep until it is taken down', async () => {
    const json = join(folder, 'summary.json')
    const stateFolder = join(folder, 'whole')
    const run = await runCli(
      'demo',
      '--records',
      '30000',
      '--json',
      json,
      '--state-folder',
      stateFolder,
      '--keep',
    )
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

    const status = await runCli('local', 'status', '--json', '--state-folder', stateFolder)
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'running' })
    const again = await runCli('demo', '--records', '1', '--state-folder', stateFolder)
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('is not empty') })
    expect((await runCli('local', 'down', '--state-folder', stateFolder)).code).toBe(0)
    expect(await processesUsing(stateFolder)).toEqual([])
    await access(join(stateFolder, 'warehouse'))
  })

  it.each([
    [['--aws', '--keep'], 'keep'],
    [['--aws', '--iam'], 'iam'],
  ])('refuses %j, which it can not do together', async (args, option) => {
    const run = await runCli('demo', ...args)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(option)
    expect(run.stderr).toContain('cannot go with aws')
  })

  it.each([
    ['Producing', '3000000'],
    ['Streaming into Iceberg', '50000'],
  ])('leaves no process behind after Ctrl-C while %s', async (stage, records) => {
    const stateFolder = join(folder, stage.split(' ')[0] ?? '')
    let interrupted = false
    const demo = startCli(['demo', '--records', records, '--state-folder', stateFolder], (stderr) => {
      if (interrupted || !stderr.includes(`${stage} ...`)) return
      interrupted = true
      demo.child.kill('SIGINT')
    })
    const run = await demo.ended
    expect(interrupted).toBe(true)
    expect(run).toMatchObject({ code: 130, stderr: expect.stringContaining('Interrupted.') })
    expect(await processesUsing(stateFolder)).toEqual([])
  })

  it('tries at the start what could only fail at the end', async () => {
    const run = await runCli('demo', '--records', '1', '--json', '/dev/null/summary.json')
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Can't write the summary to /dev/null"),
    })
  })
})
