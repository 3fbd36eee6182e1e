import { alignedTable, renderFindings, section } from '../rendering.js'
import type { EmrClusterPlan } from './cluster-plan.js'

/** A plan for people: what, why, each setting with its reason, what else is worth knowing. */
export function renderEmrClusterPlan(plan: EmrClusterPlan, dryRun: boolean, columns?: number): string {
  const { action, reasons, decisions, findings } = plan
  return [
    `${dryRun ? 'would be: ' : ''}${action}: ${reasons.join('; ')}\n`,
    section(
      `${plan.kind} "${plan.name}"`,
      `\n${alignedTable(
        decisions.map(({ setting, value, reason }) => [setting, value, reason]),
        columns,
      )}`,
    ),
    findings.length === 0 ? '' : `findings\n${renderFindings(findings)}`,
  ].join('')
}
