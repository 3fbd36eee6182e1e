import { bytesText } from '../health/format.js'
import type { TablePlan } from './decide.js'
import type { MaintenancePolicy } from './policy.js'

export interface RankedPlan {
  readonly plan: TablePlan
  /** Whether it is done in this run. */
  readonly admitted: boolean
  readonly reason: string
}

/**
 * Puts the plans of many tables in the order in which they pay: files fewer by bytes rewritten. What rewrites nothing comes
 * first; what has nothing to do, or is over the policy's budget, is not admitted and says so.
 */
export function rankPlans(plans: readonly TablePlan[], budget: MaintenancePolicy['budget']): RankedPlan[] {
  const score = ({ gainFiles, costBytes }: TablePlan) =>
    costBytes === 0 ? Number.POSITIVE_INFINITY : gainFiles / costBytes
  const ranked = [...plans].sort(
    (one, other) =>
      score(other) - score(one) || other.gainFiles - one.gainFiles || (one.table < other.table ? -1 : 1),
  )
  let [bytes, tables] = [0, 0]
  return ranked.map((plan) => {
    const refused = (reason: string): RankedPlan => ({ plan, admitted: false, reason })
    if (plan.decisions.every(({ planned }) => !planned)) return refused('Nothing to do')
    if (tables >= budget.maxTables) return refused(`Over the budget of ${budget.maxTables} tables a run`)
    if (bytes > 0 && bytes + plan.costBytes > budget.maxBytes)
      return refused(
        `${bytesText(plan.costBytes)} more than ${bytesText(bytes)} are over the budget of ${bytesText(budget.maxBytes)} a run`,
      )
    tables += 1
    bytes += plan.costBytes
    return {
      plan,
      admitted: true,
      reason: `Place ${tables}: ${plan.gainFiles} files fewer for ${bytesText(plan.costBytes)}`,
    }
  })
}
