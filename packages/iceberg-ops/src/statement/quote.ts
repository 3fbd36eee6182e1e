import { describeValue, TidewaterError } from '@tidewater/core'

/** A table by the names a Spark catalog knows it by. */
export interface TableName {
  readonly catalog: string
  readonly namespace: string
  readonly name: string
}

/**
 * A Spark SQL identifier in back quotes; a back quote inside is doubled (Spark SQL reference, "Identifiers").
 *
 * @throws TidewaterError `CONFIG_INVALID` for an empty name or one with a control character, which no catalog stores.
 */
export function quoteSparkIdentifier(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (name === '' || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new TidewaterError('CONFIG_INVALID', `Not a usable SQL identifier: ${describeValue(name)}`, {
      remedy: 'Use a name that is not empty and has no control characters.',
    })
  }
  return `\`${name.replaceAll('`', '``')}\``
}

/** `catalog.namespace.table`, each part quoted; a namespace such as `a.b` has several levels. */
export function quoteSparkTable(
  table: TableName,
  metadataTable?: 'files' | 'snapshots' | 'manifests',
): string {
  const parts = [table.catalog, ...table.namespace.split('.'), table.name]
  if (metadataTable !== undefined) parts.push(metadataTable)
  return parts.map(quoteSparkIdentifier).join('.')
}

/** A Spark SQL string literal: backslashes and quotes are escaped (Spark SQL reference, "String Literal"). */
export function quoteSparkLiteral(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** @throws TidewaterError `CONFIG_INVALID` for a name that is not one word of letters, digits, `.`, `_` and `-` */
export function requirePropertyName(name: string): string {
  if (/^[A-Za-z0-9_.-]{1,255}$/.test(name)) return name
  throw new TidewaterError(
    'CONFIG_INVALID',
    `Not a usable name of a table property: ${describeValue(name)}`,
    {
      remedy: 'Use letters, digits, full stops, underscores and hyphens.',
    },
  )
}
