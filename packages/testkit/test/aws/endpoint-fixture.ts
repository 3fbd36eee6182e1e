import { randomBytes } from 'node:crypto'
import { onTestFinished, vi } from 'vitest'
import {
  type AwsEndpoint,
  type AwsEndpointOptions,
  type AwsIdentity,
  type CredentialsRequest,
  type KafkaServiceOptions,
  kafkaService,
  startAwsEndpoint,
  type TemporaryCredentials,
} from '../../src/aws/index.js'

export const admin: AwsIdentity = {
  arn: 'arn:aws:iam::123456789012:user/admin',
  accessKeyId: 'AKIATESTADMIN0000000',
  secretAccessKey: 'a-secret-of-the-tests',
}

export const roleArn = 'arn:aws:iam::123456789012:role/producer'

/** An endpoint that is closed when the test ends. */
export async function endpointWith(
  options: Partial<AwsEndpointOptions> & Pick<AwsEndpointOptions, 'services'>,
): Promise<AwsEndpoint> {
  const endpoint = await startAwsEndpoint({ identities: [admin], ...options })
  onTestFinished(() => endpoint.close())
  return endpoint
}

export function mskEndpoint(
  kafka: KafkaServiceOptions = {},
  options: Partial<AwsEndpointOptions> = {},
): Promise<AwsEndpoint> {
  return endpointWith({ services: [kafkaService(kafka)], ...options })
}

export interface Issuer {
  readonly issue: (request: CredentialsRequest) => TemporaryCredentials
  /** Every request for credentials, in order. */
  readonly requests: readonly CredentialsRequest[]
  readonly identityOf: (accessKeyId: string) => AwsIdentity | undefined
}

/** Issues temporary credentials, and knows the identities behind them. */
export function issuer(expiresInSeconds?: number): Issuer {
  const identities = new Map<string, AwsIdentity>([[admin.accessKeyId, admin]])
  const requests: CredentialsRequest[] = []
  return {
    requests,
    identityOf: (accessKeyId) => identities.get(accessKeyId),
    issue: (request) => {
      requests.push(request)
      const account = request.roleArn.split(':')[4]
      const role = request.roleArn.split('/').at(-1)
      const seconds = expiresInSeconds ?? request.durationSeconds
      const issued: TemporaryCredentials = {
        arn: `arn:aws:sts::${account}:assumed-role/${role}/${request.sessionName}`,
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(20).toString('hex'),
        sessionToken: randomBytes(40).toString('base64'),
        expiration: new Date(Date.now() + seconds * 1_000),
      }
      const { expiration, ...identity } = issued
      identities.set(issued.accessKeyId, { ...identity, expiresAt: expiration.toISOString() })
      return issued
    },
  }
}

/** An environment in which the AWS SDK finds nothing but what `env` names, until the test ends. */
export function onlyCredentialSource(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  }
  const isolated = {
    AWS_CONFIG_FILE: '/does/not/exist/config',
    AWS_SHARED_CREDENTIALS_FILE: '/does/not/exist/credentials',
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  for (const [name, value] of Object.entries({ ...isolated, ...env })) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}
