import { quoteSparkTable, type TableName } from '../statement/quote.js'
import { integerColumn } from '../statement/row.js'

/** What a table consists of at one moment, from its metadata tables alone. */
export interface TableInventory {
  readonly dataFiles: number
  readonly dataFileBytes: bigint
  readonly records: bigint
  readonly snapshots: number
  readonly manifests: number
}

/** Spark SQL with one row whose columns are the fields of {@link TableInventory}. */
export function inventoryStatement(table: TableName): string {
  const files = quoteSparkTable(table, 'files')
  return [
    'SELECT count(*) AS dataFiles, coalesce(sum(file_size_in_bytes), 0) AS dataFileBytes,',
    'coalesce(sum(record_count), 0) AS records,',
    `(SELECT count(*) FROM ${quoteSparkTable(table, 'snapshots')}) AS snapshots,`,
    `(SELECT count(*) FROM ${quoteSparkTable(table, 'manifests')}) AS manifests`,
    `FROM ${files} WHERE content = 0`,
  ].join(' ')
}

/**
 * The inventory in the row that {@link inventoryStatement} returns. 64-bit columns may be numbers, strings or bigint.
 *
 * @throws TidewaterError `QUERY_FAILED` when a column is missing or no number.
 */
export function parseInventory(row: Readonly<Record<string, unknown>> | undefined): TableInventory {
  return {
    dataFiles: Number(integerColumn(row, 'dataFiles')),
    dataFileBytes: integerColumn(row, 'dataFileBytes'),
    records: integerColumn(row, 'records'),
    snapshots: Number(integerColumn(row, 'snapshots')),
    manifests: Number(integerColumn(row, 'manifests')),
  }
}
