import { loadPeer } from '../load-peer.js'
import { AuthToken } from './auth-token.js'
import { type AwsCredentials, serviceHost } from './options.js'
import { maxTokenLifetimeSeconds, type TokenPlan } from './token-plan.js'

export interface TokenRequest {
  readonly region: string
  readonly host: string
  readonly credentials: AwsCredentials
  readonly plan: TokenPlan
  readonly nowMs: number
}

const userAgent = 'tidewater'

/**
 * Signs the request that MSK's brokers take as an OAUTHBEARER token: a presigned `kafka-cluster:Connect`.
 *
 * AWS's own signer does it wherever it can. It knows one host (not China's, no endpoint of one's own), and of credentials
 * that end sooner than its 15 minutes it signs a fractional `X-Amz-Expires`, which is invalid; there the presigning is done
 * with the SDK's Signature V4.
 */
export async function signToken(request: TokenRequest): Promise<AuthToken> {
  const isStandard = request.host === serviceHost(request.region) && request.host.endsWith('.amazonaws.com')
  const isWhole = request.plan.lifetimeSeconds === maxTokenLifetimeSeconds
  return isStandard && isWhole ? signWithAwsSigner(request) : presign(request)
}

async function signWithAwsSigner({ region, credentials, plan }: TokenRequest): Promise<AuthToken> {
  const signer = await loadPeer(
    'aws-msk-iam-sasl-signer-js',
    () => import('aws-msk-iam-sasl-signer-js'),
    'PACKAGE_NOT_INSTALLED',
  )
  // Without an expiration the signer takes its full 15 minutes; that the credentials last them, the plan has seen to.
  const { expiration: _, ...lasting } = credentials
  const { token, expiryTime } = await signer.generateAuthTokenFromCredentialsProvider({
    region,
    awsCredentialsProvider: async () => lasting as { accessKeyId: string; secretAccessKey: string },
  })
  return new AuthToken(token, Math.min(expiryTime, plan.expiresAtMs))
}

/** The same token through Signature V4 alone, for any host and any life. */
export async function presign({ region, host, credentials, plan, nowMs }: TokenRequest): Promise<AuthToken> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-crypto/sha256-js'),
  ])
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const signer = new SignatureV4({
    service: 'kafka-cluster',
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256,
    applyChecksum: false,
  })
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      headers: { host },
      query: { Action: 'kafka-cluster:Connect' },
    },
    { expiresIn: plan.lifetimeSeconds, signingDate: new Date(nowMs) },
  )
  const query = Object.entries({ ...signed.query, 'User-Agent': userAgent })
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .sort()
    .join('&')
  return new AuthToken(Buffer.from(`https://${host}/?${query}`).toString('base64url'), plan.expiresAtMs)
}
