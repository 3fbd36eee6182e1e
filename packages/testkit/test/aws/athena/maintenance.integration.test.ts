import { AthenaClient, ListQueryExecutionsCommand, StopQueryExecutionCommand } from '@aws-sdk/client-athena'
import { GetTableCommand, GlueClient, UpdateTableCommand } from '@aws-sdk/client-glue'
import { createS3Store, type ObjectStore } from '@tidewater/core/storage'
import { type MaintenanceEngine, maintainTable, measureTable, parsePolicy } from '@tidewater/iceberg-ops'
import { athenaEngine } from '@tidewater/iceberg-ops/athena'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { accountOf, awsStack, clientConfig, eventually, keysBelow, s3Client } from '../stack-fixture.js'
import { athenaQueries } from './queries.js'

const { stack } = awsStack()
const { start, look, inState, done, cells } = athenaQueries(() => athena)
let athena: AthenaClient
let glue: GlueClient
let store: ObjectStore

const days = ['2026-01-01', '2026-01-02', '2026-01-03', undefined]
/** Has Spark's only core for as long as it is left to run. */
const longQuery = 'SELECT count(*) FROM range(0, 100000000000) a WHERE rand() < 2'

/** Four partitions of two files, one of them for rows without a time. */
async function newTable(name: string): Promise<void> {
  await done(`CREATE TABLE web.${name} (id bigint, name string, price decimal(10, 2), at timestamp)
    PARTITIONED BY (day(at)) LOCATION 's3://tidewater/lake/${name}'
    TBLPROPERTIES ('table_type'='ICEBERG')`)
  for (let time = 0; time < 2; time++) {
    const rows = days.map((day, at) => {
      const text = at === 1 ? 'NULL' : `'it''s \\ ${time}'`
      const instant = day === undefined ? 'NULL' : `TIMESTAMP '${day} 0${time}:00:00'`
      return `(${10 * time + at}, ${text}, ${at}.5${time}, ${instant})`
    })
    await done(`INSERT INTO web.${name} VALUES ${rows.join(', ')}`)
  }
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: 'web', Name: name }))
  const { StorageDescriptor, TableType, Parameters } = Table ?? {}
  const TableInput = { Name: name, StorageDescriptor, TableType, Parameters: { ...Parameters, owner: 'me' } }
  await glue.send(new UpdateTableCommand({ DatabaseName: 'web', TableInput }))
}

/** The number of rows, and a checksum over all of their columns. */
const rowsOf = (name: string) =>
  cells(`SELECT count(*), sum(CAST(xxhash64(id, name, price, at) AS decimal(38, 0))) FROM web.${name}`)
const filesPerDay = async (name: string) =>
  (await cells(`SELECT count(*) FROM web.${name}.files GROUP BY partition`)).flat()
const ownerOf = async (name: string) =>
  (await glue.send(new GetTableCommand({ DatabaseName: 'web', Name: name }))).Table?.Parameters?.owner

const merging = { rewriteDataFiles: { hotForHours: 0, minInputFiles: 2 }, expireSnapshots: false } as const
const vacuuming = {
  rewriteDataFiles: false,
  expireSnapshots: { maxAgeHours: 0 },
  removeOrphanFiles: { dryRun: false },
} as const

interface Maintenance {
  readonly operations?: object
  readonly signal?: AbortSignal
  readonly onProgress?: (message: string) => void
}

async function maintain(name: string, { operations = merging, ...call }: Maintenance = {}) {
  const engine = await athenaEngine({ ...accountOf(stack()), database: 'web', name })
  try {
    return await maintainTable({
      policy: parsePolicy({ version: 1, rules: [{ tables: ['*'], operations }] }),
      engine: withoutAge(engine),
      measure: (signal) =>
        measureTable(
          `web.${name}`,
          { ...accountOf(stack()), type: 'glue', database: 'web', name },
          { objects: store, nowMs: Date.now(), orphansOlderThanMs: Date.now(), signal },
        ),
      lease: { store, holder: 'test' },
      ...call,
    })
  } finally {
    engine.close()
  }
}

/** No policy lets files go that are younger than a day, and here all are. */
function withoutAge(engine: MaintenanceEngine): MaintenanceEngine {
  const age = 'vacuum_max_snapshot_age_seconds'
  return {
    ...engine,
    run: (operations, call) =>
      engine.run(
        operations.map((one) =>
          one.operation === 'set_table_properties'
            ? { ...one, properties: { ...one.properties, [age]: '0' } }
            : one,
        ),
        call,
      ),
  }
}

beforeAll(async () => {
  const config = clientConfig(stack())
  athena = new AthenaClient(config)
  glue = new GlueClient(config)
  store = await createS3Store({ ...accountOf(stack()), pathStyle: true })
  const QueryExecutionContext = {}
  await inState(await start('CREATE DATABASE web', { QueryExecutionContext }), /SUCCEEDED/)
})
afterEach(() =>
  stack().athena.behave({ partitionsPerOptimize: 100, dmlTimeoutMs: 1_800_000, activeQueriesMax: 200 }),
)

