import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { AthenaQuery, type QueryHost } from '../../../src/aws/athena/query.js'
import { failureOf, moreRunsNeeded } from '../../../src/aws/athena/query-failure.js'
import {
  pageSize,
  pageStart,
  pageToken,
  type QueryRequest,
  queryRequest,
} from '../../../src/aws/athena/query-request.js'
import { wireRuntimeStatistics } from '../../../src/aws/athena/query-wire.js'
import { columnInfo, queryResults, resultsCsv, resultsPage } from '../../../src/aws/athena/results.js'
import { WorkGroups } from '../../../src/aws/athena/workgroups.js'

describe('results', () => {
  const columns = [
    { name: 'at', type: 'timestamp' },
    { name: 'local', type: 'timestamp_ntz' },
    { name: 'list', type: 'array<struct<a:int>>' },
    { name: 'none', type: 'string' },
  ]
  const row = ['2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000', [{ a: 1 }, null], null]
  const results = queryResults(columns, [row], 'with-header')

  it('are texts as Athena writes them, nothing for a null', () => {
    expect(results.rows[1]).toEqual([
      '2026-01-01 00:00:00.000000 UTC',
      '2026-01-01 00:00:00.000000',
      '[{a=1}, null]',
      undefined,
    ])
    expect(resultsCsv(queryResults([{ name: 'a"b', type: 'string' }], [['']], 'with-header'))).toBe(
      '"a""b"\n""\n',
    )
    expect(queryResults(columns, [row], 'none').rows).toEqual([])
  })

  it('come by pages that say where the next one starts', () => {
    expect(resultsPage(results, 0, 1)).toMatchObject({ resultSet: { Rows: [{}] }, nextStart: 1 })
    expect(resultsPage(results, 1, 1).nextStart).toBeUndefined()
    expect(pageStart(pageToken(7))).toBe(7)
    expect(pageStart(undefined)).toBe(0)
    expect(pageStart('7')).toBeUndefined()
    expect(pageSize(undefined, 1_000)).toBe(1_000)
    for (const size of [0, 1.5, 1_001])
      expect(pageSize(size, 1_000)).toMatchObject({ name: 'InvalidRequestException' })
  })

  it.each([
    ['bigint', 'bigint', 19, 0],
    ['decimal(10,2)', 'decimal', 10, 2],
    ['timestamp', 'timestamp with time zone', 3, 0],
    ['map<string,int>', 'map', 0, 0],
    ['struct<a:int>', 'row', 0, 0],
  ])('%s is %s', (type, Type, Precision, Scale) => {
    expect(columnInfo({ name: 'a', type })).toMatchObject({ Name: 'a', Type, Precision, Scale })
  })
})

describe('a request', () => {
  it('is compared without its token', () => {
    const of = (token: string) => queryRequest({ QueryString: 'SELECT 1', ClientRequestToken: token })
    expect(of('a'.repeat(32))).toMatchObject({
      fingerprint: '{"QueryString":"SELECT 1"}',
      token: 'a'.repeat(32),
    })
    expect(of('short')).toMatchObject({ name: 'InvalidRequestException' })
  })

  it('may have 262,144 bytes of SQL', () => {
    const request = (bytes: number) =>
      queryRequest({ QueryString: `SELECT '${'é'.repeat((bytes - 9) / 2)}'x` })
    expect(request(262_143)).toMatchObject({ workgroup: 'primary', database: undefined })
    expect(request(262_145)).toMatchObject({ message: expect.stringContaining('262144') })
  })
})

it('a query that failed has put out no rows', () => {
  const request = queryRequest({ QueryString: 'SELECT missing' }) as QueryRequest
  const query = new AthenaQuery(request, 's3://bucket/', {} as QueryHost)
  expect(wireRuntimeStatistics(query, 0)).toMatchObject({ Rows: { OutputRows: 0 } })
})

describe('a failure', () => {
  it.each([
    ['NOT_SUPPORTED: no', '', 'NOT_SUPPORTED: no', 2],
    ['x', 'org.apache.iceberg.exceptions.CommitFailedException: x', 'ICEBERG_COMMIT_ERROR: x', 2],
    ['x', 'AnalysisException: [TABLE_OR_VIEW_NOT_FOUND]', 'TABLE_NOT_FOUND: x', 2],
    ['x', 'java.lang.ArithmeticException', 'GENERIC_INTERNAL_ERROR: x', 3],
  ])('%s of %s', (message, causes, expected, category) => {
    const thrown = new TidewaterError('QUERY_FAILED', message, { details: { causes } })
    expect(failureOf(thrown)).toMatchObject({ message: expected, category })
  })

  it('names what a round has done', () => {
    expect(moreRunsNeeded({ files: 20_000 })).toMatchObject({
      message: expect.stringContaining('ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed 20000 files in this round'),
      category: 2,
      type: 233,
    })
  })
})

it('a workgroup that enforces nothing leaves the place to the query', () => {
  const groups = new WorkGroups('s3://bucket/results', 0)
  groups.create({ Name: 'bare' }, 0)
  expect(groups.outputLocation('primary', undefined)).toBe('s3://bucket/results/')
  expect(groups.outputLocation('primary', 's3://bucket/own/')).toBe('s3://bucket/own/')
  expect(groups.outputLocation('bare', 's3://bucket/own')).toBe('s3://bucket/own/')
  expect(groups.outputLocation('bare', '/tmp/results')).toMatchObject({
    message: expect.stringContaining('is not a valid S3 path'),
  })
  expect(groups.list({ MaxResults: 0 })).toMatchObject({ name: 'InvalidRequestException' })
  expect(groups.outputLocation('bare', undefined)).toMatchObject({
    message: expect.stringContaining('No output location provided'),
  })
})
