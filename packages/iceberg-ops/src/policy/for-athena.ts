import { durationText } from '../health/format.js'
import { isBucketRoot } from '../health/location-set.js'
import type { TableHealth } from '../health/table-health.js'
import { type Decision, type PlannedOperation, planWith, sharedBucket, type TablePlan } from './decide.js'
import type { MaintenanceRule } from './policy.js'

const hourMs = 3_600_000

/**
 * A plan as Athena can carry it out: it merges by partition columns and by properties of the table, which are set first; its
 * VACUUM expires snapshots and removes orphan files together, both by one age. So that age is the longer of the two the policy
 * wants, and where orphan files may only be listed there is no VACUUM.
 *
 * @param nowMs as the plan was decided with
 * @param health as it was decided on
 */
export function planForAthena(
  plan: TablePlan,
  rule: MaintenanceRule,
  nowMs: number,
  health: Pick<TableHealth, 'location'>,
): TablePlan {
  const decisions = plan.decisions.flatMap((decision): Decision[] => {
    switch (decision.name) {
      case 'rewrite_data_files':
        return decision.planned ? rewrite(decision) : [decision]
      case 'expire_snapshots':
        return isBucketRoot(health.location)
          ? [
              {
                name: 'vacuum',
                planned: false,
                reason: `Athena refuses VACUUM: ${sharedBucket(health.location)}`,
              },
            ]
          : vacuum(decision, rule, nowMs)
      case 'remove_orphan_files':
        return []
      default:
        return [
          decision.planned
            ? {
                name: decision.name,
                planned: false,
                reason: `Athena has no statement for it; ${decision.reason}`,
              }
            : decision,
        ]
    }
  })
  return planWith(plan, decisions)
}

/** Athena merges by properties of the table: without them it would merge other files than those that were counted. */
function rewrite(decision: PlannedOperation): Decision[] {
  const { operation } = decision
  if (operation.operation !== 'rewrite_data_files') return [decision]
  const { where, minInputFiles, targetFileSizeBytes } = operation
  const properties = {
    ...(minInputFiles === undefined ? {} : { optimize_rewrite_data_file_threshold: String(minInputFiles) }),
    ...(targetFileSizeBytes === undefined
      ? {}
      : { write_target_data_file_size_bytes: String(targetFileSizeBytes) }),
  }
  return [
    {
      name: 'set_table_properties',
      planned: true,
      operation: { operation: 'set_table_properties', properties },
      reason: 'OPTIMIZE goes by properties of the table',
      expected: 'the number and size of files that OPTIMIZE goes by',
      gainFiles: 0,
      costBytes: 0,
    },
    {
      ...decision,
      operation: { operation: operation.operation, ...(where === undefined ? {} : { where }) },
    },
  ]
}

function vacuum(expiry: Decision, rule: MaintenanceRule, nowMs: number): Decision[] {
  const { removeOrphanFiles } = rule.operations
  const skipped = (reason: string): Decision[] => [{ name: 'vacuum', planned: false, reason }]
  if (!expiry.planned || expiry.operation.operation !== 'expire_snapshots') return skipped(expiry.reason)
  if (removeOrphanFiles === false || removeOrphanFiles.dryRun)
    return skipped('VACUUM removes orphan files too, and the policy does not let it')
  const { olderThanMs, retainLast } = expiry.operation
  const ageMs = Math.max(nowMs - olderThanMs, removeOrphanFiles.minAgeHours * hourMs)
  const reason = `${expiry.reason}; VACUUM by an age of ${durationText(ageMs)}, which holds for orphan files too`
  const common = { planned: true, reason, gainFiles: 0, costBytes: 0 } as const
  return [
    {
      ...common,
      name: 'set_table_properties',
      operation: {
        operation: 'set_table_properties',
        properties: {
          // Rounded up: a second less could take the snapshot that a stream needs.
          vacuum_max_snapshot_age_seconds: String(Math.ceil(ageMs / 1_000)),
          vacuum_min_snapshots_to_keep: String(retainLast),
        },
      },
      expected: 'the age and number that VACUUM goes by',
    },
    { ...common, name: 'vacuum', operation: { operation: 'vacuum' }, expected: expiry.expected },
  ]
}
