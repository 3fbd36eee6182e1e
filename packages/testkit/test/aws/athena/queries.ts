import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
} from '@aws-sdk/client-athena'
import { expect } from 'vitest'
import { eventually } from '../stack-fixture.js'

/** Queries in the database `web`, each to its end. */
export function athenaQueries(athena: () => AthenaClient) {
  const start = async (sql: string, more: Partial<StartQueryExecutionCommandInput> = {}) => {
    const QueryExecutionContext = { Database: 'web', Catalog: 'AwsDataCatalog' }
    const command = new StartQueryExecutionCommand({ QueryString: sql, QueryExecutionContext, ...more })
    return (await athena().send(command)).QueryExecutionId ?? ''
  }
  const look = async (id: string): Promise<QueryExecution> =>
    (await athena().send(new GetQueryExecutionCommand({ QueryExecutionId: id }))).QueryExecution ?? {}
  const inState = (id: string, states: RegExp) =>
    eventually(async () => {
      const query = await look(id)
      return states.test(query.Status?.State ?? '') ? query : undefined
    })
  const run = async (sql: string) => inState(await start(sql), /SUCCEEDED|FAILED|CANCELLED/)
  const done = async (sql: string) => {
    const query = await run(sql)
    expect([query.Status?.State, query.Status?.StateChangeReason]).toEqual(['SUCCEEDED', undefined])
    return query
  }
  const cells = async (sql: string) => {
    const { QueryExecutionId } = await done(sql)
    const { ResultSet } = await athena().send(new GetQueryResultsCommand({ QueryExecutionId }))
    return (
      ResultSet?.Rows?.slice(1).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue)) ?? []
    )
  }
  /** Runs it until no more runs are needed; returns what the rounds before the last one said. */
  const rounds = async (sql: string): Promise<string[]> => {
    const said: string[] = []
    for (;;) {
      const { Status } = await run(sql)
      if (Status?.State === 'SUCCEEDED') return said
      expect(Status).toMatchObject({
        State: 'FAILED',
        AthenaError: { ErrorCategory: 2, ErrorType: 233, Retryable: false },
      })
      said.push(Status?.StateChangeReason ?? '')
    }
  }

  return { start, look, inState, run, done, cells, rounds }
}
