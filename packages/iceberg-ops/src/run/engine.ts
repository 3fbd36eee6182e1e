import type { TableHealth } from '../health/table-health.js'
import type { TablePlan } from '../policy/decide.js'
import type { MaintenanceRule } from '../policy/policy.js'
import type { TableOperation, TableOperationName } from '../statement/operation.js'

/** What an engine says of an operation it carried out. */
export interface OperationResult {
  readonly operation: TableOperationName
  readonly seconds: number
  /** The engine's own words: a procedure's result, or a query's rounds and cost. 64-bit integers are strings. */
  readonly result: Readonly<Record<string, unknown>>
}

export interface EngineCall {
  readonly signal?: AbortSignal | undefined
  /** What goes on, in words, such as the rounds of a statement. */
  readonly onProgress?: ((message: string) => void) | undefined
}

/** Something that carries out operations on one table: Spark, wherever it runs, or Athena. */
export interface MaintenanceEngine {
  readonly name: 'spark' | 'athena'
  /** The plan as this engine can carry it out; what it can't do is skipped and says so. */
  adapt(plan: TablePlan, rule: MaintenanceRule, nowMs: number, health: TableHealth): TablePlan
  /**
   * Carries the operations out, in their order; the first that fails ends it.
   *
   * @throws TidewaterError `MAINTENANCE_FAILED` naming the operation, retryable after a conflict of commits; `ABORTED`
   */
  run(operations: readonly TableOperation[], call: EngineCall): Promise<readonly OperationResult[]>
}
