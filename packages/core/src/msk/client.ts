import type * as Sdk from '@aws-sdk/client-kafka'
import { type AwsCallOptions, callAws } from '../aws/calls.js'
import { type AwsClientOptions, awsClientConfig, awsClientOptionsSchema } from '../aws/client-options.js'
import { parseConfig } from '../config/parse.js'
import { loadPeer } from '../load-peer.js'
import { type Clock, realClock } from '../retry/run.js'

export type MskClientOptions = AwsClientOptions

/** The operations of the MSK service that are used here: name, request, answer. */
interface Operations {
  CreateClusterV2: [Sdk.CreateClusterV2Request, Sdk.CreateClusterV2Response]
  CreateTopic: [Sdk.CreateTopicRequest, Sdk.CreateTopicResponse]
  DeleteCluster: [Sdk.DeleteClusterRequest, Sdk.DeleteClusterResponse]
  DescribeClusterV2: [Sdk.DescribeClusterV2Request, Sdk.DescribeClusterV2Response]
  DescribeTopic: [Sdk.DescribeTopicRequest, Sdk.DescribeTopicResponse]
  DescribeTopicPartitions: [Sdk.DescribeTopicPartitionsRequest, Sdk.DescribeTopicPartitionsResponse]
  GetBootstrapBrokers: [Sdk.GetBootstrapBrokersRequest, Sdk.GetBootstrapBrokersResponse]
  ListClustersV2: [Sdk.ListClustersV2Request, Sdk.ListClustersV2Response]
  ListTopics: [Sdk.ListTopicsRequest, Sdk.ListTopicsResponse]
  UpdateTopic: [Sdk.UpdateTopicRequest, Sdk.UpdateTopicResponse]
}

export type MskOperation = keyof Operations

export type MskCallOptions = AwsCallOptions

/** The MSK service, with its errors typed and what may pass tried again. */
export interface MskClient {
  /**
   * Rejects with a TidewaterError: `CREDENTIALS_UNAVAILABLE`, `CREDENTIALS_INVALID`, `CREDENTIALS_EXPIRED`,
   * `CLOCK_SKEWED`, `REGION_MISMATCH`, `AUTHORIZATION_FAILED`, `AWS_THROTTLED`, `CLUSTER_NOT_FOUND`,
   * `CLUSTER_CONFLICT`, `TOPIC_EXISTS`, `TOPIC_NOT_FOUND`, `AWS_REQUEST_FAILED` or `ABORTED`.
   */
  call<O extends MskOperation>(
    operation: O,
    input: Operations[O][0],
    options: MskCallOptions,
  ): Promise<Operations[O][1]>
  close(): void
}

/**
 * A client of the MSK service over `@aws-sdk/client-kafka`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function createMskClient(
  options: MskClientOptions = {},
  clock: Clock = realClock,
): Promise<MskClient> {
  const config = parseConfig(awsClientOptionsSchema, options, 'MSK client')
  const sdk = await loadPeer(
    '@aws-sdk/client-kafka',
    () => import('@aws-sdk/client-kafka'),
    'PACKAGE_NOT_INSTALLED',
  )
  const client = new sdk.KafkaClient(awsClientConfig(config))
  const site = { service: 'MSK', endpoint: config.endpoint, region: () => client.config.region() }
  return {
    call: (operation, input, call) =>
      callAws(site, () => send(sdk, client, operation, input, call.signal), call, clock),
    close: () => client.destroy(),
  }
}

async function send<O extends MskOperation>(
  sdk: typeof Sdk,
  client: Sdk.KafkaClient,
  operation: O,
  input: Operations[O][0],
  signal: AbortSignal | undefined,
): Promise<Operations[O][1]> {
  const commands: { [K in MskOperation]: new (input: Operations[K][0]) => unknown } = {
    CreateClusterV2: sdk.CreateClusterV2Command,
    CreateTopic: sdk.CreateTopicCommand,
    DeleteCluster: sdk.DeleteClusterCommand,
    DescribeClusterV2: sdk.DescribeClusterV2Command,
    DescribeTopic: sdk.DescribeTopicCommand,
    DescribeTopicPartitions: sdk.DescribeTopicPartitionsCommand,
    GetBootstrapBrokers: sdk.GetBootstrapBrokersCommand,
    ListClustersV2: sdk.ListClustersV2Command,
    ListTopics: sdk.ListTopicsCommand,
    UpdateTopic: sdk.UpdateTopicCommand,
  }
  // Which answer belongs to which request is what the table says; TypeScript can't follow it through `send`.
  const command = new commands[operation](input) as Parameters<Sdk.KafkaClient['send']>[0]
  return (await client.send(command, signal === undefined ? {} : { abortSignal: signal })) as Operations[O][1]
}
