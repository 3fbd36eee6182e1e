import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { stopLocal, upLocal } from '@tidewater/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const examples = fileURLToPath(new URL('..', import.meta.url))
const execute = promisify(execFile)
let stateFolder: string

beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-examples-'))
  await upLocal({ stateFolder })
})
afterAll(async () => {
  await stopLocal(stateFolder)
  await rm(stateFolder, { recursive: true, force: true })
})

// As a user runs them: programs of their own, on the built packages.
async function run(example: string): Promise<string> {
  const env = { ...process.env, TIDEWATER_STATE_FOLDER: stateFolder }
  const { stdout } = await execute(process.execPath, ['--import', 'tsx', example], { cwd: examples, env })
  return stdout
}

describe('the examples, in order', () => {
  it('04 creates the topic, and has nothing to do the second time', async () => {
    expect(await run('04-create-topic.ts')).toMatch(
      /^netflow-example: create .*\n( {2}partition \d, leader \d\n){3}$/,
    )
    expect(await run('04-create-topic.ts')).toMatch(/^netflow-example: none /)
  })

  it('05 delivers 100,000 records', async () => {
    expect(await run('05-generate-data.ts')).toBe('100000 records delivered by 10 producers\n')
  })

  it('06 delivers 20,000 more from a hundred workers', async () => {
    expect(await run('06-run-fleet.ts')).toBe(
      '20000 records delivered by 100 workers\n0 failed, 0 uncertain, 0 restarts\nKafka-P101 delivered 200, Kafka-P200 200\n',
    )
  })

  it('07 streams all of them into the table', async () => {
    const output = await run('07-consume.ts')
    expect(output).toMatch(/^120000 records in ([6-9]|10) micro-batches \(available-now-done\)$/m)
  })

  it('10 leaves fewer files and snapshots, and every record', async () => {
    const output = await run('10-maintain.ts')
    const [before, after] = [
      ...output.matchAll(/^(?:before|after) (\d+) records, (\d+) data files, (\d+) snapshots$/gm),
    ].map(([, records, dataFiles, snapshots]) => ({
      records,
      dataFiles: Number(dataFiles),
      snapshots: Number(snapshots),
    }))
    expect(before?.records).toBe('120000')
    expect(after?.records).toBe('120000')
    expect(after?.dataFiles).toBeLessThan(before?.dataFiles ?? 0)
    expect(after?.snapshots).toBeLessThan(before?.snapshots ?? 0)
  })
})

describe('an example', () => {
  it('has at most 60 lines', async () => {
    const files = (await readdir(examples)).filter((name) => name.endsWith('.ts'))
    expect(files.length).toBeGreaterThanOrEqual(5)
    for (const name of files) {
      const lines = (await readFile(join(examples, name), 'utf8')).trimEnd().split('\n').length
      expect({ name, fits: lines <= 60 }).toEqual({ name, fits: true })
    }
  })
})
