import type { SqlToken } from './sql-tokens.js'

/** The name of Glue's catalog in Spark; Athena takes it in any case. */
export const sparkCatalog = 'awsdatacatalog'

/** The same in Spark's quoting: names in back quotes, and texts with backslashes for escapes. */
export function toSparkSql(tokens: readonly SqlToken[]): string {
  return tokens.map(sparkToken).join('')
}

function sparkToken({ kind, raw, value }: SqlToken): string {
  switch (kind) {
    case 'text':
      return sparkText(value)
    case 'double-quoted':
      return sparkName(value)
    case 'word':
    case 'back-quoted':
      return value.toLowerCase() === sparkCatalog ? sparkCatalog : raw
    default:
      return raw
  }
}

function sparkText(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function sparkName(value: string): string {
  return value.toLowerCase() === sparkCatalog ? sparkCatalog : `\`${value.replaceAll('`', '``')}\``
}

/** Tables of a table's metadata (Athena user guide, "Query Iceberg table metadata"). */
const metadataTable = /^(.+)\$(files|manifests|history|partitions|snapshots|refs)$/i

/**
 * What selects, where `"db"."t$files"` is a table of a table's metadata.
 *
 * @param database of a name that says none
 */
export function toSparkSelect(tokens: readonly SqlToken[], database: string | undefined): string {
  let before: SqlToken | undefined
  const parts = tokens.map((token) => {
    const [, table, kind] = (token.kind === 'double-quoted' ? metadataTable.exec(token.value) : null) ?? []
    const isQualified = before?.raw === '.'
    const canBeTable = isQualified || before?.raw === ',' || /^(from|join)$/i.test(before?.raw ?? '')
    if (token.kind !== 'blank') before = token
    if (table === undefined || kind === undefined || !canBeTable) return sparkToken(token)
    const names = [...(isQualified || database === undefined ? [] : [database]), table, kind.toLowerCase()]
    return names.map(sparkName).join('.')
  })
  return parts.join('')
}

/** In DDL, which is Hive's, double quotes are around texts. */
export function toSparkDdl(tokens: readonly SqlToken[]): string {
  return toSparkSql(
    tokens.map((token) => (token.kind === 'double-quoted' ? { ...token, kind: 'text' } : token)),
  )
}

/** Athena's names for what Iceberg's properties say (Athena user guide, "Table properties"). */
const ownNames: Readonly<Record<string, string>> = {
  format: 'write.format.default',
  write_compression: 'write.parquet.compression-codec',
}

/**
 * CREATE TABLE as Spark has it: `USING iceberg` behind the columns, and without the property that says so; undefined when none
 * says so.
 */
export function toSparkCreateTable(tokens: readonly SqlToken[]): string | undefined {
  const columnsEnd = closingParenthesis(tokens, 0)
  const properties = tokens.findIndex(({ value, kind }) => kind === 'word' && /^tblproperties$/i.test(value))
  const end = properties === -1 ? undefined : closingParenthesis(tokens, properties)
  if (columnsEnd === undefined || end === undefined) return undefined
  const assignments = assignmentsIn(tokens.slice(properties + 1, end))
  if (assignments.get('table_type')?.toLowerCase() !== 'iceberg') return undefined
  assignments.delete('table_type')
  const renamed = [...assignments].map(
    ([name, value]) => `${sparkText(ownNames[name] ?? name)}=${sparkText(value)}`,
  )
  const parts = [
    toSparkDdl(tokens.slice(0, columnsEnd + 1)),
    ' USING iceberg',
    toSparkDdl(tokens.slice(columnsEnd + 1, properties)),
    renamed.length === 0 ? '' : `TBLPROPERTIES (${renamed.join(', ')})`,
  ]
  return parts.join('').trimEnd()
}

function assignmentsIn(tokens: readonly SqlToken[]): Map<string, string> {
  const texts = tokens.filter(({ kind }) => kind === 'text' || kind === 'double-quoted')
  const assignments = new Map<string, string>()
  for (let index = 0; index + 1 < texts.length; index += 2)
    assignments.set(texts[index]?.value ?? '', texts[index + 1]?.value ?? '')
  return assignments
}

/** The index of the one that closes the first parenthesis from there on. */
function closingParenthesis(tokens: readonly SqlToken[], from: number): number | undefined {
  let depth = 0
  for (const [index, { kind, raw }] of tokens.entries()) {
    if (index < from || kind !== 'symbol') continue
    if (raw === '(') depth += 1
    if (raw === ')') depth -= 1
    if (raw === ')' && depth === 0) return index
  }
  return undefined
}
