import { describeValue, TidewaterError } from '@tidewater/core'
import type { RewriteDataFiles, SetTableProperties, TableOperation } from './operation.js'
import { type Predicate, type PredicateDialect, renderPredicate } from './predicate.js'
import { requirePropertyName } from './quote.js'
import { unsupportedByEngine } from './unsupported.js'

/** A table by the names that Athena knows it by, in the catalog that the query runs in. */
export interface AthenaTableName {
  /** The Glue database. */
  readonly database: string
  readonly name: string
}

/** Longest statement Athena takes (Athena API reference, StartQueryExecution). */
const statementBytesMax = 262_144

/** The table properties that Athena's statements go by, where other engines have options (Athena user guide). */
const propertyOf = {
  targetFileSizeBytes: 'write_target_data_file_size_bytes',
  minFileSizeBytes: 'optimize_rewrite_min_data_file_size_bytes',
  maxFileSizeBytes: 'optimize_rewrite_max_data_file_size_bytes',
  minInputFiles: 'optimize_rewrite_data_file_threshold',
  deleteFileThreshold: 'optimize_rewrite_delete_file_threshold',
} as const

/**
 * One operation as a statement of Athena's engine version 3.
 *
 * Names are written bare, as OPTIMIZE and VACUUM take them without double quotes only, and a table's in back quotes where it
 * must be (Athena user guide, "VACUUM").
 *
 * @throws TidewaterError `UNSUPPORTED_BY_ENGINE` with the alternative, `CONFIG_INVALID` for a name or value it can't hold, or a
 *   statement of more than 262,144 bytes
 */
export function athenaStatement(operation: TableOperation, table: AthenaTableName): string {
  const sql = render(operation, table)
  const bytes = new TextEncoder().encode(sql).length
  if (bytes <= statementBytesMax) return sql
  throw new TidewaterError(
    'CONFIG_INVALID',
    `A statement of ${bytes} bytes; Athena takes at most ${statementBytesMax}`,
    { remedy: 'Ask for fewer partitions at a time.', details: { operation: operation.operation } },
  )
}

function render(operation: TableOperation, table: AthenaTableName): string {
  const unsupported = (what: string, alternative: string) =>
    unsupportedByEngine('Athena', operation.operation, what, alternative)
  switch (operation.operation) {
    case 'rewrite_data_files':
      requireBinPack(operation)
      return `OPTIMIZE ${tableName(table)} REWRITE DATA USING BIN_PACK${whereOf(operation.where)}`
    case 'vacuum':
      return `VACUUM ${tableName(table)}`
    case 'set_table_properties':
      return setProperties(operation, table)
    case 'expire_snapshots':
      throw unsupported(
        'statement that only expires snapshots',
        'Use vacuum, which also removes orphan files, with the properties vacuum_max_snapshot_age_seconds and vacuum_min_snapshots_to_keep.',
      )
    case 'remove_orphan_files':
      throw unsupported(
        'statement that only removes orphan files, nor one that lists them',
        'Use vacuum, which also expires snapshots, or remove them by Spark.',
      )
    case 'rewrite_manifests':
      throw unsupported('statement for manifests', 'Use Spark.')
    case 'rewrite_position_delete_files':
      throw unsupported(
        'statement for delete files alone',
        'Use rewrite_data_files, which applies deletes, or Spark.',
      )
    case 'compute_table_stats':
      throw unsupported(
        'statement that computes the statistics of Iceberg tables',
        "Use Glue's column statistics, or Spark.",
      )
  }
}

function requireBinPack(operation: RewriteDataFiles): void {
  const { operation: name, strategy = 'binpack', where: _, sortBy, ...options } = operation
  const refuse = (what: string, alternative: string) => {
    throw unsupportedByEngine('Athena', name, what, alternative)
  }
  if (strategy !== 'binpack' || sortBy !== undefined)
    refuse(`strategy ${strategy === 'binpack' ? 'with a sort order' : strategy}`, 'Use binpack, or Spark.')
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue
    const property = (propertyOf as Readonly<Record<string, string>>)[option]
    refuse(
      `${option} for one rewrite`,
      property === undefined ? 'Leave it out, or use Spark.' : `Set the table property ${property}.`,
    )
  }
}

function setProperties({ properties }: SetTableProperties, table: AthenaTableName): string {
  const assignments = Object.entries(properties).map(
    ([name, value]) => `'${requirePropertyName(name)}'='${requirePropertyValue(name, value)}'`,
  )
  return `ALTER TABLE ${tableName(table)} SET TBLPROPERTIES (${assignments.join(', ')})`
}

/** DDL is parsed as Hive's, whose escapes inside quotes Athena does not document: what would need one is refused. */
function requirePropertyValue(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!/['\\\u0000-\u001f\u007f]/.test(value)) return value
  throw new TidewaterError(
    'CONFIG_INVALID',
    `Not a usable value of ${name} in Athena: ${describeValue(value)}`,
    {
      remedy: 'Set it by Spark, or leave out quotes, backslashes and control characters.',
    },
  )
}

function tableName({ database, name }: AthenaTableName): string {
  if (!/^[a-z][a-z0-9_]{0,254}$/.test(database)) throw unusableName('database', database)
  if (!/^[a-z0-9_]{1,255}$/.test(name)) throw unusableName('table', name)
  return `${database}.${/^[a-z]/.test(name) ? name : `\`${name}\``}`
}

function unusableName(what: string, name: string): TidewaterError {
  return new TidewaterError(
    'CONFIG_INVALID',
    `Not a ${what} that Athena can maintain: ${describeValue(name)}`,
    {
      remedy: `Use Spark; Athena takes lower-case letters, digits and underscores${what === 'database' ? ', a letter first' : ''}.`,
    },
  )
}

const athenaDialect: PredicateDialect = {
  identifier: (name) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (name === '' || /[\u0000-\u001f\u007f]/.test(name)) throw unusableName('column', name)
    return `"${name.replaceAll('"', '""')}"`
  },
  text: (value) => `'${value.replaceAll("'", "''")}'`,
  timestamp: (iso) => `TIMESTAMP '${iso.replace('T', ' ').replace('Z', ' UTC')}'`,
  localTimestamp: (local) => `TIMESTAMP '${local}'`,
}

function whereOf(where: Predicate | undefined): string {
  return where === undefined ? '' : ` WHERE ${renderPredicate(where, athenaDialect)}`
}
