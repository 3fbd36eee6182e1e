import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { HttpRequest, HttpRequestHead } from './loopback-server.js'
import type { AuthFaultKind, AwsIdentity } from './service.js'

export interface SignatureRules {
  readonly region: string
  readonly service: string
  readonly nowMs: number
  /** How far a signature's time may be from the clock. AWS: 300. */
  readonly maxClockSkewSeconds: number
}

export type SignatureVerdict =
  | { readonly valid: true; readonly identity: AwsIdentity }
  | { readonly valid: false; readonly kind: AuthFaultKind; readonly message: string }

export interface SignatureParts {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** undefined when the header isn't one of Signature Version 4. */
export function parseAuthorization(header: string): SignatureParts | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    )
  if (match === null) return undefined
  const [, accessKeyId = '', date = '', region = '', service = '', headers = '', signature = ''] = match
  return { accessKeyId, date, region, service, signedHeaders: headers.split(';'), signature }
}

/** The service that a request was signed for, in its header or as a presigned URL; undefined when it wasn't signed. */
export function signedService({ headers, query }: HttpRequestHead): string | undefined {
  const header = headers.authorization
  if (header !== undefined) return parseAuthorization(header)?.service
  // Only S3 still takes version 2, in which boto3 presigns.
  if (query.has('AWSAccessKeyId')) return 's3'
  return query.get('X-Amz-Credential')?.split('/')[3]
}

/**
 * Checks a request's signature the way AWS does: Signature Version 4, recomputed from the request as it arrived and the
 * secret of the key it names. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(
  request: HttpRequest,
  rules: SignatureRules,
  identityOf: (accessKeyId: string) => AwsIdentity | undefined,
): SignatureVerdict {
  const header = request.headers.authorization
  if (header === undefined) return refuse('missing', 'Missing Authentication Token')
  const parts = parseAuthorization(header)
  const amzDate = request.headers['x-amz-date'] ?? ''
  const signedAtMs = parseAmzDateMs(amzDate)
  if (parts === undefined || signedAtMs === undefined || !amzDate.startsWith(parts.date)) {
    return refuse(
      'malformed',
      'Authorization header and X-Amz-Date are not those of an AWS4-HMAC-SHA256 signature',
    )
  }
  if (!parts.signedHeaders.includes('host') || !parts.signedHeaders.includes('x-amz-date')) {
    return refuse('malformed', "'Host' and 'X-Amz-Date' must be among the signed headers")
  }
  const identity = identityOf(parts.accessKeyId)
  if (identity === undefined || request.headers['x-amz-security-token'] !== identity.sessionToken) {
    return refuse('unknown-key', 'The security token included in the request is invalid.')
  }
  const scope = scopeProblem(parts, rules)
  if (scope !== undefined) return refuse('wrong-signature', scope)
  const time = timeProblem(amzDate, signedAtMs, rules)
  if (time !== undefined) return refuse('wrong-signature', time)
  if (!isSameSignature(parts.signature, signatureOf(request, parts, amzDate, identity.secretAccessKey))) {
    return refuse(
      'wrong-signature',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    )
  }
  // Last, as AWS does: who can't sign learns nothing of a token's life.
  if (identity.expiresAt !== undefined && Date.parse(identity.expiresAt) <= rules.nowMs) {
    return refuse('expired-token', 'The security token included in the request is expired')
  }
  return { valid: true, identity }
}

/** The signature that a request should carry; also for tests that sign by themselves. */
export function signatureOf(
  request: HttpRequest,
  { date, region, service, signedHeaders }: Omit<SignatureParts, 'signature' | 'accessKeyId'>,
  amzDate: string,
  secretAccessKey: string,
): string {
  const canonicalRequest = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const stringToSign = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonicalRequest)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    (parent, part) => createHmac('sha256', parent).update(part).digest(),
    `AWS4${secretAccessKey}`,
  )
  return createHmac('sha256', key).update(stringToSign).digest('hex')
}

// Every service but S3 signs the path as it was sent, encoded once more.
function canonicalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  const end = segments.length > 0 && path.endsWith('/') ? '/' : ''
  return `/${segments.map(encode).join('/')}${end}`
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  })
}

function scopeProblem(parts: SignatureParts, { region, service }: SignatureRules): string | undefined {
  if (parts.region !== region) return 'Credential should be scoped to a valid region.'
  if (parts.service !== service) return `Credential should be scoped to correct service: '${service}'.`
  return undefined
}

function timeProblem(
  amzDate: string,
  signedAtMs: number,
  { nowMs, maxClockSkewSeconds }: SignatureRules,
): string | undefined {
  const skewMs = maxClockSkewSeconds * 1_000
  if (signedAtMs < nowMs - skewMs) {
    return `Signature expired: ${amzDate} is now earlier than ${amzDateOf(nowMs - skewMs)}`
  }
  if (signedAtMs > nowMs + skewMs) {
    return `Signature not yet current: ${amzDate} is still later than ${amzDateOf(nowMs + skewMs)}`
  }
  return undefined
}

/** `20260102T030405Z`. */
export function amzDateOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

function parseAmzDateMs(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(atMs) ? undefined : atMs
}

function isSameSignature(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function refuse(kind: AuthFaultKind, message: string): SignatureVerdict {
  return { valid: false, kind, message }
}
