import type * as Sdk from '@aws-sdk/client-emr-containers'
import {
  type AwsClientOptions,
  awsClientConfig,
  awsClientOptionsSchema,
  loadPeer,
  parseConfig,
} from '@tidewater/core'
import { aborting, emrCalls } from '../aws/emr-calls.js'
import type { ActualCluster, ClusterPhase, ClusterService } from '../cluster/service.js'
import type { VirtualClusterRequest } from './plan-virtual-cluster.js'

type Client = Pick<Sdk.EMRContainersClient, 'send' | 'destroy'> & {
  readonly config: { region(): Promise<string> }
}
type Commands = Pick<
  typeof Sdk,
  | 'CreateVirtualClusterCommand'
  | 'DeleteVirtualClusterCommand'
  | 'DescribeVirtualClusterCommand'
  | 'ListVirtualClustersCommand'
>

const pace = { intervalMs: 3_000, maxIntervalMs: 60_000 }

const phases: Readonly<Record<Sdk.VirtualClusterState, ClusterPhase>> = {
  RUNNING: 'ready',
  TERMINATING: 'ending',
  TERMINATED: 'ended',
  ARRESTED: 'stuck',
}

/**
 * Virtual clusters of EMR on EKS, over `@aws-sdk/client-emr-containers`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function virtualClusters(
  options: AwsClientOptions = {},
): Promise<ClusterService<VirtualClusterRequest>> {
  const config = parseConfig(awsClientOptionsSchema, options, 'EMR on EKS client')
  const sdk = await loadPeer(
    '@aws-sdk/client-emr-containers',
    () => import('@aws-sdk/client-emr-containers'),
    'PACKAGE_NOT_INSTALLED',
  )
  return virtualClustersOver(sdk, new sdk.EMRContainersClient(awsClientConfig(config)), config.endpoint)
}

/** The same over a client that is there already. */
export function virtualClustersOver(
  sdk: Commands,
  client: Client,
  endpoint?: string,
): ClusterService<VirtualClusterRequest> {
  const run = emrCalls('EMR on EKS', client, endpoint)
  return {
    kind: 'emr-eks',
    place: 'EMR on EKS',
    pace,
    async describe(id, call) {
      const { virtualCluster } = await run(`Describing virtual cluster ${id}`, call, () =>
        client.send(new sdk.DescribeVirtualClusterCommand({ id }), aborting(call)),
      )
      return actualCluster({ id, ...virtualCluster })
    },
    async list(name, call) {
      const clusters: ActualCluster[] = []
      let nextToken: string | undefined
      do {
        const page = await run('Listing virtual clusters', call, () =>
          client.send(
            new sdk.ListVirtualClustersCommand(nextToken === undefined ? {} : { nextToken }),
            aborting(call),
          ),
        )
        clusters.push(...(page.virtualClusters ?? []).map(actualCluster))
        nextToken = page.nextToken
      } while (nextToken !== undefined)
      return clusters.filter((one) => name === undefined || one.name === name)
    },
    async create(input, clientToken, call) {
      const { id } = await run(`Creating virtual cluster "${input.name}"`, call, () =>
        client.send(new sdk.CreateVirtualClusterCommand({ ...input, clientToken }), aborting(call)),
      )
      return id ?? ''
    },
    async terminate({ id }, call) {
      await run(`Deleting virtual cluster ${id}`, call, () =>
        client.send(new sdk.DeleteVirtualClusterCommand({ id }), aborting(call)),
      )
    },
    close: () => client.destroy(),
  }
}

function actualCluster(cluster: Sdk.VirtualCluster): ActualCluster {
  const { id = '', name = '', arn, state, containerProvider: provider } = cluster
  return {
    id,
    name,
    ...(arn === undefined ? {} : { arn }),
    state: state ?? 'unknown',
    phase: state === undefined ? 'starting' : phases[state],
    reason: state === 'ARRESTED' ? 'EMR has lost its access to the namespace' : '',
    tags: cluster.tags ?? {},
    createdAtMs: cluster.createdAt?.getTime() ?? 0,
    settings: {
      eksCluster: provider?.id ?? '',
      namespace: provider?.info && 'eksInfo' in provider.info ? (provider.info.eksInfo?.namespace ?? '') : '',
    },
  }
}
