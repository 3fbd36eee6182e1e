import { randomBytes } from 'node:crypto'
import {
  CredentialAnswers,
  type CredentialSource,
  type CredentialSourceOptions,
  json,
} from './container-credentials.js'
import { type HttpAnswer, startLoopbackServer } from './loopback-server.js'

export interface InstanceMetadataOptions extends CredentialSourceOptions {
  /** Region the instance is in. Default `us-east-1`. */
  readonly region?: string
}

const credentialsPath = '/latest/meta-data/iam/security-credentials'
const maxTokenSeconds = 21_600

/**
 * The metadata service of an EC2 instance with a role, version 2: each request carries a token that was asked for first.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
export async function startInstanceMetadata(options: InstanceMetadataOptions): Promise<CredentialSource> {
  const { roleArn, region = 'us-east-1' } = options
  const role = roleArn.split('/').at(-1) ?? 'role'
  const tokens = new Map<string, number>()
  const answers = new CredentialAnswers({ sessionName: 'i-0123456789abcdef0', ...options })

  const server = await startLoopbackServer(async ({ method, path, headers }) => {
    if (method === 'PUT' && path === '/latest/api/token') {
      return newToken(headers['x-aws-ec2-metadata-token-ttl-seconds'], tokens)
    }
    if (method !== 'GET') return text(405, 'Method Not Allowed')
    // Version 1 asks without a token; an instance that requires version 2 refuses it.
    const endsAtMs = tokens.get(headers['x-aws-ec2-metadata-token'] ?? '')
    if (endsAtMs === undefined || endsAtMs <= Date.now()) return text(401, 'Unauthorized')
    switch (path.replace(/\/$/, '')) {
      case credentialsPath:
        return text(200, role)
      case `${credentialsPath}/${role}`:
        return answers.next((credentials) => ({
          Code: 'Success',
          Type: 'AWS-HMAC',
          LastUpdated: new Date().toISOString(),
          ...credentials,
        }))
      case '/latest/meta-data/placement/region':
        return text(200, region)
      case '/latest/dynamic/instance-identity/document':
        return json(200, { region })
      default:
        return text(404, 'Not Found')
    }
  })
  return {
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url, AWS_EC2_METADATA_DISABLED: 'false' },
    issued: () => answers.issued,
    failNext: (failure, times) => answers.failNext(failure, times),
    close: () => server.close(),
  }
}

function newToken(ttl: string | undefined, tokens: Map<string, number>): HttpAnswer {
  const ttlSeconds = Number(ttl)
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTokenSeconds) {
    return text(400, 'Bad Request')
  }
  const token = randomBytes(32).toString('base64')
  tokens.set(token, Date.now() + ttlSeconds * 1_000)
  return {
    status: 200,
    headers: { 'content-type': 'text/plain', 'x-aws-ec2-metadata-token-ttl-seconds': String(ttlSeconds) },
    body: token,
  }
}

function text(status: number, body: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain' }, body }
}
