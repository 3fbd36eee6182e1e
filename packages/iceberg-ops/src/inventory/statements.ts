import { quoteSparkTable, type TableName } from '../statement/quote.js'

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
