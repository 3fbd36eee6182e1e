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
import { unsupportedByEngine } from './unsupported.js'

/**
 * One operation as Spark SQL: a call of Iceberg's procedure (Iceberg documentation, "Spark Procedures").
 *
 * @param icebergVersion of the runtime on Spark's class path, such as `1.10.1`; what it can't do is refused
 * @throws TidewaterError `UNSUPPORTED_BY_ENGINE` with the alternative, `CONFIG_INVALID` for a name or value that SQL can't hold
 */
export function sparkStatement(operation: TableOperation, table: TableName, icebergVersion: string): string {
  const needs = (version: string, what: string, alternative: string) => {
    if (isBefore(icebergVersion, version))
      throw unsupportedByEngine(
        `Iceberg ${icebergVersion} on Spark`,
        operation.operation,
        `${what} before Iceberg ${version}`,
        alternative,
      )
  }
  switch (operation.operation) {
    case 'rewrite_data_files':
      return call(table, 'rewrite_data_files', {
        ...strategyOf(operation),
        ...(operation.where === undefined ? {} : { where: quoteSparkLiteral(sparkWhere(operation.where)) }),
        options: optionsMap(rewriteOptions(operation, needs)),
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
        ...(operation.where === undefined ? {} : { where: quoteSparkLiteral(sparkWhere(operation.where)) }),
        options: optionsMap({ 'target-file-size-bytes': operation.targetFileSizeBytes }),
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

type Gate = (version: string, what: string, alternative: string) => void

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

function strategyOf(operation: RewriteDataFiles): Record<string, string | undefined> {
  const { strategy = 'binpack', sortBy = [] } = operation
  if (strategy === 'binpack') return {}
  const columns = sortBy.map(sortColumn)
  if (strategy === 'zorder')
    return { strategy: "'sort'", sort_order: quoteSparkLiteral(`zorder(${columns.join(', ')})`) }
  return {
    strategy: "'sort'",
    sort_order: columns.length === 0 ? undefined : quoteSparkLiteral(columns.join(', ')),
  }
}

function sortColumn({ column, direction, nulls }: SortColumn): string {
  const words = [quoteSparkIdentifier(column)]
  if (direction !== undefined) words.push(direction === 'asc' ? 'ASC' : 'DESC')
  if (nulls !== undefined) words.push(nulls === 'first' ? 'NULLS FIRST' : 'NULLS LAST')
  return words.join(' ')
}

function rewriteOptions(
  operation: RewriteDataFiles,
  needs: Gate,
): Record<string, number | boolean | undefined> {
  if (operation.deleteRatioThreshold !== undefined)
    needs('1.8.0', 'delete-ratio-threshold', 'Use deleteFileThreshold.')
  if (operation.removesDanglingDeletes !== undefined)
    needs('1.7.0', 'remove-dangling-deletes', 'Use rewrite_position_delete_files.')
  if (operation.maxFailedCommits !== undefined)
    needs('1.6.0', 'partial-progress.max-failed-commits', 'Leave it out; the effect is measured afterwards.')
  if (operation.outputSpecId !== undefined)
    needs('1.6.0', 'output-spec-id', "Rewrite into the table's current spec.")
  if (operation.maxFilesToRewrite !== undefined)
    needs('1.10.0', 'max-files-to-rewrite', 'Narrow the operation by where.')
  return {
    'target-file-size-bytes': operation.targetFileSizeBytes,
    'min-input-files': operation.minInputFiles,
    'min-file-size-bytes': operation.minFileSizeBytes,
    'max-file-size-bytes': operation.maxFileSizeBytes,
    'delete-file-threshold': operation.deleteFileThreshold,
    'delete-ratio-threshold': operation.deleteRatioThreshold,
    'remove-dangling-deletes': operation.removesDanglingDeletes,
    'partial-progress.enabled': operation.maxCommits === undefined ? undefined : true,
    'partial-progress.max-commits': operation.maxCommits,
    'partial-progress.max-failed-commits': operation.maxFailedCommits,
    'max-files-to-rewrite': operation.maxFilesToRewrite,
    'max-file-group-size-bytes': operation.maxFileGroupSizeBytes,
    'output-spec-id': operation.outputSpecId,
  }
}

const sparkDialect: PredicateDialect = {
  identifier: quoteSparkIdentifier,
  text: quoteSparkLiteral,
  timestamp: (iso) => `TIMESTAMP ${quoteSparkLiteral(iso)}`,
}

function sparkWhere(predicate: Predicate): string {
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

function optionsMap(options: Readonly<Record<string, number | boolean | undefined>>): string | undefined {
  const entries = Object.entries(options)
    .filter((entry): entry is [string, number | boolean] => entry[1] !== undefined)
    .flatMap(([name, value]) => [
      quoteSparkLiteral(name),
      quoteSparkLiteral(typeof value === 'boolean' ? String(value) : amount(value, name)),
    ])
  return entries.length === 0 ? undefined : `map(${entries.join(', ')})`
}

function amount(value: number, name: string): string {
  const isRatio = name.endsWith('-ratio-threshold')
  const isRight = isRatio ? value >= 0 && value <= 1 : Number.isSafeInteger(value) && value >= 0
  if (isRight) return String(value)
  throw new TidewaterError('CONFIG_INVALID', `Not a usable ${name}: ${value}`, {
    remedy: isRatio ? 'Give a ratio from 0 to 1.' : 'Give a whole number from 0.',
  })
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

function isBefore(version: string, other: string): boolean {
  const [have, need] = [version, other].map((one) => one.split('.').map((part) => Number.parseInt(part, 10)))
  for (const [at, part] of (need ?? []).entries()) {
    const difference = (have?.[at] ?? 0) - part
    if (difference !== 0) return difference < 0
  }
  return false
}
