import { isWireRecord, type WireRecord } from '../wire-values.js'

/** A column as Spark names its type: `bigint`, `decimal(10,2)`, `array<string>`. */
export interface SparkColumn {
  readonly name: string
  readonly type: string
}

/** Values as JSON holds them: 64-bit integers and decimals are strings. */
export type SparkRow = readonly unknown[]

/** A row as Athena has it: texts, or nothing for a null. */
type TextRow = readonly (string | undefined)[]

export interface QueryResults {
  readonly columns: readonly SparkColumn[]
  /** A header among them where there is one. */
  readonly rows: readonly TextRow[]
}

export const noResults: QueryResults = { columns: [], rows: [] }

export function queryResults(
  columns: readonly SparkColumn[],
  rows: readonly SparkRow[],
  how: 'with-header' | 'without-header' | 'none',
): QueryResults {
  if (how === 'none') return noResults
  const texts = rows.map((row) => row.map((value, index) => cellText(value, columns[index]?.type ?? '')))
  const header = columns.map(({ name }) => name)
  return { columns, rows: how === 'with-header' ? [header, ...texts] : texts }
}

/** Where Athena has another name than Spark. */
const types: Readonly<Record<string, string>> = {
  int: 'integer',
  string: 'varchar',
  binary: 'varbinary',
  timestamp: 'timestamp with time zone',
  timestamp_ntz: 'timestamp',
  struct: 'row',
}

const precisions: Readonly<Record<string, number>> = {
  tinyint: 3,
  smallint: 5,
  integer: 10,
  bigint: 19,
  float: 17,
  double: 17,
  varchar: 2_147_483_647,
  varbinary: 1_073_741_824,
  timestamp: 3,
  'timestamp with time zone': 3,
}

/** ColumnInfo of the API. */
export function columnInfo({ name, type }: SparkColumn): WireRecord {
  const base = /^\w+/.exec(type)?.[0] ?? type
  const athena = types[base] ?? base
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)/.exec(type) ?? []
  return {
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: name,
    Label: name,
    Type: athena,
    Precision: Number(precision ?? precisions[athena] ?? 0),
    Scale: Number(scale ?? 0),
    Nullable: 'UNKNOWN',
    CaseSensitive: athena === 'varchar',
  }
}

function cellText(value: unknown, type: string): string | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string' && type === 'timestamp')
    return `${value.replace('T', ' ').replace('Z', '')} UTC`
  if (typeof value === 'string' && type === 'timestamp_ntz') return value.replace('T', ' ')
  return nestedText(value)
}

function nestedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(nestedText).join(', ')}]`
  if (!isWireRecord(value)) return String(value)
  const fields = Object.entries(value).map(([name, inner]) => `${name}=${nestedText(inner)}`)
  return `{${fields.join(', ')}}`
}

/** The file of results: every value in quotes, and nothing for a null. */
export function resultsCsv({ rows }: QueryResults): string {
  const cell = (text: string | undefined) => (text === undefined ? '' : `"${text.replaceAll('"', '""')}"`)
  return rows.map((row) => `${row.map(cell).join(',')}\n`).join('')
}

/** One page of GetQueryResults, from the row on that its token names. */
export function resultsPage(
  { columns, rows }: QueryResults,
  start: number,
  size: number,
): { readonly resultSet: WireRecord; readonly nextStart: number | undefined } {
  const end = start + size
  return {
    resultSet: {
      Rows: rows.slice(start, end).map((row) => ({
        Data: row.map((text) => (text === undefined ? {} : { VarCharValue: text })),
      })),
      ResultSetMetadata: { ColumnInfo: columns.map(columnInfo) },
    },
    nextStart: end < rows.length ? end : undefined,
  }
}
