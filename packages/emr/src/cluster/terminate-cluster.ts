import { type Clock, realClock, TidewaterError } from '@tidewater/core'
import { isManaged } from './managed-tags.js'
import type { ActualCluster, ClusterService } from './service.js'

export interface ClusterCall {
  readonly signal?: AbortSignal | undefined
}

/** Clusters that Tidewater has made and that have not ended, oldest first. */
export async function listEmrClusters(
  service: ClusterService,
  { signal }: ClusterCall = {},
): Promise<readonly ActualCluster[]> {
  const all = await service.list(undefined, { signal })
  return all
    .filter((one) => isManaged(one.tags) && !hasEnded(one))
    .sort((a, b) => a.createdAtMs - b.createdAtMs)
}

/**
 * The cluster with this id, or the one of ours with this name that has not ended.
 *
 * @throws TidewaterError `CLUSTER_NOT_FOUND`
 */
export async function describeEmrCluster(
  service: ClusterService,
  nameOrId: string,
  { signal }: ClusterCall = {},
): Promise<ActualCluster> {
  const ofName = await service.list(nameOrId, { signal })
  const ours = ofName.filter((one) => isManaged(one.tags) && !hasEnded(one))
  const [named] = ours.sort((a, b) => a.createdAtMs - b.createdAtMs)
  if (named !== undefined) return named
  try {
    return await service.describe(nameOrId, { signal })
  } catch (cause) {
    if (!TidewaterError.isInstance(cause) || !saysThereIsNone(cause)) throw cause
    throw new TidewaterError('CLUSTER_NOT_FOUND', `${service.place} has no cluster "${nameOrId}" of ours`, {
      remedy: 'Correct the name or the id, or the region and the profile it is looked for with.',
      details: { cluster: nameOrId, kind: service.kind },
      cause,
    })
  }
}

export interface TerminatedCluster {
  readonly action: 'terminate' | 'none' | 'conflict'
  readonly reason: string
  readonly cluster: ActualCluster
}

/** What terminating the cluster would be. Pure. */
export function planTermination(cluster: ActualCluster): TerminatedCluster {
  const { id, name, state, phase, tags, isTerminationProtected } = cluster
  const subject = `"${name}" (${id})`
  if (hasEnded(cluster) || phase === 'ending')
    return { action: 'none', cluster, reason: `${subject} is ${state}` }
  if (!isManaged(tags)) {
    return {
      action: 'conflict',
      cluster,
      reason: `${subject} has no tag tidewater:managed: something else has made it`,
    }
  }
  if (isTerminationProtected === true) {
    return { action: 'conflict', cluster, reason: `${subject} is protected against termination` }
  }
  return { action: 'terminate', cluster, reason: `${subject} is ${state}; jobs that run on it end with it` }
}

/**
 * Terminates a cluster of ours, and returns once the service has begun with it; `waitUntilEnded` waits for the end. An application of
 * EMR Serverless is stopped first, which its runs prevent.
 *
 * @param options.dryRun only say what would be done; a conflict isn't thrown. Default false
 * @throws TidewaterError `CLUSTER_NOT_FOUND`, `CLUSTER_CONFLICT` for one that is protected or isn't ours
 */
export async function terminateEmrCluster(
  service: ClusterService,
  nameOrId: string,
  { dryRun = false, signal }: ClusterCall & { readonly dryRun?: boolean } = {},
  clock: Clock = realClock,
): Promise<TerminatedCluster> {
  const plan = planTermination(await describeEmrCluster(service, nameOrId, { signal }))
  if (dryRun || plan.action === 'none') return plan
  if (plan.action === 'conflict') throw conflictError(plan)
  for (let cluster = plan.cluster; ; ) {
    await service.terminate(cluster, { signal })
    cluster = await service.describe(cluster.id, { signal })
    // Of a Serverless application the first request only stops it, and the next one has to wait for that.
    if (hasEnded(cluster) || cluster.phase === 'ending') return { ...plan, cluster }
    await clock.sleep(service.pace.intervalMs, signal)
  }
}

function hasEnded({ phase }: ActualCluster): boolean {
  return phase === 'ended' || phase === 'failed'
}

/** Ids of a wrong form the services call invalid, not unknown. */
function saysThereIsNone({ code, details }: TidewaterError): boolean {
  return code === 'CLUSTER_NOT_FOUND' || details.awsError === 'ValidationException'
}

function conflictError({ cluster, reason }: TerminatedCluster): TidewaterError {
  const { id, isTerminationProtected } = cluster
  return new TidewaterError('CLUSTER_CONFLICT', `Not terminated: ${reason}`, {
    remedy:
      isTerminationProtected === true && isManaged(cluster.tags)
        ? `Take the protection off first: aws emr modify-cluster-attributes --cluster-id ${id} --no-termination-protected`
        : 'Terminate it with what has made it.',
    details: { id },
  })
}