it('merges in rounds that it tells one by one, measures what came of it, and puts back what Glue lost', async () => {
  await newTable('rounds')
  const before = await rowsOf('rounds')
  stack().athena.behave({ partitionsPerOptimize: 1 })
  const said: string[] = []
  const outcome = await maintain('rounds', { onProgress: (message) => said.push(message) })
  expect(outcome).toMatchObject({
    status: 'done',
    attempts: 1,
    effects: [
      { name: 'set_table_properties' },
      {
        name: 'rewrite_data_files',
        achieved: true,
        measured: 'files to rewrite in 4 partitions: 8 became 4',
      },
    ],
    results: [
      { operation: 'set_table_properties' },
      { operation: 'rewrite_data_files', result: { rounds: 4, queries: 4 } },
    ],
  })
  expect(said).toEqual([
    ...[1, 2, 3].map((round) => `rewrite_data_files, round ${round}: Processed 1 partitions in this round`),
    'put back the parameters owner in Glue',
  ])
  expect(await filesPerDay('rounds')).toEqual(['1', '1', '1', '1'])
  expect(await rowsOf('rounds')).toEqual(before)
  expect(await ownerOf('rounds')).toBe('me')
  expect(await maintain('rounds')).toMatchObject({ status: 'nothing-to-do' })
})

it('goes on by halves of the partitions after a time-out', async () => {
  await newTable('halves')
  const before = await rowsOf('halves')
  stack().athena.behave({ dmlTimeoutMs: 0 })
  const said: string[] = []
  const onProgress = (message: string) => {
    said.push(message)
    // Of the whole, and of its first half.
    if (said.length === 2) stack().athena.behave({ dmlTimeoutMs: 1_800_000 })
  }
  const { results, effects } = await maintain('halves', { onProgress })
  expect(said.slice(0, 2)).toEqual(
    Array(2).fill('rewrite_data_files ran out of time, and goes on by halves of its partitions'),
  )
  // The whole, its first half, the two of that, and the second half.
  expect(results[1]).toMatchObject({ result: { queries: 5 } })
  expect(effects[1]).toMatchObject({ achieved: true })
  expect(await filesPerDay('halves')).toEqual(['1', '1', '1', '1'])
  expect(await rowsOf('halves')).toEqual(before)
})

it('gives up what runs out of time for a single partition, and says what helps', async () => {
  await newTable('slow')
  stack().athena.behave({ dmlTimeoutMs: 0 })
  await expect(maintain('slow')).rejects.toMatchObject({
    code: 'MAINTENANCE_FAILED',
    retryable: false,
    message: expect.stringContaining('Query timeout'),
    remedy: 'Raise the DML timeout of the account, or use Spark.',
  })
})

it('waits while Athena has too many queries', async () => {
  await newTable('busy')
  const running = await start(longQuery)
  stack().athena.behave({ activeQueriesMax: 1 })
  const from = stack().requests().length
  const maintained = maintain('busy')
  await eventually(async () =>
    stack()
      .requests()
      .slice(from)
      .find(({ operation, status }) => operation === 'StartQueryExecution' && status === 400),
  )
  await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: running }))
  expect(await maintained).toMatchObject({ status: 'done', attempts: 1, effects: [{}, { achieved: true }] })
  expect(await filesPerDay('busy')).toEqual(['1', '1', '1', '1'])
})

it('finds that VACUUM deleted nothing, and deletes once it may', async () => {
  await newTable('held')
  const before = await rowsOf('held')
  // Older files than those of the newest snapshot: what VACUUM is to remove.
  await maintain('held')
  const files = async () => (await keysBelow(s3Client(stack()), 'lake/held/data/')).length
  expect(await files()).toBe(12)
  stack().athena.behave({ vacuumDeletesNothing: true })
  await expect(maintain('held', { operations: vacuuming })).rejects.toMatchObject({
    code: 'MAINTENANCE_FAILED',
    retryable: false,
    message: expect.stringMatching(/^vacuum of web\.held ended without an error and achieved nothing/),
    remedy: expect.stringContaining('s3:DeleteObject'),
  })
  expect(await files()).toBe(12)
  expect(await ownerOf('held')).toBe('me')

  stack().athena.behave({ vacuumDeletesNothing: false })
  await done("INSERT INTO web.held VALUES (99, 'new', 1.00, TIMESTAMP '2026-01-05 00:00:00')")
  await done('DELETE FROM web.held WHERE id = 99')
  expect(await maintain('held', { operations: vacuuming })).toMatchObject({
    status: 'done',
    effects: [{ name: 'set_table_properties' }, { name: 'vacuum', achieved: true }],
    after: { orphans: { count: 0 }, snapshots: { count: 1 } },
  })
  expect(await files()).toBe(4)
  expect(await rowsOf('held')).toEqual(before)
  expect(await ownerOf('held')).toBe('me')
})

it('stops the query when it is cancelled, and leaves the table as it was', async () => {
  await newTable('left')
  const before = await rowsOf('left')
  const running = await start(longQuery)
  await inState(running, /RUNNING/)
  const controller = new AbortController()
  const maintained = maintain('left', { signal: controller.signal }).catch((thrown) => thrown)
  const ofMaintenance = await eventually(async () => {
    const { QueryExecutionIds: [newest = ''] = [] } = await athena.send(new ListQueryExecutionsCommand({}))
    const { Query, Status } = await look(newest)
    return Query?.startsWith('OPTIMIZE') && Status?.State === 'RUNNING' ? newest : undefined
  })
  controller.abort()
  expect(await maintained).toMatchObject({ code: 'ABORTED' })
  await inState(ofMaintenance, /CANCELLED/)
  await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: running }))
  expect(await rowsOf('left')).toEqual(before)
  expect(await filesPerDay('left')).toEqual(['2', '2', '2', '2'])
  // Its lease is given back.
  expect(await maintain('left')).toMatchObject({ status: 'done', effects: [{}, { achieved: true }] })
  expect(await rowsOf('left')).toEqual(before)
})
