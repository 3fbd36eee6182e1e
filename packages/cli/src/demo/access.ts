import { iamPolicy, type KafkaConnectionInput, mskIam, type PolicyRequest } from '@tidewater/core'
import type { SparkJob } from '@tidewater/emr'
import type { IamOptions, LocalStack, UserCredentials } from '@tidewater/testkit'

type Connection = Pick<KafkaConnectionInput, 'brokers' | 'tls' | 'auth'>

/** How each part of the demo reaches the broker. */
export interface DemoAccess {
  readonly topicAdmin: Connection
  readonly producer: Connection
  readonly source: Pick<SparkJob['source'], 'bootstrapBrokers' | 'auth'>
  /** Environment of the Spark job, with its credentials where it needs some. */
  readonly sparkEnv: Readonly<Record<string, string | undefined>>
}

const clusterArn = 'arn:aws:kafka:us-east-1:123456789012:cluster/demo/3f0c9a52-6f1e-4b7d-9a55-2f8f7f0f6f11-1'

/** A user for each part, with what that part needs and nothing more: the policies `tidewater iam policy` prints. */
export function demoIam(topic: string): IamOptions {
  const users: readonly (readonly [string, PolicyRequest])[] = [
    ['topic-admin', { role: 'topic-admin', clusterArn, topics: [topic] }],
    ['producer', { role: 'idempotent-producer', clusterArn, topics: [topic] }],
    [
      'spark-job',
      // The storage part of it nobody enforces here: the tables lie in a folder of this machine.
      {
        role: 'spark-job',
        clusterArn,
        topics: [topic],
        tables: [{ database: 'demo', name: 'netflow' }],
        warehouse: 's3://demo/warehouse',
        checkpoint: 's3://demo/checkpoint',
      },
    ],
  ]
  return {
    clusterArn,
    users: users.map(([name, request]) => ({ name, policies: [iamPolicy(request).document] })),
    // A million records are thousands of requests, each allowed; what counts here is what is refused.
    logAllowedAuthorizations: false,
  }
}

/** The ways in: three users over TLS, or everybody in plain text. */
export function demoAccess(
  { iam, bootstrapBrokers }: LocalStack,
  env: Readonly<Record<string, string | undefined>>,
): DemoAccess {
  if (iam === undefined) {
    const plain = { brokers: bootstrapBrokers }
    const source = { bootstrapBrokers, auth: { type: 'none' } } as const
    return { topicAdmin: plain, producer: plain, source, sparkEnv: env }
  }
  const as = ({ accessKeyId, secretAccessKey }: UserCredentials): Connection => ({
    brokers: iam.bootstrapBrokers,
    tls: { caFile: iam.caFile },
    auth: mskIam({ region: iam.region, credentials: { accessKeyId, secretAccessKey } }),
  })
  const sparkJob = iam.user('spark-job')
  const { AWS_SESSION_TOKEN: _, AWS_PROFILE: __, ...rest } = env
  return {
    topicAdmin: as(iam.user('topic-admin')),
    producer: as(iam.user('producer')),
    source: {
      bootstrapBrokers: iam.bootstrapBrokers,
      auth: { type: 'mskIam', region: iam.region, trustStore: { type: 'PEM', location: iam.caFile } },
    },
    sparkEnv: {
      ...rest,
      AWS_ACCESS_KEY_ID: sparkJob.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sparkJob.secretAccessKey,
    },
  }
}
