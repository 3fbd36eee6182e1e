import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AthenaClient,
  CreateWorkGroupCommand,
  DeleteWorkGroupCommand,
  GetQueryResultsCommand,
  GetQueryRuntimeStatisticsCommand,
  GetWorkGroupCommand,
  ListWorkGroupsCommand,
  paginateGetQueryResults,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { GetTableCommand, GlueClient, UpdateTableCommand } from '@aws-sdk/client-glue'
import { athenaEngine } from '@tidewater/iceberg-ops/athena'
import { beforeAll, expect, it } from 'vitest'
import { fault } from '../../../src/aws/service.js'
import { preparePython } from '../../../src/index.js'
import {
  accountOf,
  awsStack,
  clientConfig,
  eventually,
  keysBelow,
  readObject,
  s3Client,
} from '../stack-fixture.js'
import { athenaQueries } from './queries.js'

const { stack, stateFolder } = awsStack()
const { start, look, inState, run, done, cells, rounds } = athenaQueries(() => athena)
/** Long enough for Spark to be at work on it, whatever the machine does beside. */
const longQuery = 'SELECT count(*) FROM range(0, 100000000000) a WHERE rand() < 2'
let athena: AthenaClient
let glue: GlueClient

const filesByDay = () =>
  cells('SELECT "partition"."day", count(*) FROM web.clicks.files GROUP BY 1 ORDER BY 1')

const tableOf = async (name: string) =>
  (await glue.send(new GetTableCommand({ DatabaseName: 'web', Name: name }))).Table
const parametersOf = async (name: string) => (await tableOf(name))?.Parameters
const setParameter = async (name: string, parameter: string) => {
  const { StorageDescriptor, TableType, Parameters } = (await tableOf(name)) ?? {}
  const TableInput = {
    Name: name,
    StorageDescriptor,
    TableType,
    Parameters: { ...Parameters, [parameter]: '-' },
  }
  await glue.send(new UpdateTableCommand({ DatabaseName: 'web', TableInput }))
}

beforeAll(async () => {
  athena = new AthenaClient(clientConfig(stack()))
  glue = new GlueClient(clientConfig(stack()))
  const { QueryExecutionId: created = '' } = await athena.send(
    new StartQueryExecutionCommand({ QueryString: 'CREATE DATABASE web' }),
  )
  await inState(created, /SUCCEEDED/)
  await done(`CREATE TABLE web.clicks (id bigint, name string, day date)
    PARTITIONED BY (day) LOCATION 's3://tidewater/lake/clicks'
    TBLPROPERTIES ('table_type'='ICEBERG', 'optimize_rewrite_data_file_threshold'='2')`)
  for (const [id, day] of [1, 2, 3].flatMap((day) => [
    [day, day],
    [day + 10, day],
  ]))
    await done(`INSERT INTO web.clicks VALUES (${id}, 'it''s \\ one', DATE '2026-01-0${day}')`)
})

it('selects by pages, with a header, columns and a file of results', async () => {
  const query = await done('SELECT "id", name, CAST(NULL AS int) AS nothing FROM "web"."clicks" ORDER BY id')
  const { QueryExecutionId, ResultConfiguration, Statistics } = query
  expect(query).toMatchObject({ StatementType: 'DML', SubstatementType: 'SELECT', WorkGroup: 'primary' })
  const pages = []
  for await (const page of paginateGetQueryResults({ client: athena, pageSize: 4 }, { QueryExecutionId }))
    pages.push(page)
  expect(pages.map(({ ResultSet }) => ResultSet?.Rows?.length)).toEqual([4, 3])
  expect(pages[0]?.ResultSet?.ResultSetMetadata?.ColumnInfo).toMatchObject([
    { Name: 'id', Type: 'bigint', Precision: 19 },
    { Name: 'name', Type: 'varchar' },
    { Name: 'nothing', Type: 'integer' },
  ])
  expect(pages[0]?.ResultSet?.Rows?.slice(0, 2)).toEqual([
    { Data: [{ VarCharValue: 'id' }, { VarCharValue: 'name' }, { VarCharValue: 'nothing' }] },
    { Data: [{ VarCharValue: '1' }, { VarCharValue: "it's \\ one" }, {}] },
  ])
  expect(ResultConfiguration?.OutputLocation).toBe(`s3://tidewater/athena-results/${QueryExecutionId}.csv`)
  const csv = (await readObject(s3Client(stack()), `athena-results/${QueryExecutionId}.csv`)).toString()
  expect(csv.split('\n').slice(0, 2)).toEqual(['"id","name","nothing"', `"1","it's \\ one",`])
  expect(Statistics?.DataScannedInBytes).toBeGreaterThan(0)
  expect(Statistics?.TotalExecutionTimeInMillis).toBe(
    (Statistics?.QueryQueueTimeInMillis ?? 0) + (Statistics?.EngineExecutionTimeInMillis ?? 0),
  )
  const statistics = await eventually(
    async () =>
      (await athena.send(new GetQueryRuntimeStatisticsCommand({ QueryExecutionId }))).QueryRuntimeStatistics,
  )
  expect(statistics.Rows?.OutputRows).toBe(6)
  const tooMany = new GetQueryResultsCommand({ QueryExecutionId, MaxResults: 1_001 })
  await expect(athena.send(tooMany)).rejects.toMatchObject({ name: 'InvalidRequestException' })
})

