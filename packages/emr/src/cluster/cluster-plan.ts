import type { Finding } from '@tidewater/core'
import { clientTokenOf, definitionHashIn, isManaged } from './managed-tags.js'
import type { ActualCluster, Decision, DesiredCluster } from './service.js'

export interface ClusterChange {
  readonly setting: string
  readonly actual: string
  readonly desired: string
}

interface PlanBase<Input> {
  readonly kind: DesiredCluster['kind']
  readonly name: string
  /** Why this action. */
  readonly reasons: readonly string[]
  /** Why the cluster is as it is, setting by setting. */
  readonly decisions: readonly Decision[]
  readonly findings: readonly Finding[]
  /** How the cluster differs from what is desired, as far as the service shows it. */
  readonly changes: readonly ClusterChange[]
  /** The exact request for the cluster. */
  readonly input: Input
}

/** What to do so that the cluster is as desired, and why. */
export type EmrClusterPlan<Input = unknown> =
  | (PlanBase<Input> & {
      readonly action: 'create'
      readonly clientToken: string
      /** Once it has been created. */
      readonly id?: string
    })
  | (PlanBase<Input> & { readonly action: 'wait'; readonly id: string; readonly state: string })
  | (PlanBase<Input> & { readonly action: 'none'; readonly id: string; readonly state: string })
  | (PlanBase<Input> & { readonly action: 'conflict'; readonly id?: string; readonly state?: string })

/**
 * Compares the desired cluster with what there is of its name. One that exists is never altered: it may run other people's jobs, so
 * a difference is a conflict.
 *
 * @param accessFindings of the check of roles and security groups; an error among them is in the way of creating
 */
export function planEmrCluster<Input>(
  desired: DesiredCluster<Input>,
  ofName: readonly ActualCluster[],
  accessFindings: readonly Finding[] = [],
): EmrClusterPlan<Input> {
  const { kind, name, input, decisions } = desired
  const [ours, foreign] = [
    ofName.filter(({ tags }) => isManaged(tags)),
    ofName.filter(({ tags }) => !isManaged(tags)),
  ]
  // Two who looked at the same moment may both have asked; everybody then settles on the older one.
  const present = ours
    .filter(isPresent)
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
  const [cluster, ...twins] = present
  const findings = [
    ...desired.findings,
    ...accessFindings,
    ...twins.map((twin) => twinFinding(twin, cluster?.id ?? '')),
    ...foreign.filter(isPresent).map(foreignFinding),
  ]
  const base = { kind, name, input, decisions, findings }
  if (cluster === undefined) return planCreation(base, desired, ours)
  const { id, state, reason } = cluster
  if (cluster.phase === 'stuck') {
    const reasons = [`"${name}" (${id}) is ${state} (${reason}); terminate it first`]
    return { ...base, action: 'conflict', id, state, changes: [], reasons }
  }
  if (definitionHashIn(cluster.tags) !== desired.definitionHash) {
    const changes = changesOf(desired, cluster)
    const differences = changes.map((one) => `its ${one.setting} is ${one.actual}, ${one.desired} is desired`)
    const reasons =
      differences.length > 0 ? differences : [`"${name}" (${id}) was created from another definition`]
    return { ...base, action: 'conflict', id, state, changes, reasons }
  }
  const found = {
    ...base,
    id,
    state,
    changes: [],
    reasons: [`"${name}" (${id}) is as desired, and ${state}`],
  }
  return cluster.phase === 'ready' ? { ...found, action: 'none' } : { ...found, action: 'wait' }
}

function planCreation<Input>(
  base: Omit<PlanBase<Input>, 'reasons' | 'changes'>,
  { name, definitionHash }: DesiredCluster<Input>,
  ours: readonly ActualCluster[],
): EmrClusterPlan<Input> {
  const errors = base.findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    const reasons = errors.map(({ evidence, fix }) => `${evidence}: ${fix}`)
    return { ...base, action: 'conflict', changes: [], reasons }
  }
  const [last] = ours.filter((one) => !isPresent(one)).sort((a, b) => b.createdAtMs - a.createdAtMs)
  const before = last === undefined ? '' : `; the last one (${last.id}) is ${last.state}`
  return {
    ...base,
    action: 'create',
    changes: [],
    reasons: [`there is no "${name}" of ours${before}`],
    clientToken: clientTokenOf(name, definitionHash, last?.id ?? ''),
  }
}

/** One that is ending takes no more jobs, so it doesn't stand for its name. */
function isPresent({ phase }: ActualCluster): boolean {
  return phase === 'starting' || phase === 'ready' || phase === 'stuck'
}

function changesOf({ settings }: DesiredCluster, actual: ActualCluster): ClusterChange[] {
  return Object.entries(settings).flatMap(([setting, desired]) => {
    const is = actual.settings[setting] ?? 'none'
    return is === desired ? [] : [{ setting, actual: is, desired }]
  })
}

function twinFinding({ id, name }: ActualCluster, kept: string): Finding {
  return {
    id: 'emr.twin-cluster',
    severity: 'warning',
    subject: id,
    evidence: `two clusters are named "${name}": ${kept}, which is used, and ${id}`,
    reason: 'Two who created it at the same moment did not see each other, and both clusters are billed.',
    fix: `Terminate ${id}.`,
  }
}

function foreignFinding({ id, name }: ActualCluster): Finding {
  return {
    id: 'emr.same-name',
    severity: 'info',
    subject: id,
    evidence: `${id} is named "${name}" too, and has no tag tidewater:managed`,
    reason: 'Names are not unique to the service; what Tidewater has not made it leaves alone.',
    fix: 'Use another name when the two would be mistaken for each other.',
  }
}
