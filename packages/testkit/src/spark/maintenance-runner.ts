import type { SparkMaintenanceRunner } from '@tidewater/core'
import { validateMaintenancePlan } from '@tidewater/iceberg-ops'
import { type RunMaintenanceOptions, runMaintenance } from './run-maintenance.js'

/** Of the runtime that the tool chain fetches. */
const icebergVersion = '1.10.1'

/** Maintenance by the local Spark, started for it. */
export function localMaintenanceRunner(
  options: Omit<RunMaintenanceOptions, 'onOperation' | 'signal'>,
): SparkMaintenanceRunner {
  return {
    icebergVersion,
    run: (document, { signal, onProgress }) =>
      runMaintenance(validateMaintenancePlan(document), {
        ...options,
        ...(signal === undefined ? {} : { signal }),
        onOperation: ({ operation }) => onProgress?.(operation),
      }),
  }
}
