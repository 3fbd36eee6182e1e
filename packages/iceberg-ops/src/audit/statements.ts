import { quoteSparkIdentifier, quoteSparkTable, type TableName } from '../statement/quote.js'
import { integerColumn } from '../statement/row.js'
import type { IdentityCount, LandedPartition } from './decide.js'

/** The tables in which a topic's records can be: the main table and, where the job writes one, the dead letters. */
export interface AuditedTables {
  readonly table: TableName
  readonly deadLetterTable?: TableName
}

/**
 * Spark SQL that counts, for each Kafka partition, what has landed. Every record has coordinates in Kafka that no other
 * record has, so "exactly once" is: each offset of the partition's range once, in one of the two tables.
 *
 * Columns: `partition`, `landed` (rows in the main table), `deadLettered`, `distinctOffsets` over both, `firstOffset`,
 * `lastOffset`.
 */
export function landedStatement(tables: AuditedTables): string {
  return [
    'SELECT p AS partition, count_if(NOT dead) AS landed, count_if(dead) AS deadLettered,',
    'count(DISTINCT o) AS distinctOffsets, min(o) AS firstOffset, max(o) AS lastOffset',
    `FROM (${coordinates(tables)}) GROUP BY p ORDER BY p`,
  ].join(' ')
}

/** Spark SQL that lists runs of missing offsets: `partition`, `firstOffset`, `lastOffset`; at most `limit` rows. */
export function gapsStatement(tables: AuditedTables, limit: number): string {
  return [
    'SELECT p AS partition, o + 1 AS firstOffset, following - 1 AS lastOffset',
    'FROM (SELECT p, o, lead(o) OVER (PARTITION BY p ORDER BY o) AS following',
    `FROM (SELECT DISTINCT p, o FROM (${coordinates(tables)}))) WHERE following > o + 1 ORDER BY p, o LIMIT ${limit}`,
  ].join(' ')
}

/** Spark SQL that lists offsets that landed more than once: `partition`, `offset`, `times`; at most `limit` rows. */
export function duplicatesStatement(tables: AuditedTables, limit: number): string {
  return [
    `SELECT p AS partition, o AS offset, count(*) AS times FROM (${coordinates(tables)})`,
    `GROUP BY p, o HAVING count(*) > 1 ORDER BY p, o LIMIT ${limit}`,
  ].join(' ')
}

/**
 * Spark SQL that counts the main table's rows that share a record identity the application knows, such as a producer's
 * name and its sequence number: it finds a record that was written to Kafka twice, which offsets can't show.
 *
 * Columns: `rows`, `identities`.
 */
export function identityStatement(table: TableName, columns: readonly string[]): string {
  const identity = columns.map(quoteSparkIdentifier).join(', ')
  return `SELECT count(*) AS rows, count(DISTINCT ${identity}) AS identities FROM ${quoteSparkTable(table)}`
}

function coordinates({ table, deadLetterTable }: AuditedTables): string {
  const select = (name: TableName, dead: boolean) =>
    `SELECT _kafka_partition AS p, _kafka_offset AS o, ${dead} AS dead FROM ${quoteSparkTable(name)}`
  const parts = [select(table, false)]
  if (deadLetterTable !== undefined) parts.push(select(deadLetterTable, true))
  return parts.join(' UNION ALL ')
}

/** A row of {@link landedStatement}. @throws TidewaterError `QUERY_FAILED` when a column is missing or no integer. */
export function parseLanded(row: Readonly<Record<string, unknown>>): LandedPartition {
  return {
    partition: Number(integerColumn(row, 'partition')),
    landed: integerColumn(row, 'landed'),
    deadLettered: integerColumn(row, 'deadLettered'),
    distinctOffsets: integerColumn(row, 'distinctOffsets'),
    firstOffset: integerColumn(row, 'firstOffset'),
    lastOffset: integerColumn(row, 'lastOffset'),
  }
}

/** A row of {@link identityStatement}. @throws TidewaterError `QUERY_FAILED` when a column is missing or no integer. */
export function parseIdentity(row: Readonly<Record<string, unknown>>): IdentityCount {
  return { rows: integerColumn(row, 'rows'), identities: integerColumn(row, 'identities') }
}
