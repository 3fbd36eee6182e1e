import type { SparkSession } from '../../spark/spark-session.js'
import { isWireRecord, wireRecord } from '../wire-values.js'
import type { AthenaBehaviour } from './athena-options.js'
import type { GlueTable } from './glue-tables.js'
import { moreRunsNeeded, type QueryFailure } from './query-failure.js'
import type { QueryRequest } from './query-request.js'
import { noResults, type QueryResults, queryResults, type SparkColumn, type SparkRow } from './results.js'
import { sparkCatalog } from './spark-sql.js'

export interface StatementHost {
  readonly spark: SparkSession
  readonly dropOthersParameters: (table: GlueTable) => Promise<void>
}

export interface StatementOutcome {
  readonly results: QueryResults
  readonly scannedBytes: number
  /** Of a round that left something for another. */
  readonly failure: QueryFailure | undefined
}

/** Carries out a query's statement on Spark. Rejects with what Spark says, and with `ABORTED` when the signal ended it. */
export async function runStatement(
  { statement, database }: QueryRequest,
  behaviour: AthenaBehaviour,
  { spark, dropOthersParameters }: StatementHost,
  signal: AbortSignal,
): Promise<StatementOutcome> {
  if (statement.act === 'sql') {
    const rows: SparkRow[] = []
    const { columns, scannedBytes } = wireRecord(
      await spark.run({
        function: 'tidewater_testkit.sql:run',
        arguments: { namespace: database ?? '', sql: statement.sql },
        onPart: (part) => rows.push(...(part as SparkRow[])),
        signal,
      }),
    )
    const results = queryResults(columns as SparkColumn[], rows, statement.rows)
    return { results, scannedBytes: Number(scannedBytes), failure: undefined }
  }
  const table = { database: statement.table.database ?? database ?? 'default', name: statement.table.name }
  const place = { catalog: sparkCatalog, namespace: table.database, table: table.name }
  const round = await spark.run(
    statement.act === 'optimize'
      ? {
          function: 'tidewater_testkit.athena_tables:optimize',
          arguments: {
            ...place,
            where: statement.where ?? null,
            partitions: behaviour.partitionsPerOptimize,
          },
          signal,
        }
      : {
          function: 'tidewater_testkit.athena_tables:vacuum',
          arguments: {
            ...place,
            files: behaviour.filesPerVacuum,
            deletes: !behaviour.vacuumDeletesNothing,
          },
          signal,
        },
  )
  if (behaviour.dropsGlueParameters) await dropOthersParameters(table)
  return { results: noResults, ...roundOutcome(round) }
}

function roundOutcome(round: unknown): Omit<StatementOutcome, 'results'> {
  const { more, processed, removed, scannedBytes } = isWireRecord(round) ? round : {}
  const done = processed === undefined ? { files: Number(removed) } : { partitions: Number(processed) }
  return {
    scannedBytes: Number(scannedBytes ?? 0),
    failure: more === true ? moreRunsNeeded(done) : undefined,
  }
}
