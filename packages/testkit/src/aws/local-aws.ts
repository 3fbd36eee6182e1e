import type { KafkaAdmin } from '@tidewater/core'
import { type AwsAccount, type StackIam, stackAccount } from './account.js'
import { localCluster } from './kafka-clusters.js'
import { kafkaService } from './kafka-service.js'
import { type AwsEndpoint, type AwsEndpointOptions, startAwsEndpoint } from './server.js'
import type { AwsService } from './service.js'
import { stsService } from './sts-service.js'

export interface LocalAwsOptions extends Pick<AwsEndpointOptions, 'clockOffsetSeconds'> {
  readonly iam: StackIam
  /** Names of the stack's users that may call the services. */
  readonly users: readonly string[]
  /** Opens a client of the stack's broker, on which topics are made. Default: none, and topic operations say so. */
  readonly kafkaAdmin?: () => Promise<KafkaAdmin>
}

export interface LocalAws extends AwsEndpoint {
  /** Also for container credentials and instance metadata: what is issued here, broker and services know. */
  readonly issue: AwsAccount['issue']
}

/**
 * MSK and STS for a local stack with IAM: MSK has the stack's broker as its cluster, and the credentials that STS issues
 * are known to the broker.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { iam, users, kafkaAdmin, clockOffsetSeconds = 0 } = options
  const account = stackAccount(iam, users)
  const endpoint = await startAwsEndpoint({
    region: iam.region,
    clockOffsetSeconds,
    identities: account.identityOf,
    services: [mskOfStack(iam, kafkaAdmin), stsService(account)],
  })
  return { ...endpoint, issue: account.issue }
}

/** MSK's control plane with the stack's broker as its cluster. */
export function mskOfStack(iam: StackIam, kafkaAdmin?: () => Promise<KafkaAdmin>): AwsService {
  return kafkaService({
    region: iam.region,
    clusters: [localCluster({ clusterArn: iam.clusterArn })],
    bootstrapBrokers: ({ clusterArn }) =>
      clusterArn === iam.clusterArn ? { bootstrapBrokerStringSaslIam: iam.bootstrapBrokers } : {},
    ...(kafkaAdmin === undefined ? {} : { kafkaAdmin }),
  })
}