it.each([
  ['files', 'sum(record_count)', '6'],
  ['manifests', 'sum(added_data_files_count)', '6'],
  ['history', 'count_if(is_current_ancestor)', '6'],
  ['partitions', 'sum(file_count)', '6'],
  ['snapshots', 'count(DISTINCT snapshot_id)', '6'],
  ['refs', 'max(name)', 'main'],
])('selects from "clicks$%s"', async (table, what, value) => {
  expect(await cells(`SELECT ${what} FROM "web"."clicks$${table}"`)).toEqual([[value]])
  expect(await cells(`SELECT ${what} FROM "clicks$${table}"`)).toEqual([[value]])
})

it('optimizes the partitions of a predicate, then all in rounds', async () => {
  await setParameter('clicks', 'owner')
  const optimize = 'OPTIMIZE web.clicks REWRITE DATA USING BIN_PACK'
  const { QueryExecutionId, Statistics } = await done(`${optimize} WHERE "day" >= DATE '2026-01-03'`)
  expect(await filesByDay()).toEqual([
    ['2026-01-01', '2'],
    ['2026-01-02', '2'],
    ['2026-01-03', '1'],
  ])
  expect(Statistics?.DataScannedInBytes).toBeGreaterThan(0)
  expect((await athena.send(new GetQueryResultsCommand({ QueryExecutionId }))).ResultSet?.Rows).toEqual([])
  expect(await parametersOf('clicks')).not.toHaveProperty('owner')

  const { Status } = await run(`${optimize} WHERE id > 1`)
  expect(Status).toMatchObject({
    State: 'FAILED',
    StateChangeReason: expect.stringContaining('Unexpected FilterNode found in plan'),
  })
  stack().athena.behave({ partitionsPerOptimize: 1 })
  expect(await rounds(optimize)).toEqual([
    expect.stringMatching(/^ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED: Processed 1 partitions in this round/),
  ])
  expect((await filesByDay()).map(([, files]) => files)).toEqual(['1', '1', '1'])
})

it('vacuums in rounds, and by what it may delete', async () => {
  const files = async () => (await keysBelow(s3Client(stack()), 'lake/clicks/')).length
  const before = await files()
  await done("ALTER TABLE web.clicks SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0')")
  stack().athena.behave({ vacuumDeletesNothing: true })
  await done('VACUUM web.clicks')
  expect(await cells('SELECT count(*) FROM web.clicks.snapshots')).toEqual([['1']])
  expect(await files()).toBeGreaterThan(before)

  stack().athena.behave({ vacuumDeletesNothing: false, filesPerVacuum: 20 })
  const said = await rounds('VACUUM web.clicks')
  expect(said.length).toBeGreaterThan(0)
  expect(new Set(said.map((one) => one.split('.')[0]))).toEqual(
    new Set(['ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed 20 files in this round']),
  )
  expect(await files()).toBeLessThan(before)
  expect(await cells('SELECT count(*) FROM web.clicks')).toEqual([['6']])

  await done(
    "CREATE TABLE web.root (id bigint) LOCATION 's3://tidewater' TBLPROPERTIES ('table_type'='ICEBERG')",
  )
  const { Status } = await run('VACUUM web.root')
  expect(Status).toMatchObject({
    State: 'FAILED',
    StateChangeReason: expect.stringMatching(/^GENERIC_INTERNAL_ERROR: Path missing in file system location/),
  })
})

