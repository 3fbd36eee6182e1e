import * as sdk from '@aws-sdk/client-athena'
import { type Clock, TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { engineOver } from '../../src/athena/engine.js'
import type { TableOperation } from '../../src/index.js'

interface Call {
  readonly operation: string
  readonly input: Record<string, unknown>
}

const clock: Clock = { nowMs: () => 0, random: () => 0, sleep: async () => {} }
const settings = {
  database: 'web',
  name: 'clicks',
  workgroup: 'primary',
  dataCatalog: 'AwsDataCatalog',
  maxRounds: 5,
  requestTimeoutMs: 1,
  connectTimeoutMs: 1,
}
const done = {
  Status: { State: 'SUCCEEDED' },
  Statistics: { DataScannedInBytes: 10, TotalExecutionTimeInMillis: 3 },
}
const failing = (StateChangeReason: string, AthenaError: object = {}) => ({
  Status: { State: 'FAILED', StateChangeReason, AthenaError },
})
const moreRuns = failing('ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED: Processed 100 partitions in this round', {
  ErrorType: 233,
})
const timedOut = failing('Query timeout', { ErrorCategory: 1, ErrorType: 206 })

/** An Athena that answers each query with the next of these ends. */
function stage(ends: object[], onCall: (call: Call) => void = () => {}) {
  const calls: Call[] = []
  let started = 0
  const client = {
    config: { region: async () => 'eu-central-1' },
    send: async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
      const call = { operation: command.constructor.name.replace(/Command$/, ''), input: command.input }
      calls.push(call)
      onCall(call)
      if (call.operation === 'StartQueryExecution') return { QueryExecutionId: `q${started++}` }
      if (call.operation === 'StopQueryExecution') return {}
      return { QueryExecution: ends[Number(String(call.input.QueryExecutionId).slice(1))] }
    },
  }
  const glue: string[] = []
  const parameters = {
    read: async () => {
      glue.push('read')
      return { owner: 'a' }
    },
    restore: async (before: object) => {
      glue.push(`restore ${Object.keys(before)}`)
      return []
    },
  }
  const engine = engineOver(sdk, client as never, parameters, settings, clock)
  const starts = () =>
    calls.filter(({ operation }) => operation === 'StartQueryExecution').map(({ input }) => input)
  return { engine, calls, glue, starts, sql: () => starts().map(({ QueryString }) => QueryString) }
}

const rewrite: TableOperation = { operation: 'rewrite_data_files' }
const days = (...names: string[]): TableOperation => ({
  operation: 'rewrite_data_files',
  where: { or: names.map((name) => ({ column: 'day', is: '=', value: { date: name } })) as never },
})

describe('Athena', () => {
  it('runs one statement after the other, and says what each cost', async () => {
    const { engine, sql, starts } = stage([done, done])
    const results = await engine.run([rewrite, { operation: 'vacuum' }], {})
    expect(sql()).toEqual(['OPTIMIZE web.clicks REWRITE DATA USING BIN_PACK', 'VACUUM web.clicks'])
    expect(starts()[0]).toMatchObject({
      WorkGroup: 'primary',
      QueryExecutionContext: { Database: 'web', Catalog: 'AwsDataCatalog' },
    })
    expect(results).toMatchObject([
      { operation: 'rewrite_data_files', result: { queries: 1, scannedBytes: 10, executionMs: 3 } },
      { operation: 'vacuum' },
    ])
  })

  it('puts back what Athena dropped in Glue, after a failure too', async () => {
    const fine = stage([done])
    await fine.engine.run([rewrite], {})
    const broken = stage([failing('no')])
    await expect(broken.engine.run([rewrite], {})).rejects.toThrow('no')
    expect([fine.glue, broken.glue]).toEqual([
      ['read', 'restore owner'],
      ['read', 'restore owner'],
    ])
  })

  it('goes on while more runs are needed, each with a token of its own, and tells of each round', async () => {
    const said: string[] = []
    const { engine, starts } = stage([moreRuns, moreRuns, done])
    const [result] = await engine.run([rewrite], { onProgress: (text) => said.push(text) })
    expect(new Set(starts().map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(3)
    expect(result?.result).toMatchObject({ rounds: 3 })
    expect(said).toEqual([
      'rewrite_data_files, round 1: Processed 100 partitions in this round',
      'rewrite_data_files, round 2: Processed 100 partitions in this round',
    ])
  })

  it('ends after as many rounds as it may, with what was done said to stay', async () => {
    const { engine, starts } = stage(Array(9).fill(moreRuns))
    await expect(engine.run([rewrite], {})).rejects.toMatchObject({
      code: 'MAINTENANCE_FAILED',
      message: expect.stringContaining('more than 5 rounds'),
    })
    expect(starts()).toHaveLength(5)
  })

  it('takes half of the partitions when the time was over, and half of those', async () => {
    const { engine, sql } = stage([timedOut, done, timedOut, done, done])
    await engine.run([days('2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04')], {})
    expect(
      sql().map((text) => [...String(text).matchAll(/2026-01-0(\d)/g)].map(([, day]) => Number(day))),
    ).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]])
  })

  it('can do no less than one partition, but a VACUUM goes on', async () => {
    await expect(stage([timedOut]).engine.run([rewrite], {})).rejects.toMatchObject({
      code: 'MAINTENANCE_FAILED',
      retryable: false,
    })
    const { engine, starts } = stage([timedOut, done])
    await engine.run([{ operation: 'vacuum' }], {})
    expect(starts()).toHaveLength(2)
  })

  it.each([
    [failing('ICEBERG_COMMIT_ERROR: conflict'), true],
    [failing('COLUMN_NOT_FOUND'), false],
    [{ Status: { State: 'CANCELLED', StateChangeReason: 'by x' } }, true],
  ])('fails with what it says: %j', async (end, retryable) => {
    await expect(stage([end]).engine.run([rewrite], {})).rejects.toMatchObject({
      code: 'MAINTENANCE_FAILED',
      retryable,
      details: { queryExecutionId: 'q0' },
    })
  })

  it('waits when there are too many queries, and starts the same one again', async () => {
    let refused = 2
    const { engine, starts } = stage([done], ({ operation }) => {
      if (operation !== 'StartQueryExecution' || refused-- <= 0) return
      throw Object.assign(new Error('too many'), {
        name: 'TooManyRequestsException',
        $metadata: { httpStatusCode: 400 },
      })
    })
    await engine.run([rewrite], {})
    expect(new Set(starts().map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(1)
    expect(starts()).toHaveLength(3)
  })

  it('stops the query when its caller leaves', async () => {
    const leaving = new AbortController()
    const { engine, calls } = stage([{ Status: { State: 'RUNNING' } }], ({ operation }) => {
      if (operation === 'GetQueryExecution') {
        leaving.abort()
        throw new TidewaterError('ABORTED', 'aborted')
      }
    })
    await expect(engine.run([rewrite], { signal: leaving.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(calls.at(-1)).toMatchObject({ operation: 'StopQueryExecution', input: { QueryExecutionId: 'q0' } })
  })

  it('refuses what it has no words for before anything runs', async () => {
    const { engine, calls } = stage([])
    await expect(engine.run([rewrite, { operation: 'rewrite_manifests' }], {})).rejects.toMatchObject({
      code: 'UNSUPPORTED_BY_ENGINE',
    })
    expect(calls).toEqual([])
  })
})
