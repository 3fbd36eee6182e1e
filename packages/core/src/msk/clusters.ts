import type { Cluster } from '@aws-sdk/client-kafka'
import { TidewaterError } from '../errors.js'
import { parseClusterArn } from '../iam/arn.js'
import { type BrokerNetwork, type ChosenBrokers, chooseBootstrapBrokers } from './bootstrap-brokers.js'
import type { MskClient } from './client.js'
import { type ClusterDefinitionInput, clusterDefinition } from './cluster-definition.js'
import { type ActualClusters, type ClusterPlan, type MskQuotas, planCluster } from './cluster-plan.js'

export interface SignalOption {
  readonly signal?: AbortSignal
}

export interface EnsureClusterOptions extends SignalOption {
  /** Only plan; nothing is created and a conflict isn't thrown. Default false. */
  readonly dryRun?: boolean
  /** The account's quotas, where AWS has raised them. */
  readonly quotas?: MskQuotas
}

/** A cluster that the service has given an ARN. */
export type NamedCluster = Cluster & { readonly ClusterArn: string }

/**
 * Makes the cluster exist as desired: creates it, or finds that it is there. Repeating it is safe, also after a failure
 * that left open whether the cluster was created: its name is its identity. It doesn't wait; see `waitUntilActive`.
 *
 * @returns the plan it carried out
 * @throws TidewaterError `CONFIG_INVALID`, `CLUSTER_CONFLICT`, and what `MskClient.call` rejects with
 */
export async function ensureCluster(
  client: MskClient,
  definition: ClusterDefinitionInput,
  { dryRun = false, quotas, signal }: EnsureClusterOptions = {},
): Promise<ClusterPlan> {
  const desired = clusterDefinition(definition)
  const plan = planCluster(desired, await readClusters(client, desired.name, { signal }), quotas)
  if (dryRun) return plan
  if (plan.action === 'conflict') throw conflictError(plan)
  if (plan.action !== 'create') return plan
  try {
    await client.call('CreateClusterV2', plan.input, {
      action: `Creating cluster "${desired.name}"`,
      ...withSignal(signal),
    })
    return plan
  } catch (error) {
    if (!hasCode(error, 'CLUSTER_CONFLICT')) throw error
    // Somebody else was faster, or our own first attempt was and its answer got lost: what there is now decides.
    const actual = await readClusters(client, desired.name, { signal })
    if (actual.cluster === null) throw error
    const second = planCluster(desired, actual, quotas)
    if (second.action === 'conflict') throw conflictError(second)
    return second
  }
}

/** The cluster of that name or ARN; null when there is none. */
export async function findCluster(
  client: MskClient,
  nameOrArn: string,
  { signal }: SignalOption = {},
): Promise<NamedCluster | null> {
  const action = `Looking for cluster "${nameOrArn}"`
  if (nameOrArn.startsWith('arn:')) {
    parseClusterArn(nameOrArn)
    try {
      return await describeByArn(client, nameOrArn, { signal })
    } catch (error) {
      if (hasCode(error, 'CLUSTER_NOT_FOUND')) return null
      throw error
    }
  }
  // The filter is a prefix.
  const clusters = await listClusters(client, action, { ClusterNameFilter: nameOrArn }, signal)
  return named(clusters.find(({ ClusterName }) => ClusterName === nameOrArn))
}

/** @throws TidewaterError `CLUSTER_NOT_FOUND` */
export async function describeCluster(
  client: MskClient,
  nameOrArn: string,
  options: SignalOption = {},
): Promise<NamedCluster> {
  const cluster = await findCluster(client, nameOrArn, options)
  if (cluster !== null) return cluster
  throw new TidewaterError(
    'CLUSTER_NOT_FOUND',
    `There is no cluster "${nameOrArn}" in this account and region`,
    {
      remedy: 'Correct the name, or the region and the profile it is looked for with.',
      details: { cluster: nameOrArn },
    },
  )
}

/**
 * The brokers to connect to with IAM authentication.
 *
 * @param network default `private`
 * @throws TidewaterError `CLUSTER_NOT_FOUND`, or `CLUSTER_CONFLICT` when the cluster has no such listener
 */
export async function bootstrapBrokers(
  client: MskClient,
  nameOrArn: string,
  { network, signal }: SignalOption & { readonly network?: BrokerNetwork } = {},
): Promise<ChosenBrokers & { readonly clusterArn: string }> {
  const clusterArn = nameOrArn.startsWith('arn:')
    ? nameOrArn
    : (await describeCluster(client, nameOrArn, withSignal(signal))).ClusterArn
  parseClusterArn(clusterArn)
  const answer = await client.call(
    'GetBootstrapBrokers',
    { ClusterArn: clusterArn },
    { action: `Reading the brokers of ${nameOrArn}`, ...withSignal(signal) },
  )
  return { clusterArn, ...chooseBootstrapBrokers(answer, network) }
}