it('serves our own engine, over partitions by transforms and with parameters in Glue', async () => {
  await done(`CREATE TABLE web.events (id bigint, name string, at timestamp)
    PARTITIONED BY (bucket(2, id), truncate(1, name), day(at))
    TBLPROPERTIES ('table_type'='ICEBERG', 'optimize_rewrite_data_file_threshold'='2',
      'vacuum_max_snapshot_age_seconds'='0')`)
  const values = ["(1, 'ab', TIMESTAMP '2026-01-01 10:00:00')", "(2, NULL, TIMESTAMP '1969-12-31 23:00:00')"]
  const rows = [...values, "(7, 'bc', NULL)"].join(', ')
  for (let time = 0; time < 2; time++) await done(`INSERT INTO web.events VALUES ${rows}`)
  const partitions = await cells('SELECT count(*) FROM (SELECT DISTINCT partition FROM web.events.files)')
  expect(partitions).toEqual([['3']])
  await setParameter('events', 'owner')

  stack().athena.behave({ partitionsPerOptimize: 1, filesPerVacuum: 5 })
  const engine = await athenaEngine({ ...accountOf(stack()), database: 'web', name: 'events' })
  const operations = [{ operation: 'rewrite_data_files' }, { operation: 'vacuum' }] as const
  const [rewrite, vacuum] = await engine.run(operations, {})
  engine.close()
  expect(rewrite?.result).toMatchObject({ rounds: 3 })
  expect(vacuum?.result).toMatchObject({ rounds: expect.toSatisfy((rounds) => rounds > 1) })
  expect(await cells('SELECT count(*) FROM web.events.files')).toEqual([['3']])
  expect(await cells('SELECT count(*) FROM web.events')).toEqual([['6']])
  expect(await parametersOf('events')).toHaveProperty('owner')
})

it('optimizes by what selects whole partitions only', async () => {
  await done(`CREATE TABLE web.parts (id bigint, at timestamp) PARTITIONED BY (day(at), bucket(2, id))
    TBLPROPERTIES ('table_type'='ICEBERG')`)
  const reason = async (where: string) =>
    (await run(`OPTIMIZE web.parts REWRITE DATA USING BIN_PACK WHERE ${where}`)).Status?.StateChangeReason
  const from = "at >= TIMESTAMP '2026-01-01 00:00:00 UTC'"
  expect(await reason(from)).toBeUndefined()
  expect(await reason(`(${from} AND at < TIMESTAMP '2026-01-02 00:00:00 UTC') OR at IS NULL`)).toBeUndefined()
  for (const cut of ["at >= TIMESTAMP '2026-01-01 00:30:00 UTC'", `${from} AND id = 1`, 'hour(at) = 1'])
    expect(await reason(cut)).toMatch(/^NOT_SUPPORTED: Unexpected FilterNode found in plan/)
  expect(await reason('missing = 1')).toMatch(/^COLUMN_NOT_FOUND/)
  expect(await reason('at = ')).toMatch(/^SYNTAX_ERROR/)
})

it('applies deletes once a data file has as many files of them as the table says', async () => {
  await done(`CREATE TABLE web.fewer (id bigint)
    TBLPROPERTIES ('table_type'='ICEBERG', 'write.delete.mode'='merge-on-read')`)
  await done('INSERT INTO web.fewer SELECT id FROM range(0, 10, 1, 1)')
  const optimized = async () => (await done('OPTIMIZE web.fewer REWRITE DATA USING BIN_PACK')).Statistics
  await done('DELETE FROM web.fewer WHERE id = 1')
  expect(await optimized()).toMatchObject({ DataScannedInBytes: 0 })
  // A second file would need another engine: Spark merges its own into one.
  await done("ALTER TABLE web.fewer SET TBLPROPERTIES ('optimize_rewrite_delete_file_threshold'='1')")
  expect((await optimized())?.DataScannedInBytes).toBeGreaterThan(0)
  expect(await cells('SELECT count(*) FROM web.fewer')).toEqual([['9']])
})

it('refuses to optimize a table of format version 1', async () => {
  await done("CREATE TABLE web.old (id bigint) TBLPROPERTIES ('table_type'='ICEBERG', 'format-version'='1')")
  const { Status } = await run('OPTIMIZE web.old REWRITE DATA USING BIN_PACK')
  expect(Status).toMatchObject({
    State: 'FAILED',
    StateChangeReason: expect.stringMatching(/^NOT_SUPPORTED/),
  })
})

it('cancels what runs and what waits, and ends what takes too long', async () => {
  stack().athena.behave({ runningQueriesMax: 1 })
  const running = await start(longQuery)
  const waiting = await start('SELECT 1')
  await inState(running, /RUNNING/)
  await expect(athena.send(new GetQueryResultsCommand({ QueryExecutionId: running }))).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message: expect.stringContaining('RUNNING'),
  })
  expect((await look(waiting)).Status?.State).toBe('QUEUED')
  for (const QueryExecutionId of [waiting, running])
    await athena.send(new StopQueryExecutionCommand({ QueryExecutionId }))
  await inState(waiting, /CANCELLED/)
  await inState(running, /CANCELLED/)

  stack().athena.behave({ runningQueriesMax: 4, dmlTimeoutMs: 500 })
  const { Status } = await run(longQuery)
  expect(Status).toMatchObject({
    State: 'FAILED',
    StateChangeReason: 'Query timeout',
    AthenaError: { ErrorCategory: 1, ErrorType: 206, Retryable: false },
  })
  stack().athena.behave({ dmlTimeoutMs: 1_800_000 })
  expect(await cells('SELECT 1')).toEqual([['1']])
})

