import type { TableOperation } from '../statement/operation.js'
import {
  gateOf,
  rewriteDataFilesOptions,
  rewritePositionDeleteFilesOptions,
} from '../statement/spark-options.js'
import { sparkPredicate, sparkSortOrder } from '../statement/spark-statement.js'
import { unsupportedByEngine } from '../statement/unsupported.js'
import type { MaintenancePlan, MaintenanceTable } from './maintenance-document.gen.js'
import { validateMaintenancePlan } from './validate.js'

type DocumentOperation = MaintenancePlan['operations'][number]

/**
 * The document by which `tidewater_spark.maintain` does these operations, in their order.
 *
 * @param icebergVersion of the runtime on Spark's class path; what it can't do is refused
 * @throws TidewaterError `UNSUPPORTED_BY_ENGINE` with the alternative, `CONFIG_INVALID` for a value that SQL can't hold,
 *   `PLAN_INVALID` for a table or a list the document can't hold
 */
export function maintenanceDocument(
  table: MaintenanceTable,
  operations: readonly TableOperation[],
  icebergVersion: string,
): MaintenancePlan {
  return validateMaintenancePlan({
    version: 1,
    table,
    operations: operations.map((operation) => documentOperation(operation, icebergVersion)),
  })
}

function documentOperation(operation: TableOperation, icebergVersion: string): DocumentOperation {
  const needs = gateOf(operation.operation, icebergVersion)
  switch (operation.operation) {
    case 'rewrite_data_files': {
      const sortOrder = sparkSortOrder(operation)
      return {
        operation: operation.operation,
        strategy: (operation.strategy ?? 'binpack') === 'binpack' ? 'binpack' : 'sort',
        ...(sortOrder === undefined ? {} : { sortOrder }),
        ...whereOf(operation),
        options: rewriteDataFilesOptions(operation, needs),
      }
    }
    case 'rewrite_manifests':
      if (operation.specId !== undefined)
        throw unsupportedByEngine(
          "Tidewater's job",
          operation.operation,
          'specId for manifests',
          "Leave it out: those of the table's current spec are rewritten.",
        )
      return { operation: operation.operation }
    case 'expire_snapshots':
      return {
        operation: operation.operation,
        olderThan: new Date(operation.olderThanMs).toISOString(),
        retainLast: operation.retainLast,
      }
    case 'remove_orphan_files':
      return {
        operation: operation.operation,
        olderThan: new Date(operation.olderThanMs).toISOString(),
        dryRun: operation.dryRun,
      }
    case 'rewrite_position_delete_files':
      return {
        operation: operation.operation,
        ...whereOf(operation),
        options: rewritePositionDeleteFilesOptions(operation),
      }
    case 'compute_table_stats': {
      needs('1.8.0', 'compute_table_stats', 'Leave the statistics to the engine that reads the table.')
      const [first, ...rest] = operation.columns ?? []
      return { operation: operation.operation, ...(first === undefined ? {} : { columns: [first, ...rest] }) }
    }
    case 'vacuum':
    case 'set_table_properties':
      throw unsupportedByEngine(
        "Tidewater's job",
        operation.operation,
        `operation ${operation.operation}`,
        operation.operation === 'vacuum'
          ? 'Use expire_snapshots, and then remove_orphan_files.'
          : 'Run the statement of sparkStatement.',
      )
  }
}

function whereOf({ where }: Pick<Extract<TableOperation, { operation: 'rewrite_data_files' }>, 'where'>) {
  return where === undefined ? {} : { where: sparkPredicate(where) }
}
