import { createHash, createHmac } from 'node:crypto'

export interface SigningCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/**
 * An OAUTHBEARER token of MSK, made by hand after AWS's description of Signature Version 4: the URL of a presigned
 * Connect. The broker's tests must not depend on the code that they would find wrong.
 */
export function presignedToken(
  credentials: SigningCredentials,
  region: string,
  now: Date,
  expiresSeconds = 900,
): string {
  const host = `kafka.${region}.amazonaws.com`
  const date = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${date.slice(0, 8)}/${region}/kafka-cluster/aws4_request`
  const parameters: Record<string, string> = {
    Action: 'kafka-cluster:Connect',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': date,
    'X-Amz-Expires': String(expiresSeconds),
    ...(credentials.sessionToken === undefined ? {} : { 'X-Amz-Security-Token': credentials.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  }
  const query = Object.keys(parameters)
    .sort()
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(parameters[name] ?? '')}`)
    .join('&')
  const canonical = ['GET', '/', query, `host:${host}`, '', 'host', sha256('')].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = [date.slice(0, 8), region, 'kafka-cluster', 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  )
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const url = `https://${host}/?${query}&X-Amz-Signature=${signature}&User-Agent=testkit-test`
  return Buffer.from(url).toString('base64url')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
