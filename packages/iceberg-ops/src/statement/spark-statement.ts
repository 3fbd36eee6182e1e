import { TidewaterError } from '@tidewater/core'
import type { ExpireSnapshots, RewriteDataFiles, SortColumn, TableOperation } from './operation.js'
import { type Predicate, type PredicateDialect, renderLiteral, renderPredicate } from './predicate.js'
import {
  quoteSparkIdentifier,
  quoteSparkLiteral,
  quoteSparkTable,
  requirePropertyName,
  type TableName,
} from './quote.js'
import {
  type Gate,
  gateOf,
  rewriteDataFilesOptions,
  rewritePositionDeleteFilesOptions,
} from './spark-options.js'
import { unsupportedByEngine } from './unsupported.js'

/**
 * One operation as Spark SQL: a call of Iceberg's procedure (Iceberg documentation, "Spark Procedures").
 *
 * @param icebergVersion of the runtime on Spark's class path, such as `1.10.1`; what it can't do is refused
 * @throws TidewaterError `UNSUPPORTED_BY_ENGINE` with the alternative, `CONFIG_INVALID` for a name or value that SQL can't hold
 */
export function sparkStatement(operation: TableOperation, table: TableName, icebergVersion: string): string {
  const needs = gateOf(operation.operation, icebergVersion)
  switch (operation.operation) {
    case 'rewrite_data_files':
      return call(table, 'rewrite_data_files', {
        ...strategyOf(operation),
        ...(operation.where === undefined
          ? {}
          : { where: quoteSparkLiteral(sparkPredicate(operation.where)) }),
        options: optionsMap(rewriteDataFilesOptions(operation, needs)),
      })
    case 'rewrite_manifests':
      if (operation.specId !== undefined)
        needs('1.5.0', 'spec_id for rewrite_manifests', "Rewrite those of the table's current spec.")
      return call(table, 'rewrite_manifests', {
        use_caching: 'false',
        ...(operation.specId === undefined ? {} : { spec_id: count(operation.specId, 'specId', 0) }),
      })
    case 'expire_snapshots':
      return expireSnapshots(operation, table, needs)
    case 'remove_orphan_files':
      return call(table, 'remove_orphan_files', {
        older_than: timestamp(operation.olderThanMs),
        dry_run: String(operation.dryRun),
      })
    case 'rewrite_position_delete_files':
      return call(table, 'rewrite_position_delete_files', {
        ...(operation.where === undefined
          ? {}
          : { where: quoteSparkLiteral(sparkPredicate(operation.where)) }),
        options: optionsMap(rewritePositionDeleteFilesOptions(operation)),
      })
    case 'compute_table_stats':
      needs('1.8.0', 'compute_table_stats', 'Leave the statistics to the engine that reads the table.')
      return call(table, 'compute_table_stats', {
        columns:
          operation.columns === undefined
            ? undefined
            : `array(${operation.columns.map(quoteSparkLiteral).join(', ')})`,
      })
    case 'set_table_properties':
      return `ALTER TABLE ${quoteSparkTable(table)} SET TBLPROPERTIES (${Object.entries(operation.properties)
        .map(
          ([name, value]) => `${quoteSparkLiteral(requirePropertyName(name))} = ${quoteSparkLiteral(value)}`,
        )
        .join(', ')})`
    case 'vacuum':
      throw unsupportedByEngine(
        'Spark',
        'vacuum',
        'VACUUM for Iceberg tables',
        'Use expire_snapshots, and then remove_orphan_files.',
      )
  }
}

function expireSnapshots(operation: ExpireSnapshots, table: TableName, needs: Gate): string {
  if (operation.cleansMetadata)
    needs('1.10.0', 'clean_expired_metadata', 'Leave unused specs and schemas where they are.')
  return call(table, 'expire_snapshots', {
    older_than: timestamp(operation.olderThanMs),
    retain_last: count(operation.retainLast, 'retainLast', 1),
    stream_results: 'true',
    clean_expired_metadata: operation.cleansMetadata ? 'true' : undefined,
  })
}

/** The sort order of a rewrite, as Iceberg's procedure parses it; undefined for the table's own, and for bin packing. */
export function sparkSortOrder({ strategy, sortBy = [] }: RewriteDataFiles): string | undefined {
  const columns = sortBy.map(sortColumn)
  if (strategy === 'zorder') return `zorder(${columns.join(', ')})`
  return strategy === 'sort' && columns.length > 0 ? columns.join(', ') : undefined
}

function strategyOf(operation: RewriteDataFiles): Record<string, string | undefined> {
  if ((operation.strategy ?? 'binpack') === 'binpack') return {}
  const order = sparkSortOrder(operation)
  return { strategy: "'sort'", sort_order: order === undefined ? undefined : quoteSparkLiteral(order) }
}

function sortColumn({ column, direction, nulls }: SortColumn): string {
  const words = [quoteSparkIdentifier(column)]
  if (direction !== undefined) words.push(direction === 'asc' ? 'ASC' : 'DESC')
  if (nulls !== undefined) words.push(nulls === 'first' ? 'NULLS FIRST' : 'NULLS LAST')
  return words.join(' ')
}

const sparkDialect: PredicateDialect = {
  identifier: quoteSparkIdentifier,
  text: quoteSparkLiteral,
  timestamp: (iso) => `TIMESTAMP ${quoteSparkLiteral(iso)}`,
  localTimestamp: (local) => `TIMESTAMP_NTZ ${quoteSparkLiteral(local)}`,
}

/** A predicate in Spark SQL. @throws TidewaterError `CONFIG_INVALID` for a name or value that SQL can't hold */
export function sparkPredicate(predicate: Predicate): string {
  return renderPredicate(predicate, sparkDialect)
}

/** `CALL catalog.system.procedure(table => '…', …)`: the table's name is text to the procedure, and parsed by it. */
function call(
  { catalog, namespace, name }: TableName,
  procedure: string,
  args: Readonly<Record<string, string | undefined>>,
): string {
  const inCatalog = [...namespace.split('.'), name].map(quoteSparkIdentifier).join('.')
  const given = Object.entries({ table: quoteSparkLiteral(inCatalog), ...args })
    .filter(([, value]) => value !== undefined)
    .map(([argument, value]) => `${argument} => ${value}`)
  return `CALL ${quoteSparkIdentifier(catalog)}.system.${procedure}(${given.join(', ')})`
}

function optionsMap(options: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(options).flat().map(quoteSparkLiteral)
  return entries.length === 0 ? undefined : `map(${entries.join(', ')})`
}

function count(value: number, name: string, min: number): string {
  if (Number.isInteger(value) && value >= min && value < 2 ** 31) return String(value)
  throw new TidewaterError('CONFIG_INVALID', `Not a usable ${name}: ${value}`, {
    remedy: `Give a whole number from ${min} to ${2 ** 31 - 1}.`,
  })
}

function timestamp(ms: number): string {
  return renderLiteral({ timestampMs: ms }, sparkDialect)
}
