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
export type { CatalogClaim } from './health/disagreements.js'
export { healthFindings } from './health/findings.js'
export { type MeasuredTable, type MeasureOptions, measureHealth } from './health/measure.js'
export { type MeasureTableOptions, measureTable } from './health/measure-table.js'
export { healthMarkdown, healthText } from './health/render.js'
export type * from './health/table-health.js'
export type { HealthThresholds, HealthThresholdsInput } from './health/thresholds.js'
export { maintenanceDocument } from './maintenance/document.js'
export type * from './maintenance/maintenance-document.gen.js'
export { validateMaintenancePlan } from './maintenance/validate.js'
export {
  type Decision,
  decideMaintenance,
  type PlannedOperation,
  type SkippedOperation,
  type TablePlan,
} from './policy/decide.js'
export { planForAthena } from './policy/for-athena.js'
export {
  defaultPolicy,
  isInWindow,
  type MaintenancePolicy,
  type MaintenancePolicyInput,
  type MaintenanceRule,
  parsePolicy,
  ruleFor,
} from './policy/policy.js'
export { type RankedPlan, rankPlans } from './policy/rank.js'
export { effectsOf, type OperationEffect } from './run/effect.js'
export type { EngineCall, MaintenanceEngine, OperationResult } from './run/engine.js'
export { type MaintainOptions, type MaintenanceOutcome, maintainTable } from './run/maintain.js'
export { type SparkEngineOptions, sparkEngine } from './run/spark-engine.js'
export { type AthenaTableName, athenaStatement } from './statement/athena-statement.js'
export type * from './statement/operation.js'
export { columnsOf, type Literal, type Predicate } from './statement/predicate.js'
export {
  quoteSparkIdentifier,
  quoteSparkLiteral,
  quoteSparkTable,
  type TableName,
} from './statement/quote.js'
export { sparkPredicate, sparkStatement } from './statement/spark-statement.js'
