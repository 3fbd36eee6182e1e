import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SparkSession, sparkSession } from '../../src/spark/spark-session.js'
import { expectGone, processesNaming } from '../processes.js'

let stateFolder: string
let session: SparkSession
/** As the engine's garbage collector leaves it. */
let usedHeapBytes: () => number

const newSession = () =>
  sparkSession({
    stateFolder,
    cores: 1,
    driverMemoryMb: 512,
    catalog: { name: 'lake', type: 'hadoop', warehouse: join(stateFolder, 'lake') },
  })
const run = (sql: string, more: { onPart?: (value: unknown) => void; signal?: AbortSignal } = {}) =>
  session.run({ function: 'tidewater_testkit.sql:run', arguments: { namespace: '', sql }, ...more })
const longQuery = 'SELECT count(*) FROM range(0, 100000000000) WHERE rand() < 2'

beforeAll(async () => {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  usedHeapBytes = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-session-test-'))
  session = newSession()
})
afterAll(async () => {
  await session?.close()
  await rm(stateFolder, { recursive: true, force: true })
})

test('a statement that is cancelled does not wait for Spark to start', async () => {
  const controller = new AbortController()
  const cancelled = run('SELECT 1', { signal: controller.signal })
  const waited = run('SELECT 1')
  controller.abort()
  await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await processesNaming(stateFolder)).toEqual([])
  expect(await waited).toMatchObject({ columns: [{ name: '1', type: 'int' }] })
  await expect(run('SELECT 2', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
})

test('rows that their statement has taken are nowhere kept', async () => {
  let rows = 0
  const query = () =>
    run("SELECT concat(repeat('x', 1000), id) FROM range(20000)", {
      onPart: (part) => {
        rows += (part as unknown[]).length
      },
    })
  await query()
  const before = usedHeapBytes()
  await query()
  expect(rows).toBe(40_000)
  expect(usedHeapBytes() - before).toBeLessThan(10_000_000)
})

test('names and texts of a request never become SQL', async () => {
  const hostile = 'x`; DROP TABLE y; --'
  const optimize = { catalog: 'lake', namespace: hostile, table: hostile, where: null, partitions: 1 }
  const call = (call: string, given: object) =>
    session.run({ function: `tidewater_testkit.athena_tables:${call}`, arguments: { ...given } })
  for (const given of [optimize, { ...optimize, namespace: '' }])
    await expect(call('optimize', given)).rejects.toMatchObject({ code: 'QUERY_FAILED' })
  await expect(
    session.run({
      function: 'tidewater_testkit.sql:run',
      arguments: { namespace: hostile, sql: 'SELECT 1' },
    }),
  ).rejects.toMatchObject({ details: { causes: expect.stringMatching(/SCHEMA_NOT_FOUND|NoSuchNamespace/) } })
})

test('Spark that is killed fails what runs, and the next statement starts another', async () => {
  const running = run(longQuery).catch((thrown) => thrown)
  await run('SELECT 1')
  const pids = await processesNaming(stateFolder)
  expect(pids.length).toBeGreaterThanOrEqual(2)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  expect(await running).toMatchObject({ code: 'PROCESS_FAILED' })
  expect(await run('SELECT 1')).toMatchObject({ columns: [{ name: '1' }] })
})

test('closing ends Spark with what runs, also one that is starting, and nothing starts it again', async () => {
  const running = run(longQuery).catch((thrown) => thrown)
  const pids = await processesNaming(stateFolder)
  await session.close()
  await session.close()
  expect(await running).toMatchObject({ code: 'PROCESS_FAILED' })
  await expectGone(pids)
  await expect(run('SELECT 1')).rejects.toMatchObject({ code: 'PROCESS_FAILED' })

  session = newSession()
  const starting = run('SELECT 1').catch((thrown) => thrown)
  await session.close()
  expect(await starting).toMatchObject({ code: 'PROCESS_FAILED' })
  expect(await processesNaming(stateFolder)).toEqual([])
})
