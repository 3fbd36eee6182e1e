export {
  type Audit,
  type AuditRules,
  decideAudit,
  type ExpectedPartition,
  type IdentityCount,
  type LandedPartition,
  type OffsetRun,
  type PartitionAudit,
} from './audit/decide.js'
export {
  type AuditedRange,
  type AuditedTables,
  duplicatesStatement,
  gapsStatement,
  identityStatement,
  landedStatement,
  parseGap,
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
export { type AthenaTableName, athenaStatement } from './statement/athena-statement.js'
export type * from './statement/operation.js'
export { columnsOf, type Literal, type Predicate } from './statement/predicate.js'
export {
  quoteSparkIdentifier,
  quoteSparkLiteral,
  quoteSparkTable,
  type TableName,
} from './statement/quote.js'
export { sparkStatement } from './statement/spark-statement.js'
