import {
  quoteSparkIdentifier,
  quoteSparkLiteral,
  quoteSparkTable,
  type TableName,
} from '../statement/quote.js'
import { integerColumn } from '../statement/row.js'
import type { IdentityCount, LandedPartition, OffsetRun } from './decide.js'

/** The tables in which a topic's records can be: the main table and, where the job writes one, the dead letters. */
export interface AuditedTables {
  /** A dead-letter table may be shared by jobs: only this topic's rows count. */
  readonly topic: string
  readonly table: TableName
  readonly deadLetterTable?: TableName
}

/** The offsets of a partition that are audited: from `earliest` up to and without `latest`. */
export interface AuditedRange {
  readonly partition: number
  readonly earliest: bigint
  readonly latest: bigint
}

/**
 * Spark SQL that counts, for each Kafka partition, what has landed. Every record has coordinates in Kafka that no other
 * record has, so "exactly once" is: each offset of the partition's range once, in one of the two tables. What the
 * stream has written since the ranges were read is left out; rows of partitions without a range are not.
 *
 * Columns: `partition`, `landed` (rows in the main table), `deadLettered`, `distinctOffsets` over both, `firstOffset`,
 * `lastOffset`.
 */
export function landedStatement(tables: AuditedTables, ranges: readonly AuditedRange[]): string {
  return [
    'SELECT p AS partition, count_if(NOT dead) AS landed, count_if(dead) AS deadLettered,',
    'count(DISTINCT o) AS distinctOffsets, min(o) AS firstOffset, max(o) AS lastOffset',
    `FROM (${coordinates(tables)}) WHERE ${beforeTheEnd(ranges)} GROUP BY p ORDER BY p`,
  ].join(' ')
}

/**
 * Spark SQL that lists runs of offsets missing between two that landed: `partition`, `firstOffset`, `lastOffset`; at most
 * `limit` rows. What is missing before the first and after the last one `decideAudit` knows.
 */
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
  // A struct, because count(DISTINCT a, b) leaves out rows in which any of them is null.
  const identity = `struct(${columns.map(quoteSparkIdentifier).join(', ')})`
  return `SELECT count(*) AS rows, count(DISTINCT ${identity}) AS identities FROM ${quoteSparkTable(table)}`
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

/** A row of {@link gapsStatement}. @throws TidewaterError `QUERY_FAILED` when a column is missing or no integer. */
export function parseGap(row: Readonly<Record<string, unknown>>): OffsetRun {
  return {
    partition: Number(integerColumn(row, 'partition')),
    firstOffset: integerColumn(row, 'firstOffset'),
    lastOffset: integerColumn(row, 'lastOffset'),
  }
}

/** A row of {@link identityStatement}. @throws TidewaterError `QUERY_FAILED` when a column is missing or no integer. */
export function parseIdentity(row: Readonly<Record<string, unknown>>): IdentityCount {
  return { rows: integerColumn(row, 'rows'), identities: integerColumn(row, 'identities') }
}

function beforeTheEnd(ranges: readonly AuditedRange[]): string {
  if (ranges.length === 0) return 'true'
  const cases = ranges.map(({ partition, latest }) => `WHEN ${partition} THEN o < ${latest}`)
  return `CASE p ${cases.join(' ')} ELSE true END`
}

function coordinates({ topic, table, deadLetterTable }: AuditedTables): string {
  const select = (name: TableName, dead: boolean) =>
    `SELECT _kafka_partition AS p, _kafka_offset AS o, ${dead} AS dead FROM ${quoteSparkTable(name)}`
  if (deadLetterTable === undefined) return select(table, false)
  const ofTopic = `WHERE topic = ${quoteSparkLiteral(topic)}`
  return `${select(table, false)} UNION ALL ${select(deadLetterTable, true)} ${ofTopic}`
}
