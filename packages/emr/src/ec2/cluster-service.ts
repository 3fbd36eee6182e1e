import type * as Sdk from '@aws-sdk/client-emr'
import {
  type AwsClientOptions,
  awsClientConfig,
  awsClientOptionsSchema,
  loadPeer,
  parseConfig,
  TidewaterError,
} from '@tidewater/core'
import { aborting, emrCalls } from '../aws/emr-calls.js'
import type { ActualCluster, ClusterService } from '../cluster/service.js'
import type { TargetCall } from '../run/port.js'
import { actualCluster, livingStates } from './cluster-answer.js'
import { runtimeRoleConfiguration } from './run-job-flow-input.js'

type Client = Pick<Sdk.EMRClient, 'send' | 'destroy'> & { readonly config: { region(): Promise<string> } }
type Commands = Pick<
  typeof Sdk,
  | 'CreateSecurityConfigurationCommand'
  | 'DescribeClusterCommand'
  | 'ListClustersCommand'
  | 'RunJobFlowCommand'
  | 'TerminateJobFlowsCommand'
>

// DescribeCluster is refilled once a second for the whole account.
const pace = { intervalMs: 15_000, maxIntervalMs: 180_000 }

/**
 * Clusters of EMR on EC2, over `@aws-sdk/client-emr`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function ec2Clusters(
  options: AwsClientOptions = {},
): Promise<ClusterService<Sdk.RunJobFlowInput>> {
  const config = parseConfig(awsClientOptionsSchema, options, 'EMR client')
  const sdk = await loadPeer(
    '@aws-sdk/client-emr',
    () => import('@aws-sdk/client-emr'),
    'PACKAGE_NOT_INSTALLED',
  )
  return ec2ClustersOver(sdk, new sdk.EMRClient(awsClientConfig(config)), config.endpoint)
}

/** The same over a client that is there already. */
export function ec2ClustersOver(
  sdk: Commands,
  client: Client,
  endpoint?: string,
): ClusterService<Sdk.RunJobFlowInput> {
  const run = emrCalls('EMR', client, endpoint)

  const describe = async (id: string, call?: TargetCall): Promise<ActualCluster> => {
    const { Cluster } = await run(`Describing cluster ${id}`, call, () =>
      client.send(new sdk.DescribeClusterCommand({ ClusterId: id }), aborting(call)),
    )
    return actualCluster(id, Cluster)
  }

  const requireSecurityConfiguration = async (call?: TargetCall): Promise<void> => {
    const { Name } = runtimeRoleConfiguration
    try {
      await run(`Creating security configuration ${Name}`, call, () =>
        client.send(new sdk.CreateSecurityConfigurationCommand(runtimeRoleConfiguration), aborting(call)),
      )
    } catch (thrown) {
      if (!TidewaterError.isInstance(thrown) || !/already exists/i.test(thrown.message)) throw thrown
    }
  }

  return {
    kind: 'emr-ec2',
    place: 'EMR on EC2',
    pace,
    describe,
    async list(name, call) {
      const ids: string[] = []
      let Marker: string | undefined
      do {
        const page = await run('Listing clusters', call, () =>
          client.send(
            new sdk.ListClustersCommand({
              ClusterStates: [...livingStates],
              ...(Marker === undefined ? {} : { Marker }),
            }),
            aborting(call),
          ),
        )
        for (const { Id, Name } of page.Clusters ?? [])
          if (Id !== undefined && (name === undefined || Name === name)) ids.push(Id)
        Marker = page.Marker
      } while (Marker !== undefined && Marker !== '')
      const clusters: ActualCluster[] = []
      // One after the other: the list has no tags, and DescribeCluster is throttled.
      for (const id of ids) clusters.push(await describe(id, call))
      return clusters
    },
    async create(input, _clientToken, call) {
      if (input.SecurityConfiguration === runtimeRoleConfiguration.Name)
        await requireSecurityConfiguration(call)
      const { JobFlowId } = await run(`Creating cluster "${input.Name}"`, call, () =>
        client.send(new sdk.RunJobFlowCommand(input), aborting(call)),
      )
      return JobFlowId ?? ''
    },
    async terminate({ id }, call) {
      await run(`Terminating cluster ${id}`, call, () =>
        client.send(new sdk.TerminateJobFlowsCommand({ JobFlowIds: [id] }), aborting(call)),
      )
    },
    close: () => client.destroy(),
  }
}