it('is idempotent by its token, and refuses what is too much', async () => {
  const ClientRequestToken = randomUUID()
  const id = await start('SELECT 1', { ClientRequestToken })
  expect(await start('SELECT 1', { ClientRequestToken })).toBe(id)
  const refusal = { name: 'InvalidRequestException', AthenaErrorCode: 'INVALID_INPUT' }
  await expect(start('SELECT 2', { ClientRequestToken })).rejects.toMatchObject(refusal)
  await expect(start(`SELECT '${'x'.repeat(262_144)}'`)).rejects.toMatchObject(refusal)
  await expect(start('VACUUM "web"."clicks"')).rejects.toMatchObject({
    ...refusal,
    message: `line 1:8: mismatched input '"web"'`,
  })
  await inState(id, /SUCCEEDED/)

  stack().athena.behave({ activeQueriesMax: 1 })
  const running = await start(longQuery)
  const tooMany = { name: 'TooManyRequestsException', Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' }
  await expect(start('SELECT 1')).rejects.toMatchObject(tooMany)
  await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: running }))
  await inState(running, /CANCELLED/)
  stack().athena.behave({ activeQueriesMax: 200 })
  const throttled = fault('TooManyRequestsException', 400, 'Rate exceeded')
  stack().injectFault(throttled, { operation: 'StartQueryExecution' })
  await expect(start('SELECT 1')).rejects.toMatchObject({ name: 'TooManyRequestsException' })

  stack().athena.failNext({ message: 'ICEBERG_COMMIT_ERROR: told so', category: 2 })
  expect((await run('VACUUM web.clicks')).Status?.StateChangeReason).toBe('ICEBERG_COMMIT_ERROR: told so')
  for (const [sql, name] of [
    ['SELECT 1 FROM web.missing', /^TABLE_NOT_FOUND/],
    ['SELECT missing FROM web.clicks', /^COLUMN_NOT_FOUND/],
    ['SELECT (1', /^SYNTAX_ERROR/],
    ['SELECT no_function(1)', /^SYNTAX_ERROR/],
  ] as const)
    expect((await run(sql)).Status).toMatchObject({
      StateChangeReason: expect.stringMatching(name),
      AthenaError: { ErrorCategory: 2 },
    })
})

it('has workgroups, whose place for results beats that of a query', async () => {
  const ResultConfiguration = { OutputLocation: 's3://tidewater/of-the-group' }
  await athena.send(new CreateWorkGroupCommand({ Name: 'reports', Configuration: { ResultConfiguration } }))
  const { WorkGroup } = await athena.send(new GetWorkGroupCommand({ WorkGroup: 'reports' }))
  expect(WorkGroup).toMatchObject({
    State: 'ENABLED',
    Configuration: { ResultConfiguration, EnforceWorkGroupConfiguration: true },
  })
  const elsewhere = { ResultConfiguration: { OutputLocation: 's3://tidewater/elsewhere' } }
  const query = await look(await start('SELECT 1', { WorkGroup: 'reports', ...elsewhere }))
  expect(query.ResultConfiguration?.OutputLocation).toMatch(/^s3:\/\/tidewater\/of-the-group\/.*\.csv$/)
  const names = async () => {
    const { WorkGroups = [] } = await athena.send(new ListWorkGroupsCommand({}))
    return WorkGroups.map(({ Name }) => Name)
  }
  expect(await names()).toEqual(['primary', 'reports'])
  await athena.send(new DeleteWorkGroupCommand({ WorkGroup: 'reports' }))
  expect(await names()).toEqual(['primary'])
  await expect(start('SELECT 1', { WorkGroup: 'reports' })).rejects.toThrow('WorkGroup reports is not found.')
})

it('serves boto3', async () => {
  const python = await preparePython(join(import.meta.dirname, '..', 'boto3', 'requirements.txt'))
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'witness.py')], {
    // No configuration of this machine's user gets in.
    env: { PATH: process.env.PATH, HOME: stateFolder(), PYTHONDONTWRITEBYTECODE: '1', ...stack().env },
  })
  expect(JSON.parse(stdout)).toEqual({
    pages: [2, 2, 2, 1],
    type: 'bigint',
    same: true,
    changed: 'INVALID_INPUT',
    failed: [2, true],
    year: true,
    workgroups: ['primary'],
    unknown: 'InvalidRequestException',
  })
})