export interface DeletedCluster {
  readonly clusterArn: string
  readonly clusterName: string
  readonly state: string
  readonly action: 'delete' | 'none'
  readonly reason: string
}

/**
 * Deletes the cluster with all its data. One that is going already is left to go.
 *
 * @param options.dryRun only say what would be done. Default false
 * @throws TidewaterError `CLUSTER_NOT_FOUND`
 */
export async function deleteCluster(
  client: MskClient,
  nameOrArn: string,
  { dryRun = false, signal }: SignalOption & { readonly dryRun?: boolean } = {},
): Promise<DeletedCluster> {
  const cluster = await describeCluster(client, nameOrArn, withSignal(signal))
  const clusterName = cluster.ClusterName ?? nameOrArn
  const { ClusterArn: clusterArn, CurrentVersion, State: state = 'unknown' } = cluster
  const base = { clusterArn, clusterName, state }
  if (state === 'DELETING') {
    return { ...base, action: 'none', reason: `cluster "${clusterName}" is being deleted` }
  }
  const reason = `cluster "${clusterName}" is ${state}; its topics and their records go with it`
  if (dryRun) return { ...base, action: 'delete', reason }
  const { State = 'DELETING' } = await client.call(
    'DeleteCluster',
    // The version makes the service refuse when the cluster was changed since it was looked at.
    { ClusterArn: clusterArn, ...(CurrentVersion === undefined ? {} : { CurrentVersion }) },
    { action: `Deleting cluster "${clusterName}"`, ...withSignal(signal) },
  )
  return { ...base, action: 'delete', state: State, reason }
}

/** @internal one describe call, tried once: for those who ask again anyway */
export async function describeByArn(
  client: MskClient,
  clusterArn: string,
  { signal, maxAttempts }: { signal?: AbortSignal | undefined; maxAttempts?: number } = {},
): Promise<NamedCluster> {
  const { ClusterInfo } = await client.call(
    'DescribeClusterV2',
    { ClusterArn: clusterArn },
    {
      action: `Reading cluster ${clusterArn}`,
      ...withSignal(signal),
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
    },
  )
  return { ...ClusterInfo, ClusterArn: ClusterInfo?.ClusterArn ?? clusterArn }
}

async function readClusters(
  client: MskClient,
  name: string,
  { signal }: { signal: AbortSignal | undefined },
): Promise<ActualClusters> {
  const clusters = await listClusters(client, `Looking for cluster "${name}"`, {}, signal)
  // A cluster that is going doesn't stand for its name when its successor exists already.
  const ofName = clusters.filter(({ ClusterName }) => ClusterName === name)
  const present = ofName.find(({ State }) => State !== 'DELETING') ?? ofName[0]
  return {
    cluster: named(present),
    accountBrokers: clusters.reduce(
      (sum, { Provisioned }) => sum + (Provisioned?.NumberOfBrokerNodes ?? 0),
      0,
    ),
    accountServerlessClusters: clusters.filter(({ Serverless }) => Serverless !== undefined).length,
  }
}

async function listClusters(
  client: MskClient,
  action: string,
  filter: { ClusterNameFilter?: string },
  signal: AbortSignal | undefined,
): Promise<Cluster[]> {
  const clusters: Cluster[] = []
  let NextToken: string | undefined
  do {
    const page = await client.call(
      'ListClustersV2',
      { ...filter, ...(NextToken === undefined ? {} : { NextToken }) },
      { action, ...withSignal(signal) },
    )
    clusters.push(...(page.ClusterInfoList ?? []))
    NextToken = page.NextToken
  } while (NextToken !== undefined && NextToken !== '')
  return clusters
}

function named(cluster: Cluster | undefined): NamedCluster | null {
  return cluster?.ClusterArn === undefined ? null : { ...cluster, ClusterArn: cluster.ClusterArn }
}

function conflictError(plan: Extract<ClusterPlan, { action: 'conflict' }>): TidewaterError {
  return new TidewaterError(
    'CLUSTER_CONFLICT',
    `Cluster "${plan.name}" can't become as desired: ${plan.reasons.join('; ')}`,
    {
      remedy: 'Use another name, change the definition to match, or change the cluster by hand.',
      details: {
        cluster: plan.name,
        changes: plan.changes,
        ...(plan.clusterArn === undefined ? {} : { clusterArn: plan.clusterArn }),
      },
    },
  )
}

function hasCode(error: unknown, code: TidewaterError['code']): boolean {
  return TidewaterError.isInstance(error) && error.code === code
}

function withSignal(signal: AbortSignal | undefined): SignalOption {
  return signal === undefined ? {} : { signal }
}
