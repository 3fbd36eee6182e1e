import { parseConfig } from '@tidewater/core'
import { awsJson, awsJsonOperation } from '../aws-json.js'
import { type AwsOutcome, type AwsService, result } from '../service.js'
import { pageOf, type WireRecord, wireBody, wireString, wireStrings } from '../wire-values.js'
import { type AthenaBehaviour, type AthenaOptions, athenaOptionsSchema } from './athena-options.js'
import { AthenaQuery, type QueryHost } from './query.js'
import type { QueryFailure } from './query-failure.js'
import {
  invalidRequest,
  listPageSize,
  pageSize,
  pageStart,
  pageToken,
  queryRequest,
  resultsPageSize,
  tooManyQueries,
} from './query-request.js'
import { wireQuery, wireRuntimeStatistics } from './query-wire.js'
import { resultsPage } from './results.js'
import { WorkGroups } from './workgroups.js'

/** What a test can tell the local Athena. */
export interface AthenaControl {
  /**
   * Changes how it behaves from now on; what is not named stays. A query goes by what holds when it starts to run.
   *
   * @throws TidewaterError `CONFIG_INVALID`
   */
  behave(options: AthenaOptions): void
  /** Makes the next query that starts to run end as FAILED with this, without being run. */
  failNext(failure: QueryFailure): void
}

export interface AthenaServiceOptions extends QueryHost {
  readonly behaviour: AthenaBehaviour
  /** Folder for the results of the workgroup `primary`, `s3://…/`. */
  readonly primaryLocation: string
}

export type AthenaServiceWithControl = AwsService & {
  readonly control: AthenaControl
  /** Ends all that runs, and Spark. */
  close(): Promise<void>
}

/** Athena whose queries run on the local Spark. */
export function athenaService(options: AthenaServiceOptions): AthenaServiceWithControl {
  let { behaviour } = options
  const queries = new Map<string, AthenaQuery>()
  const byToken = new Map<string, AthenaQuery>()
  const failures: QueryFailure[] = []
  const workGroups = new WorkGroups(options.primaryLocation, Date.now())

  const inState = (...states: readonly string[]) =>
    [...queries.values()].filter(({ state }) => states.includes(state))
  const startQueued = () => {
    const free = behaviour.runningQueriesMax - inState('RUNNING').length
    for (const query of inState('QUEUED').slice(0, Math.max(0, free)))
      void query.run(behaviour, failures.shift()).then(startQueued)
  }
  const withQuery = (id: unknown, use: (query: AthenaQuery) => AwsOutcome): AwsOutcome => {
    const query = queries.get(String(id))
    return query === undefined ? invalidRequest(`QueryExecution ${id} was not found`) : use(query)
  }

  const operations: Readonly<Record<string, (request: WireRecord, nowMs: number) => AwsOutcome>> = {
    StartQueryExecution: (body) => {
      const request = queryRequest(body)
      if ('kind' in request) return request
      const known = request.token === undefined ? undefined : byToken.get(request.token)
      if (known !== undefined) {
        return known.request.fingerprint === request.fingerprint
          ? result({ QueryExecutionId: known.id })
          : invalidRequest('Idempotent parameters do not match')
      }
      const folder = workGroups.outputLocation(request.workgroup, request.outputLocation)
      if (typeof folder !== 'string') return folder
      if (inState('QUEUED', 'RUNNING').length >= behaviour.activeQueriesMax) return tooManyQueries()
      const query = new AthenaQuery(request, folder, options)
      queries.set(query.id, query)
      if (request.token !== undefined) byToken.set(request.token, query)
      // Its submission is answered before it runs.
      setImmediate(startQueued)
      return result({ QueryExecutionId: query.id })
    },
    GetQueryExecution: ({ QueryExecutionId }, nowMs) =>
      withQuery(QueryExecutionId, (query) => result({ QueryExecution: wireQuery(query, nowMs) })),
    BatchGetQueryExecution: ({ QueryExecutionIds }, nowMs) => {
      const ids = wireStrings(QueryExecutionIds)
      return result({
        QueryExecutions: ids.flatMap((id) => {
          const query = queries.get(id)
          return query === undefined ? [] : [wireQuery(query, nowMs)]
        }),
        UnprocessedQueryExecutionIds: ids
          .filter((id) => !queries.has(id))
          .map((QueryExecutionId) => ({ QueryExecutionId, ErrorCode: 'INVALID_INPUT' })),
      })
    },
    ListQueryExecutions: ({ WorkGroup, NextToken, MaxResults }) => {
      const name = wireString(WorkGroup) ?? 'primary'
      const ids = [...queries.values()]
        .filter(({ request }) => request.workgroup === name)
        .map(({ id }) => id)
      const size = pageSize(MaxResults, listPageSize)
      if (typeof size !== 'number') return size
      const { items, next } = pageOf(ids.reverse(), NextToken, size)
      return result({ QueryExecutionIds: items, NextToken: next })
    },
    StopQueryExecution: ({ QueryExecutionId }) =>
      withQuery(QueryExecutionId, (query) => {
        if (!query.hasEnded) query.stop()
        return result({})
      }),
    GetQueryResults: ({ QueryExecutionId, NextToken, MaxResults }) =>
      withQuery(QueryExecutionId, (query) => {
        if (!query.hasEnded)
          return invalidRequest(`Query has not yet finished. Current state: ${query.state}`)
        if (query.state !== 'SUCCEEDED')
          return invalidRequest(`Query did not finish successfully. Final query state: ${query.state}`)
        const size = pageSize(MaxResults, resultsPageSize)
        if (typeof size !== 'number') return size
        const start = pageStart(NextToken)
        if (start === undefined) return invalidRequest('NextToken is not valid')
        const { resultSet, nextStart } = resultsPage(query.results, start, size)
        return result({
          UpdateCount: 0,
          ResultSet: resultSet,
          NextToken: nextStart === undefined ? undefined : pageToken(nextStart),
        })
      }),
    GetQueryRuntimeStatistics: ({ QueryExecutionId }, nowMs) =>
      withQuery(QueryExecutionId, (query) => {
        const isThere =
          query.endedAtMs !== undefined && nowMs - query.endedAtMs >= behaviour.runtimeStatisticsDelayMs
        return result(isThere ? { QueryRuntimeStatistics: wireRuntimeStatistics(query, nowMs) } : {})
      }),
    CreateWorkGroup: (request, nowMs) => workGroups.create(request, nowMs),
    GetWorkGroup: (request) => workGroups.get(request),
    ListWorkGroups: (request) => workGroups.list(request),
    DeleteWorkGroup: (request) => workGroups.delete(request),
  }

  return {
    signingName: 'athena',
    protocol: awsJson,
    route: (head) => {
      const name = awsJsonOperation(head, 'AmazonAthena')
      const run = name === undefined ? undefined : operations[name]
      if (name === undefined || run === undefined) return undefined
      return { name, run: async ({ request, nowMs }) => run(wireBody(request.body), nowMs) }
    },
    control: {
      behave: (changed) => {
        behaviour = parseConfig(athenaOptionsSchema, { ...behaviour, ...changed }, 'behaviour of Athena')
      },
      failNext: (failure) => void failures.push(failure),
    },
    close: async () => {
      for (const query of queries.values()) if (!query.hasEnded) query.stop()
      await options.spark.close()
    },
  }
}
