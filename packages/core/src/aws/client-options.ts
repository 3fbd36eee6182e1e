import { z } from 'zod'
import type { AwsCredentials, AwsCredentialsProvider } from '../auth/options.js'

/** What every client of an AWS service here is made with. */
export const awsClientOptionsSchema = z.strictObject({
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

export type AwsClientOptions = z.input<typeof awsClientOptionsSchema>

/** The configuration of a client of the SDK. */
export function awsClientConfig(options: z.output<typeof awsClientOptionsSchema>) {
  const { region, endpoint, profile, credentials } = options
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: {
      requestTimeout: options.requestTimeoutMs,
      connectionTimeout: options.connectTimeoutMs,
      throwOnRequestTimeout: true,
    },
    // Retries are decided here, where it is known what can't succeed; the SDK's own would multiply them.
    maxAttempts: 1,
  }
}
