import type { SparkMaintenanceRunner, SparkOperationResult } from '@tidewater/core'
import type { JobHandle } from './handle.js'
import { type SubmitOptions, submitMaintenance } from './submit.js'

export interface MaintenanceRunnerOptions extends SubmitOptions {
  /** Of the release that the place runs: `releaseOf(label).icebergVersion`. */
  readonly icebergVersion: string
}

/**
 * Maintenance as a job of any target: a step, a run of Serverless or EKS, or the local Spark. A caller that is aborted cancels
 * the run; one that is killed leaves it, and the next one finds it.
 */
export function maintenanceRunner({
  icebergVersion,
  ...options
}: MaintenanceRunnerOptions): SparkMaintenanceRunner {
  return {
    icebergVersion,
    async run(document, { signal, onProgress }) {
      const handle = await submitMaintenance(document as Parameters<typeof submitMaintenance>[0], {
        ...options,
        ...(signal === undefined ? {} : { signal }),
      })
      onProgress?.(
        `maintenance ${handle.reference.id} ${handle.wasRunning ? 'runs already' : 'was submitted'}`,
      )
      await handle.wait({ signal, onAbort: 'cancel' })
      return resultsOf(handle, signal)
    },
  }
}

/** The effect is measured by the table; this is the job's own account, which may not have been shipped yet. */
async function resultsOf(
  handle: JobHandle,
  signal: AbortSignal | undefined,
): Promise<SparkOperationResult[]> {
  const log = await handle.log('stdout', { signal }).catch(() => undefined)
  return operationResults(log?.text ?? '')
}

/** The `operation` events in the output of `tidewater_spark.maintain`. */
export function operationResults(output: string): SparkOperationResult[] {
  return output.split('\n').flatMap((line) => {
    try {
      const { event, status, operation, seconds, result } = JSON.parse(line)
      return event === 'operation' && status === 'done' ? [{ operation, seconds, result }] : []
    } catch {
      // Between the events are lines of other things, and the first one may be cut.
      return []
    }
  })
}
