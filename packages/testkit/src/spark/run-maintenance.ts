import { type MaintenancePlan, validateMaintenancePlan } from '@tidewater/iceberg-ops'
import { runDocument, type SparkRunOptions } from './run-document.js'
import type { SparkEvent } from './types.js'

/** What one operation of a maintenance plan did. */
export interface MaintenanceResult {
  readonly operation: MaintenancePlan['operations'][number]['operation']
  readonly seconds: number
  /** The procedure's own result; 64-bit integers are strings. */
  readonly result: Readonly<Record<string, unknown>>
}

export interface RunMaintenanceOptions extends SparkRunOptions {
  readonly onOperation?: (result: MaintenanceResult) => void
}

/**
 * Carries out a maintenance plan on the local Spark, operation by operation.
 *
 * @throws TidewaterError `PLAN_INVALID` before Spark starts, `MAINTENANCE_FAILED` naming the operation, `PROCESS_FAILED`
 *   with the end of the log, `ABORTED`
 */
export async function runMaintenance(
  plan: MaintenancePlan,
  options: RunMaintenanceOptions,
): Promise<readonly MaintenanceResult[]> {
  const { onOperation, ...spark } = options
  const results: MaintenanceResult[] = []
  const run = await runDocument<SparkEvent>('maintain', '--plan', validateMaintenancePlan(plan), {
    ...spark,
    onEvent: (event) => {
      if (event.event !== 'operation' || event.status !== 'done') return
      const { operation, seconds, result } = event as unknown as MaintenanceResult
      results.push({ operation, seconds, result })
      onOperation?.({ operation, seconds, result })
    },
  })
  await run.wait()
  return results
}
