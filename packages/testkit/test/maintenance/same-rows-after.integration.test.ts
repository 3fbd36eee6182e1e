// Every maintenance of a table, by Tidewater's own runner: a reader gets the same rows afterwards, and no file that a snapshot
// needs is gone.
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@tidewater/core/storage'
import {
  maintainTable,
  parsePolicy,
  sparkEngine,
  type TableHealth,
  type TableOperation,
} from '@tidewater/iceberg-ops'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runDocument } from '../../src/spark/run-document.js'
import { maintainedTable, tableName } from './maintained-table.js'

const hourMs = 3_600_000
let stateFolder = ''
let kept: ReturnType<typeof maintainedTable>
let next = 0
/** What a reader of the tag gets, from the beginning to the end. */
let tagged: unknown

beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-kept-'))
  kept = maintainedTable(stateFolder)
  await kept.sql(`CREATE TABLE ${tableName} (id bigint, at timestamp, region string, amount decimal(9, 2), day date,
    score double, raw binary, place struct<x: int, y: string>)
    USING iceberg PARTITIONED BY (region) TBLPROPERTIES ('format-version' = '2',
    'write.delete.mode' = 'merge-on-read', 'write.delete.granularity' = 'partition')`)
  await write()
  await kept.sql(`ALTER TABLE ${tableName} CREATE TAG first`)
  tagged = await kept.rowsOf("VERSION AS OF 'first'")
  await write()
  await write()
  await remove(5)
  await kept.equalityDelete({ column: 'id', values: [6, 36, 66], partition: { region: 'r/0' } })
})
afterAll(async () => {
  await kept?.session.close()
  await rm(stateFolder, { recursive: true, force: true })
})

/** 30 rows in three partitions and the one of null, two files of each. */
async function write(more = ''): Promise<void> {
  await kept.sql(`INSERT INTO ${tableName}
    SELECT id, timestamp'2026-01-30 22:30:00' + make_interval(0, 0, 0, 0, id), if(id % 10 = 9, null, concat('r/', id % 3)),
    cast(id * 1.25 AS decimal(9, 2)), date'1969-12-30' + cast(id % 4 AS int), if(id = 7, double('NaN'), id / 3),
    unhex(hex(id)), named_struct('x', cast(id AS int), 'y', 'ü')${more}
    FROM range(${next}, ${next + 30}, 1, 2)`)
  next += 30
}

const remove = (id: number) => kept.sql(`DELETE FROM ${tableName} WHERE id = ${id}`)
const pastMs = () => Date.now() - 25 * hourMs

interface Step {
  readonly prepare?: () => Promise<void>
  readonly operation: () => TableOperation
  /** What shows that it was carried out, so that equal rows mean something. */
  readonly shows: (before: TableHealth, after: TableHealth, result: Readonly<Record<string, unknown>>) => void
}

const rewrites = (before: TableHealth, after: TableHealth, result: Readonly<Record<string, unknown>>) => {
  expect(Number(result.rewritten_data_files_count)).toBeGreaterThan(4)
  expect(after.dataFiles.count).toBeLessThan(before.dataFiles.count)
}

const steps: Readonly<Record<string, Step>> = {
  'rewrite_data_files by bin packing': {
    operation: () => ({ operation: 'rewrite_data_files', minInputFiles: 2, deleteFileThreshold: 1 }),
    shows: (before, after, result) => {
      rewrites(before, after, result)
      expect(before.deletes).toMatchObject({ equalityDeleteFiles: 1, positionDeleteFiles: 1 })
      expect(after.dataFiles.records).toBeLessThan(before.dataFiles.records)
    },
  },
  'rewrite_data_files by sorting': {
    prepare: () => write(),
    operation: () => ({
      operation: 'rewrite_data_files',
      strategy: 'sort',
      sortBy: [{ column: 'day', direction: 'desc', nulls: 'last' }, { column: 'id' }],
      minInputFiles: 2,
    }),
    shows: rewrites,
  },
  'rewrite_data_files by z-order, in several commits': {
    prepare: () => write(),
    operation: () => ({
      operation: 'rewrite_data_files',
      strategy: 'zorder',
      sortBy: [{ column: 'id' }, { column: 'at' }],
      minInputFiles: 2,
      maxCommits: 3,
      removesDanglingDeletes: true,
    }),
    shows: rewrites,
  },
  'rewrite_data_files of one partition': {
    prepare: () => write(),
    operation: () => ({
      operation: 'rewrite_data_files',
      minInputFiles: 2,
      where: { column: 'region', is: '=', value: 'r/1' },
    }),
    shows: (before, after) => expect(after.dataFiles.count).toBe(before.dataFiles.count - 1),
  },
  rewrite_position_delete_files: {
    prepare: async () => {
      for (const id of [1, 4, 7, 10, 13]) await remove(id)
    },
    operation: () => ({ operation: 'rewrite_position_delete_files' }),
    shows: ({ deletes: before }, { deletes: after }) => {
      expect(before.positionDeleteFiles).toBeGreaterThanOrEqual(5)
      expect(after.positionDeleteFiles).toBeLessThanOrEqual(before.positionDeleteFiles - 4)
    },
  },
  rewrite_manifests: {
    operation: () => ({ operation: 'rewrite_manifests' }),
    shows: ({ manifests: before }, { manifests: after }) =>
      expect(after.dataManifests).toBeLessThan(before.dataManifests),
  },
  compute_table_stats: {
    operation: () => ({ operation: 'compute_table_stats', columns: ['id', 'region'] }),
    shows: (_, __, result) => expect(result.statistics_file).toMatch(/\.stats$/),
  },
  expire_snapshots: {
    operation: () => ({ operation: 'expire_snapshots', olderThanMs: Date.now(), retainLast: 1 }),
    shows: (before, after, result) => {
      expect(before.snapshots.count).toBeGreaterThan(10)
      // The current one and the tag's.
      expect(after.snapshots.count).toBe(2)
      expect(Number(result.deleted_data_files_count)).toBeGreaterThan(4)
    },
  },
  remove_orphan_files: {
    prepare: async () => {
      await kept.age()
      for (const name of ['old', 'young']) await writeFile(stray(name), 'left over')
      await utimes(stray('old'), 1_700_000_000, 1_700_000_000)
    },
    operation: () => ({ operation: 'remove_orphan_files', olderThanMs: pastMs(), dryRun: false }),
    shows: (before, after, result) => {
      expect([before.orphans?.count, after.orphans?.count]).toEqual([1, 0])
      expect(result).toMatchObject({ orphanFiles: 1 })
    },
  },
}
const stray = (name: string) => join(kept.location, 'data', `${name}.parquet`)

