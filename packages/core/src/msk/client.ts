import type * as Sdk from '@aws-sdk/client-kafka'
import { z } from 'zod'
import type { AwsCredentials, AwsCredentialsProvider } from '../auth/options.js'
import { parseConfig } from '../config/parse.js'
import { loadPeer } from '../load-peer.js'
import type { RetryPolicy } from '../retry/policy.js'
import { type Clock, realClock, runWithRetry } from '../retry/run.js'
import { type AwsSubject, awsFailure, retryAfterMsOf } from './aws-failure.js'

const callPolicy: RetryPolicy = {
  maxAttempts: 6,
  initialDelayMs: 500,
  maxDelayMs: 20_000,
  maxElapsedMs: 120_000,
  jitter: 0.5,
}

export const mskClientOptionsSchema = z.strictObject({
  /** Such as `us-east-1`. Default: the SDK's chain (`AWS_REGION`, the profile). */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'must be a region such as us-east-1')
    .optional(),
  /** URL of the service, for a VPC endpoint or a local one. Default: the region's. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Profile of the shared AWS configuration. Default: the SDK's chain. */
  profile: z.string().min(1).optional(),
  /** Credentials or a provider of them. Default: the SDK's chain. */
  credentials: z
    .custom<AwsCredentials | AwsCredentialsProvider>(
      (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
      'must be credentials or a function that provides them',
    )
    .optional(),
  /** Longest wait for one answer. Default 30,000. */
  requestTimeoutMs: z.int().min(100).max(900_000).default(30_000),
  /** Longest wait for a connection. Default 5,000. */
  connectTimeoutMs: z.int().min(100).max(300_000).default(5_000),
})

export type MskClientOptions = z.input<typeof mskClientOptionsSchema>

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

export interface MskCallOptions {
  /** What the call is for, in its error: `Creating cluster "demo"`. */
  readonly action: string
  readonly signal?: AbortSignal
  /** Attempts in all. Default 6; 1 for callers that poll anyway. */
  readonly maxAttempts?: number
}

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
  const config = parseConfig(mskClientOptionsSchema, options, 'MSK client')
  const sdk = await loadPeer(
    '@aws-sdk/client-kafka',
    () => import('@aws-sdk/client-kafka'),
    'PACKAGE_NOT_INSTALLED',
  )
  const { region, endpoint, profile, credentials } = config
  const client = new sdk.KafkaClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: {
      requestTimeout: config.requestTimeoutMs,
      connectionTimeout: config.connectTimeoutMs,
      throwOnRequestTimeout: true,
    },
    // Retries are decided here, where it is known what can't succeed; the SDK's own would multiply them.
    maxAttempts: 1,
  })
  return {
    call: (operation, input, { action, signal, maxAttempts }) =>
      runWithRetry(
        async () => {
          try {
            return await send(sdk, client, operation, input, signal)
          } catch (thrown) {
            throw awsFailure(thrown, await subjectOf(action, client, endpoint), Date.now())
          }
        },
        {
          policy: { ...callPolicy, ...(maxAttempts === undefined ? {} : { maxAttempts }) },
          retryAfterMs: retryAfterMsOf,
          clock,
          ...(signal === undefined ? {} : { signal }),
        },
      ),
    close: () => client.destroy(),
  }
}

async function subjectOf(
  action: string,
  client: Sdk.KafkaClient,
  endpoint: string | undefined,
): Promise<AwsSubject> {
  const region = await client.config.region().catch(() => 'unknown')
  return { action, region, ...(endpoint === undefined ? {} : { endpoint }) }
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
