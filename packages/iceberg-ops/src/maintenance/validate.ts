import { documentValidator } from '@tidewater/core/documents'
import schema from '@tidewater/spark/maintenance.schema.json' with { type: 'json' }
import type { MaintenancePlan } from './maintenance-document.gen.js'

/**
 * Validates a maintenance plan against `spark/maintenance.schema.json`, the same file the Python side reads.
 *
 * @throws TidewaterError `PLAN_INVALID` naming each wrong field, its value and what is allowed.
 */
export const validateMaintenancePlan: (document: unknown) => MaintenancePlan =
  documentValidator<MaintenancePlan>(schema, 'maintenance plan', 'PLAN_INVALID')
