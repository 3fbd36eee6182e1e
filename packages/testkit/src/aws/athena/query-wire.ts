import { epochSeconds, type WireRecord } from '../wire-values.js'
import type { AthenaQuery } from './query.js'
import { engineVersion } from './workgroups.js'

/** QueryExecution of the API. */
export function wireQuery(query: AthenaQuery, nowMs: number): WireRecord {
  const { request, failure } = query
  const { statementType, substatementType } = request.statement
  return {
    QueryExecutionId: query.id,
    Query: request.sql,
    StatementType: statementType,
    SubstatementType: substatementType,
    ResultConfiguration: { OutputLocation: query.outputLocation },
    QueryExecutionContext: { Database: request.database, Catalog: request.catalog },
    Status: {
      State: query.state,
      SubmissionDateTime: epochSeconds(query.submittedAtMs),
      CompletionDateTime: epochSeconds(query.endedAtMs),
      ...(failure === undefined
        ? {}
        : {
            StateChangeReason: failure.message,
            AthenaError: {
              ErrorCategory: failure.category,
              ErrorType: failure.type,
              Retryable: failure.retryable ?? false,
              ErrorMessage: failure.message,
            },
          }),
    },
    Statistics: { ...timesOf(query, nowMs), DataScannedInBytes: query.scannedBytes },
    WorkGroup: request.workgroup,
    EngineVersion: engineVersion,
  }
}

/** QueryRuntimeStatistics of the API. */
export function wireRuntimeStatistics(query: AthenaQuery, nowMs: number): WireRecord {
  const { statement } = query.request
  const header = statement.act === 'sql' && statement.rows === 'with-header' ? 1 : 0
  return {
    Timeline: timesOf(query, nowMs),
    Rows: { InputBytes: query.scannedBytes, OutputRows: Math.max(0, query.results.rows.length - header) },
  }
}

function timesOf(
  { submittedAtMs, startedAtMs, endedAtMs }: Pick<AthenaQuery, 'submittedAtMs' | 'startedAtMs' | 'endedAtMs'>,
  nowMs: number,
): WireRecord {
  const end = endedAtMs ?? nowMs
  const start = startedAtMs ?? end
  return {
    QueryQueueTimeInMillis: start - submittedAtMs,
    EngineExecutionTimeInMillis: end - start,
    TotalExecutionTimeInMillis: end - submittedAtMs,
  }
}
