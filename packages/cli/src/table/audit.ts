import {
  type Audit,
  type AuditedTables,
  decideAudit,
  duplicatesStatement,
  type ExpectedPartition,
  gapsStatement,
  identityStatement,
  landedStatement,
  type OffsetRun,
  parseGap,
  parseIdentity,
  parseLanded,
} from '@tidewater/iceberg-ops'
import type { QueryRow, QueryRunner } from '@tidewater/testkit'

/** Where an audit that failed went wrong: runs of missing offsets and offsets that landed more than once. */
export interface AuditEvidence {
  readonly gaps: readonly OffsetRun[]
  readonly duplicates: readonly QueryRow[]
}

export interface AuditedTable {
  readonly audit: Audit
  /** Present when the audit failed; about {@link evidenceRows} entries of each kind. */
  readonly evidence: AuditEvidence | undefined
}

export interface AuditTableOptions {
  /** Columns that together name a record, such as a producer and its sequence number. Default none. */
  readonly identityColumns?: readonly string[]
  /** Whether a record may be in the dead-letter table instead of the main one. Default true. */
  readonly deadLettersAllowed?: boolean
}

const evidenceRows = 20

/** Counts a table with Spark SQL and decides whether every expected record is there exactly once. */
export async function auditTable(
  runQueries: QueryRunner,
  tables: AuditedTables,
  expected: readonly ExpectedPartition[],
  { identityColumns = [], deadLettersAllowed = true }: AuditTableOptions = {},
): Promise<AuditedTable> {
  const results = await runQueries([
    { id: 'landed', sql: landedStatement(tables, expected) },
    ...(identityColumns.length > 0
      ? [{ id: 'identity', sql: identityStatement(tables.table, identityColumns) }]
      : []),
  ])
  const rowsOf = (id: string) => results.get(id) ?? []
  const [identity] = rowsOf('identity')
  const audit = decideAudit(expected, rowsOf('landed').map(parseLanded), {
    deadLettersAllowed,
    ...(identity === undefined ? {} : { identity: parseIdentity(identity) }),
  })
  return {
    audit,
    evidence: audit.exactlyOnce ? undefined : await findEvidence(runQueries, tables, audit),
  }
}

async function findEvidence(
  runQueries: QueryRunner,
  tables: AuditedTables,
  audit: Audit,
): Promise<AuditEvidence> {
  const results = await runQueries([
    { id: 'gaps', sql: gapsStatement(tables, evidenceRows) },
    { id: 'duplicates', sql: duplicatesStatement(tables, evidenceRows) },
  ])
  return {
    gaps: [...audit.missingAtTheEnds, ...(results.get('gaps') ?? []).map(parseGap)],
    duplicates: results.get('duplicates') ?? [],
  }
}
