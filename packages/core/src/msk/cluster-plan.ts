import type { Cluster, CreateClusterV2Request } from '@aws-sdk/client-kafka'
import type { Finding } from '../finding.js'
import { isExpress } from './broker-sizes.js'
import { type ClusterChange, compareCluster } from './cluster-comparison.js'
import { brokerCount, type ClusterDefinition } from './cluster-definition.js'
import { clusterFindings } from './cluster-findings.js'
import { createClusterInput } from './create-input.js'

/** Quotas that AWS raises on request. */
export interface MskQuotas {
  readonly brokersPerAccount: number
  /** Of a cluster whose metadata is in KRaft. */
  readonly brokersPerCluster: number
  readonly serverlessClustersPerAccount: number
}

export const defaultMskQuotas: MskQuotas = {
  brokersPerAccount: 90,
  brokersPerCluster: 60,
  serverlessClustersPerAccount: 10,
}

/** What there is in the account and region. */
export interface ActualClusters {
  /** The cluster of the desired name; null when there is none. */
  readonly cluster: Cluster | null
  /** Brokers of all provisioned clusters. */
  readonly accountBrokers: number
  readonly accountServerlessClusters: number
}

interface PlanBase {
  readonly name: string
  /** How the cluster differs from what is desired; empty when there is none yet. */
  readonly changes: readonly ClusterChange[]
  readonly reasons: readonly string[]
  readonly findings: readonly Finding[]
}

/** What to do so that the cluster is as desired, and why. */
export type ClusterPlan =
  | (PlanBase & { readonly action: 'create'; readonly input: CreateClusterV2Request })
  | (PlanBase & { readonly action: 'wait'; readonly clusterArn: string; readonly state: string })
  | (PlanBase & { readonly action: 'none'; readonly clusterArn: string; readonly state: string })
  | (PlanBase & { readonly action: 'conflict'; readonly clusterArn?: string; readonly state?: string })

/**
 * Compares the desired cluster with what there is. A cluster that exists is never altered: a change of size, storage or
 * authentication restarts brokers or costs money for good, so it is a conflict that names each difference.
 */
export function planCluster(
  desired: ClusterDefinition,
  actual: ActualClusters,
  quotas: MskQuotas = defaultMskQuotas,
): ClusterPlan {
  const findings = clusterFindings(desired)
  const { name } = desired
  if (actual.cluster === null) {
    const overQuota = quotaProblems(desired, actual, quotas)
    if (overQuota.length > 0) return { action: 'conflict', name, changes: [], reasons: overQuota, findings }
    const reasons = [`cluster "${name}" doesn't exist`, describeSize(desired)]
    return { action: 'create', name, changes: [], reasons, findings, input: createClusterInput(desired) }
  }
  const { cluster } = actual
  const state = cluster.State ?? 'unknown'
  const clusterArn = cluster.ClusterArn ?? ''
  const place = { name, clusterArn, state }
  const { changes, notes } = compareCluster(desired, cluster)
  const conflict = (reasons: readonly string[]): ClusterPlan => ({
    action: 'conflict',
    ...place,
    changes,
    reasons,
    findings: [...findings, ...notes],
  })
  // A cluster that is going or gone wrong is none that could become as desired, whatever its settings say.
  if (state === 'DELETING') {
    return conflict([`cluster "${name}" is being deleted; its name is free again once it is gone`])
  }
  if (state === 'FAILED') {
    const info = cluster.StateInfo
    const why = [info?.Code, info?.Message].filter((part) => part !== undefined).join(': ')
    return conflict([`cluster "${name}" has failed${why === '' ? '' : ` (${why})`}; delete it first`])
  }
  if (changes.length > 0) return conflict(changes.map(describeChange))
  const rest = { ...place, changes, findings: [...findings, ...notes] }
  if (state === 'ACTIVE')
    return { action: 'none', ...rest, reasons: [`cluster "${name}" is as desired and ACTIVE`] }
  return { action: 'wait', ...rest, reasons: [`cluster "${name}" is as desired, and ${state}`] }
}

export function describeChange({ setting, actual, desired }: ClusterChange): string {
  return `its ${setting} is ${actual}, ${desired} is desired`
}

function describeSize(desired: ClusterDefinition): string {
  if (desired.type === 'serverless') return `Serverless, in ${desired.subnetIds.length} subnets`
  const { brokersPerAvailabilityZone, clientSubnetIds, brokerType, storageGiBPerBroker, kafkaVersion } =
    desired
  const storage = isExpress(brokerType) ? '' : `, ${storageGiBPerBroker} GiB each`
  return (
    `${brokerCount(desired)} brokers (${brokersPerAvailabilityZone} in each of ${clientSubnetIds.length} zones) ` +
    `of ${brokerType}${storage}, Kafka ${kafkaVersion}`
  )
}

function quotaProblems(
  desired: ClusterDefinition,
  { accountBrokers, accountServerlessClusters }: ActualClusters,
  quotas: MskQuotas,
): string[] {
  const remedy = 'delete what is not needed or ask AWS for a higher quota'
  if (desired.type === 'serverless') {
    const limit = quotas.serverlessClustersPerAccount
    if (accountServerlessClusters < limit) return []
    return [`the account has ${accountServerlessClusters} of ${limit} Serverless clusters: ${remedy}`]
  }
  const brokers = brokerCount(desired)
  const problems: string[] = []
  if (brokers > quotas.brokersPerCluster) {
    problems.push(
      `${brokers} brokers are more than the ${quotas.brokersPerCluster} a KRaft cluster may have: ${remedy}`,
    )
  }
  if (accountBrokers + brokers > quotas.brokersPerAccount) {
    problems.push(
      `the account has ${accountBrokers} brokers, and ${brokers} more exceed its ${quotas.brokersPerAccount}: ${remedy}`,
    )
  }
  return problems
}