it.each(Object.keys(steps))('%s', async (name) => {
  const { prepare, operation, shows } = steps[name] as Step
  await prepare?.()
  const before = { rows: await kept.rowsOf(), health: await kept.measure(pastMs()) }
  const engine = sparkEngine({ runner: kept.runner, table: kept.table })
  const [result] = await engine.run([operation()], {})
  expect(await kept.rowsOf()).toEqual(before.rows)
  expect(await kept.rowsOf("VERSION AS OF 'first'")).toEqual(tagged)
  expect(await kept.lost()).toEqual([])
  shows(before.health, await kept.measure(pastMs()), result?.result ?? {})
})

it('takes orphans by age: what is young stays', async () => {
  expect(await kept.isThere(stray('old'))).toBe(false)
  expect(await kept.isThere(stray('young'))).toBe(true)
  await rm(stray('young'))
})

// Of what is due everything, at once.
const policy = parsePolicy({
  version: 1,
  rules: [
    {
      tables: ['db.*'],
      thresholds: { maxManifestsPerPartition: 1 },
      operations: {
        rewriteDataFiles: { hotForHours: 0, minInputFiles: 2 },
        rewriteManifests: { minManifests: 2 },
        rewritePositionDeleteFiles: { minFiles: 1 },
        expireSnapshots: { maxAgeHours: 0 },
        removeOrphanFiles: { minAgeHours: 24, dryRun: false },
      },
    },
  ],
})

it('is interrupted by a kill between two operations, goes on when it is run again, and loses nothing', async () => {
  await kept.sql(`ALTER TABLE ${tableName} ADD COLUMNS (tags array<string>, attributes map<string, bigint>)`)
  for (let times = 0; times < 2; times++)
    await write(", array(cast(id AS string), null), map('k', id, 'none', null)")
  for (const id of [190, 193]) await remove(id)
  const engine = sparkEngine({ runner: kept.runner, table: kept.table })
  // Why it is left out of the plan: the day that Iceberg can do it again, this fails.
  await expect(
    engine.run([{ operation: 'rewrite_position_delete_files', minInputFiles: 2 }], {}),
  ).rejects.toThrow('Invalid partition field parent')
  const rows = await kept.rowsOf()
  const measure = () => kept.measure(pastMs())
  const lease = { store: fileStore, holder: 'here' }
  await kept.age()
  await writeFile(stray('old'), 'left over')
  await utimes(stray('old'), 1_700_000_000, 1_700_000_000)
  const options = { policy, measure, lease, engine }
  const planned = await maintainTable({ ...options, dryRun: true })
  expect(planned.plan.decisions).toMatchObject([
    { name: 'rewrite_data_files', planned: true },
    {
      name: 'rewrite_position_delete_files',
      planned: false,
      reason: expect.stringContaining('tags, attributes'),
    },
    {},
    { name: 'expire_snapshots', planned: true },
    { name: 'remove_orphan_files', planned: true },
  ])
  const killed = {
    icebergVersion: kept.runner.icebergVersion,
    async run(plan: object) {
      const run = await runDocument('maintain', '--plan', plan as { table: typeof kept.table }, {
        stateFolder,
        driverMemoryMb: 768,
        onEvent: ({ event }) => {
          if (event === 'operation') void run.kill()
        },
      })
      const { outcome } = await run.wait()
      throw new Error(`The run was ${outcome}`)
    },
  }
  const first = maintainTable({ ...options, engine: sparkEngine({ runner: killed, table: kept.table }) })
  await expect(first).rejects.toMatchObject({ message: 'The run was killed' })
  expect(await kept.rowsOf()).toEqual(rows)
  expect(await kept.lost()).toEqual([])

  const outcome = await maintainTable(options)
  expect(outcome).toMatchObject({ status: 'done', attempts: 1, after: { orphans: { count: 0 } } })
  // What the first one committed is not done again.
  expect(outcome.plan.decisions[0]).toMatchObject({ name: 'rewrite_data_files', planned: false })
  expect(await kept.isThere(stray('old'))).toBe(false)
  expect(await kept.rowsOf()).toEqual(rows)
  expect(await kept.rowsOf("VERSION AS OF 'first'")).toEqual(tagged)
  expect(await kept.lost()).toEqual([])
})
