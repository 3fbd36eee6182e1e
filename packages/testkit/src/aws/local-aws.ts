import { type KafkaAdmin, TidewaterError } from '@tidewater/core'
import type { LocalIam } from '../local/iam/local-iam.js'
import { localCluster } from './kafka-clusters.js'
import { kafkaService } from './kafka-service.js'
import { type AwsEndpoint, type AwsEndpointOptions, startAwsEndpoint } from './server.js'
import type { AwsIdentity } from './service.js'
import { stsService } from './sts-service.js'
import type { IssueCredentials } from './temporary-credentials.js'

/** The parts of a local stack's IAM that AWS's own services would know. */
export type StackIam = Pick<LocalIam, 'region' | 'clusterArn' | 'bootstrapBrokers' | 'user' | 'assumeRole'>

export interface LocalAwsOptions extends Pick<AwsEndpointOptions, 'clockOffsetSeconds'> {
  readonly iam: StackIam
  /** Names of the stack's users that may call the services. */
  readonly users: readonly string[]
  /** Opens a client of the stack's broker, on which topics are made. Default: none, and topic operations say so. */
  readonly kafkaAdmin?: () => Promise<KafkaAdmin>
}

export interface LocalAws extends AwsEndpoint {
  /** Also for container credentials and instance metadata: what is issued here, broker and services know. */
  readonly issue: IssueCredentials
}

/**
 * MSK and STS for a local stack with IAM: MSK has the stack's broker as its cluster, and the credentials that STS issues
 * are known to the broker.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { iam, users, kafkaAdmin, clockOffsetSeconds = 0 } = options
  const identities = new Map<string, AwsIdentity>()
  for (const name of users) {
    const { arn, accessKeyId, secretAccessKey } = iam.user(name)
    identities.set(accessKeyId, { arn, accessKeyId, secretAccessKey })
  }

  const issue: IssueCredentials = async ({ roleArn, sessionName, durationSeconds }) => {
    try {
      const role = roleArn.split('/').at(-1) ?? ''
      const issued = await iam.assumeRole(role, { sessionName, durationSeconds })
      const { arn, accessKeyId, secretAccessKey, sessionToken, expiration } = issued
      const expiresAt = expiration.toISOString()
      identities.set(accessKeyId, { arn, accessKeyId, secretAccessKey, sessionToken, expiresAt })
      return { arn, accessKeyId, secretAccessKey, sessionToken, expiration }
    } catch (error) {
      // The stack doesn't know the role. AWS doesn't tell whether there is one: it denies.
      if (TidewaterError.isInstance(error) && error.code === 'CONFIG_INVALID') {
        return {
          denied: `not authorized to perform: sts:AssumeRole on resource: ${roleArn} (${error.message})`,
        }
      }
      throw error
    }
  }

  const endpoint = await startAwsEndpoint({
    region: iam.region,
    clockOffsetSeconds,
    identities: (accessKeyId) => identities.get(accessKeyId),
    services: [
      kafkaService({
        region: iam.region,
        clusters: [localCluster({ clusterArn: iam.clusterArn })],
        bootstrapBrokers: ({ clusterArn }) =>
          clusterArn === iam.clusterArn ? { bootstrapBrokerStringSaslIam: iam.bootstrapBrokers } : {},
        ...(kafkaAdmin === undefined ? {} : { kafkaAdmin }),
      }),
      stsService({ issue }),
    ],
  })
  return { ...endpoint, issue }
}
