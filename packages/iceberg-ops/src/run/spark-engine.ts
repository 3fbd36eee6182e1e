import { type SparkMaintenanceRunner, TidewaterError, toTidewaterError } from '@tidewater/core'
import type { TableHealth } from '../health/table-health.js'
import { maintenanceDocument } from '../maintenance/document.js'
import type { MaintenanceTable } from '../maintenance/maintenance-document.gen.js'
import { type Decision, planWith, type TablePlan } from '../policy/decide.js'
import type { TableOperationName } from '../statement/operation.js'
import { isBefore } from '../statement/spark-options.js'
import type { MaintenanceEngine } from './engine.js'

export interface SparkEngineOptions {
  readonly runner: SparkMaintenanceRunner
  /** As Spark knows it: its catalog with all that opens it. The table of a job's document will do. */
  readonly table: MaintenanceTable
  /** Streaming queries whose newest snapshot stays whatever its age, beside those the job finds itself. Default none. */
  readonly protectQueryIds?: readonly string[]
}

/** The engine over `tidewater_spark.maintain`: one job for all operations of a plan. */
export function sparkEngine({ runner, table, protectQueryIds = [] }: SparkEngineOptions): MaintenanceEngine {
  const { catalog, namespace, name } = table
  return {
    name: 'spark',
    adapt: (plan, _rule, _nowMs, health) => withoutDeletesOfRepeated(plan, health, runner.icebergVersion),
    async run(operations, call) {
      const document = {
        ...maintenanceDocument({ catalog, namespace, name }, operations, runner.icebergVersion),
        protectQueryIds: [...protectQueryIds],
      }
      try {
        const results = await runner.run(document, call)
        return results.map(({ operation, ...rest }) => ({
          operation: operation as TableOperationName,
          ...rest,
        }))
      } catch (thrown) {
        throw afterConflict(toTidewaterError(thrown, 'MAINTENANCE_FAILED'))
      }
    },
  }
}

/**
 * Iceberg since 1.10 can't read the position deletes of a table with a list or a map ("Invalid partition field parent", issue 15080):
 * the operation would fail, and what comes after it would not be done.
 */
function withoutDeletesOfRepeated(
  plan: TablePlan,
  { repeatedColumns }: TableHealth,
  icebergVersion: string,
): TablePlan {
  if (repeatedColumns.length === 0 || isBefore(icebergVersion, '1.10.0')) return plan
  const decisions = plan.decisions.map((decision): Decision => {
    const { name } = decision
    if (name !== 'rewrite_position_delete_files' || !decision.planned) return decision
    const reason = `Iceberg ${icebergVersion} fails to merge position deletes of a table with lists or maps (${repeatedColumns.join(', ')}); ${decision.reason}`
    return { name, planned: false, reason }
  })
  return planWith(plan, decisions)
}

/**
 * Another commit came first, or deleted rows of files that were being merged: nothing was changed, and what is decided anew may
 * pass (Iceberg: CommitFailedException and ValidationException of a rewrite).
 */
function afterConflict(error: TidewaterError): TidewaterError {
  const isConflict =
    /CommitFailedException|ValidationException|found new delete for replaced data file/i.test(error.message)
  if (!isConflict || error.retryable) return error
  return new TidewaterError(error.code, error.message, {
    retryable: true,
    remedy: 'Try again.',
    details: error.details,
    cause: error,
  })
}
