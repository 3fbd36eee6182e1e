import {
  type Audit,
  type AuditedTables,
  decideAudit,
  duplicatesStatement,
  type ExpectedPartition,
  gapsStatement,
  identityStatement,
  inventoryStatement,
  landedStatement,
  parseIdentity,
  parseInventory,
  parseLanded,
  type TableInventory,
} from '@tidewater/iceberg-ops'
import type { QueryRow, QueryRunner } from '@tidewater/testkit'

/** Where an audit that failed went wrong: runs of missing offsets and offsets that landed more than once. */
export interface AuditEvidence {
  readonly gaps: readonly QueryRow[]
  readonly duplicates: readonly QueryRow[]
}

export interface AuditedTable {
  readonly audit: Audit
  readonly inventory: TableInventory
  /** Present when the audit failed; at most {@link evidenceRows} rows of each kind. */
  readonly evidence: AuditEvidence | undefined
}

const evidenceRows = 20

/**
 * Counts a table with Spark SQL and decides whether every expected record is there exactly once.
 *
 * @param identityColumns columns that together name a record, such as a producer and its sequence number
 */
export async function auditTable(
  runQueries: QueryRunner,
  tables: AuditedTables,
  expected: readonly ExpectedPartition[],
  identityColumns: readonly string[] = [],
): Promise<AuditedTable> {
  const results = await runQueries([
    { id: 'landed', sql: landedStatement(tables) },
    { id: 'inventory', sql: inventoryStatement(tables.table) },
    ...(identityColumns.length > 0
      ? [{ id: 'identity', sql: identityStatement(tables.table, identityColumns) }]
      : []),
  ])
  const rowsOf = (id: string) => results.get(id) ?? []
  const [identity] = rowsOf('identity')
  const audit = decideAudit(expected, rowsOf('landed').map(parseLanded), identity && parseIdentity(identity))
  return {
    audit,
    inventory: parseInventory(rowsOf('inventory')[0]),
    evidence: audit.exactlyOnce ? undefined : await findEvidence(runQueries, tables),
  }
}

async function findEvidence(runQueries: QueryRunner, tables: AuditedTables): Promise<AuditEvidence> {
  const results = await runQueries([
    { id: 'gaps', sql: gapsStatement(tables, evidenceRows) },
    { id: 'duplicates', sql: duplicatesStatement(tables, evidenceRows) },
  ])
  return { gaps: results.get('gaps') ?? [], duplicates: results.get('duplicates') ?? [] }
}
