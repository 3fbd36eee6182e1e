export {
  type Audit,
  decideAudit,
  type ExpectedPartition,
  type IdentityCount,
  type LandedPartition,
  type PartitionAudit,
} from './audit/decide.js'
export {
  type AuditedTables,
  duplicatesStatement,
  gapsStatement,
  identityStatement,
  landedStatement,
  parseIdentity,
  parseLanded,
} from './audit/statements.js'
export { inventoryStatement, parseInventory, type TableInventory } from './inventory/inventory.js'
export type * from './maintenance/maintenance-document.gen.js'
export {
  type MaintenanceDecision,
  type MaintenanceOperationName,
  type MaintenanceOptions,
  type PlannedMaintenance,
  planMaintenance,
} from './maintenance/plan.js'
export { validateMaintenancePlan } from './maintenance/validate.js'
export { quoteSparkIdentifier, quoteSparkTable, type TableName } from './statement/quote.js'
