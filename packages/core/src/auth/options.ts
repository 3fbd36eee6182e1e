import { z } from 'zod'
import { partitionOf } from '../iam/arn.js'

/** AWS credentials as the SDK's providers give them. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** A credential provider of the AWS SDK for JavaScript v3, or one of your own. */
// biome-ignore lint/suspicious/noExplicitAny: the SDK's providers take different properties here, all of them optional
export type AwsCredentialsProvider = (properties?: any) => Promise<AwsCredentials>

const credentials = z.custom<AwsCredentials | AwsCredentialsProvider>(
  (value) =>
    typeof value === 'function' ||
    (typeof value === 'object' &&
      value !== null &&
      nonEmpty((value as Partial<AwsCredentials>).accessKeyId) &&
      nonEmpty((value as Partial<AwsCredentials>).secretAccessKey)),
  'must be a provider of the AWS SDK, or an object with accessKeyId and secretAccessKey',
)

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be a URL such as https://host:port' })

export const mskIamOptionsSchema = z
  .strictObject({
    /** AWS region of the cluster; the signature is for it alone. */
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, 'must be an AWS region such as us-east-1'),
    /** Where credentials come from. Default: the AWS SDK's chain (environment, SSO, profile, web identity, container, instance). */
    credentials: credentials.optional(),
    /** Profile of the shared AWS configuration files. Default: that of the chain (`AWS_PROFILE`). */
    profile: z.string().min(1).optional(),
    /** Role to assume through STS with the credentials above. Default: none. */
    roleArn: z
      .string()
      .regex(/^arn:aws(-cn|-us-gov)?:iam::\d{12}:role\/\S+$/, 'must be arn:aws:iam::<account>:role/<name>')
      .optional(),
    /**
     * Name of the session when a role is assumed, here, in a profile or by a web identity. It is part of the principal:
     * brokers refuse a re-authentication under another one, so it stays the same over all refreshes. Default
     * `tidewater-<host name>`, or the `AWS_ROLE_SESSION_NAME` / `role_session_name` that is configured.
     */
    roleSessionName: z
      .string()
      .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 letters, digits or any of _+=,.@-')
      .optional(),
    /** What the role's trust policy may ask for (`sts:ExternalId`). */
    externalId: z.string().min(2).max(1_224).optional(),
    /** Life of the assumed role's credentials. Default 3,600, 900 to 43,200; at most what the role allows. */
    roleDurationSeconds: z.int().min(900).max(43_200).default(3_600),
    /** Service host that the token is signed for. Default: `kafka.<region>.` and the partition's domain. */
    endpoint: httpUrl.optional(),
    /** STS endpoint, for assuming roles and for explaining a refusal. Default: the region's, or `AWS_ENDPOINT_URL_STS`. */
    stsEndpoint: httpUrl.optional(),
    /** Longest wait for a credential source. Default 10,000. */
    credentialsTimeoutMs: z.int().min(100).max(300_000).default(10_000),
    /** Credentials are refreshed from this long before their end on, beside their use. Default 300,000. */
    refreshAheadMs: z.int().min(1_000).max(3_600_000).default(300_000),
    /** With less than this left, credentials are refreshed before the next session. Default 60,000. */
    minSessionMs: z.int().min(1_000).max(600_000).default(60_000),
  })
  .refine(({ credentials, profile }) => credentials === undefined || profile === undefined, {
    path: ['profile'],
    message: 'excludes credentials: give one of them',
  })
  .refine(({ roleArn, externalId }) => roleArn !== undefined || externalId === undefined, {
    path: ['externalId'],
    message: 'needs roleArn',
  })

export type MskIamOptions = z.input<typeof mskIamOptionsSchema>
export type MskIamConfig = Readonly<z.output<typeof mskIamOptionsSchema>>

/** Host that the service's requests are signed for: `kafka.us-east-1.amazonaws.com`, in China `….amazonaws.com.cn`. */
export function serviceHost(region: string, endpoint?: string): string {
  if (endpoint !== undefined) return new URL(endpoint).host
  return `kafka.${region}.amazonaws.com${partitionOf(region) === 'aws-cn' ? '.cn' : ''}`
}

/** The region in an MSK broker's host name (`b-1.demo.abc123.c2.kafka.us-east-1.amazonaws.com`); undefined in another. */
export function regionOfBroker(broker: string): string | undefined {
  const match = /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?::\d+)?$/.exec(broker)
  return match?.[1]
}

function nonEmpty(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
