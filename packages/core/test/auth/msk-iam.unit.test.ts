import { inspect } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { explainDenial, verdictOf } from '../../src/auth/explain-denial.js'
import { mskIam } from '../../src/auth/msk-iam.js'
import { type MskIamOptions, regionOfBroker, serviceHost } from '../../src/auth/options.js'
import { presign, signToken } from '../../src/auth/sign-token.js'
import { connectionOf, kafkaConnection } from '../../src/config/kafka.js'
import { TidewaterError } from '../../src/errors.js'

const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'a-secret-that-nobody-sees',
  sessionToken: 'a-session-token/+==',
}
const options: MskIamOptions = { region: 'us-east-1', credentials }

const urlOf = (token: { value: string }) => new URL(Buffer.from(token.value, 'base64url').toString())

describe('a token', () => {
  it('is the presigned Connect that MSK takes, for 900 whole seconds', async () => {
    const token = await mskIam(options).token()
    const url = urlOf(token)
    expect(token.value).toMatch(/^[\w-]+$/)
    expect(`${url.origin}${url.pathname}`).toBe('https://kafka.us-east-1.amazonaws.com/')
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': expect.stringMatching(
        /^ASIAEXAMPLE\/\d{8}\/us-east-1\/kafka-cluster\/aws4_request$/,
      ),
      'X-Amz-Expires': '900',
      'X-Amz-Security-Token': credentials.sessionToken,
      'X-Amz-SignedHeaders': 'host',
    })
  })

  it('is whole seconds short of credentials that end sooner', async () => {
    const expiration = new Date(Date.now() + 20_700)
    const token = await mskIam({
      ...options,
      credentials: async () => ({ ...credentials, expiration }),
    }).token()
    const seconds = urlOf(token).searchParams.get('X-Amz-Expires')
    expect(['19', '20']).toContain(seconds)
    expect(token.expiresAtMs).toBeLessThanOrEqual(expiration.getTime())
  })

  it('has the signature of the SDK and of AWS’s own signer alike', async () => {
    const nowMs = Date.now()
    const plan = { lifetimeSeconds: 900, expiresAtMs: nowMs + 900_000 }
    const request = { region: 'us-east-1', host: serviceHost('us-east-1'), credentials, plan }
    // Both sign the current second; over a second's end they are asked again.
    for (let attempt = 0; ; attempt++) {
      const theirs = urlOf(await signToken({ ...request, nowMs })).searchParams
      const ours = urlOf(await presign({ ...request, nowMs: Date.now() })).searchParams
      if (theirs.get('X-Amz-Date') !== ours.get('X-Amz-Date') && attempt < 5) continue
      for (const one of [theirs, ours]) one.delete('User-Agent')
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs))
      return
    }
  })

  it('is for China’s host, and for an endpoint of one’s own', async () => {
    expect(urlOf(await mskIam({ ...options, region: 'cn-north-1' }).token()).host).toBe(
      'kafka.cn-north-1.amazonaws.com.cn',
    )
    expect(urlOf(await mskIam({ ...options, region: 'us-gov-west-1' }).token()).host).toBe(
      'kafka.us-gov-west-1.amazonaws.com',
    )
    const own = mskIam({ ...options, endpoint: 'https://kafka.example.internal:8443' })
    expect(urlOf(await own.token()).host).toBe('kafka.example.internal:8443')
  })
})

test('neither the provider nor a token shows a secret', async () => {
  const auth = mskIam(options)
  const token = await auth.token()
  const connection = kafkaConnection({ brokers: 'localhost:9098', auth })
  for (const shown of [auth, token, connection, { auth, token }]) {
    for (const text of [inspect(shown, { depth: 9, showHidden: true }), JSON.stringify(shown), `${shown}`]) {
      expect(text).not.toContain(credentials.secretAccessKey)
      expect(text).not.toContain(credentials.sessionToken)
      expect(text).not.toContain(token.value)
    }
  }
})

test('a secret of the wrong kind is not repeated in the error', () => {
  const wrong = { ...options, credentials: { accessKeyId: 'ASIA', secretAccessKey: 12345678 } } as never
  expect(() => mskIam(wrong)).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('12345678') }),
  )
})

test.each<[string, object, RegExp]>([
  [
    'a region that is none',
    { region: 'nowhere' },
    /region: must be an AWS region such as us-east-1, got "nowhere"/,
  ],
  ['no region', { region: undefined }, /region/],
  ['credentials beside a profile', { profile: 'dev' }, /profile: excludes credentials/],
  ['a role of another service', { roleArn: 'arn:aws:s3:::bucket' }, /roleArn: must be arn:aws:iam/],
  ['an external id without a role', { externalId: 'partner' }, /externalId: needs roleArn/],
  ['a session name STS refuses', { roleSessionName: 'a b' }, /roleSessionName.*"a b"/],
  ['a role for a minute', { roleDurationSeconds: 60 }, /roleDurationSeconds.*900.*60/],
  ['an endpoint without a scheme', { endpoint: 'kafka.example' }, /endpoint: must be a URL/],
])('%s is CONFIG_INVALID', (_, change, message) => {
  expect(() => mskIam({ ...options, ...change } as MskIamOptions)).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
  )
})

test('a broker of another region is refused before anything connects', () => {
  const brokers = 'b-1.demo.abc123.c2.kafka.eu-west-1.amazonaws.com:9098'
  for (const connect of [
    () => kafkaConnection({ brokers, auth: mskIam(options) }),
    () =>
      connectionOf({
        brokers: [brokers],
        clientId: 'c',
        connectTimeoutMs: 1_000,
        requestTimeoutMs: 1_000,
        auth: mskIam(options),
      }),
  ])
    expect(connect).toThrowError(
      expect.objectContaining({ code: 'REGION_MISMATCH', message: expect.stringContaining('eu-west-1') }),
    )
  expect(kafkaConnection({ brokers, auth: mskIam({ ...options, region: 'eu-west-1' }) }).brokers).toEqual([
    brokers,
  ])
})

test.each([
  ['b-1.demo.abc123.c2.kafka.us-east-1.amazonaws.com:9098', 'us-east-1'],
  ['boot-abc.c1.kafka-serverless.eu-central-1.amazonaws.com:9098', 'eu-central-1'],
  ['b-2.demo.abc.c3.kafka.cn-north-1.amazonaws.com.cn:9098', 'cn-north-1'],
  ['localhost:9098', undefined],
  ['kafka.us-east-1.example.com:9098', undefined],
])('the region of %s is %s', (broker, region) => {
  expect(regionOfBroker(broker)).toBe(region)
})

test('a connection knows what it takes', () => {
  for (const wrong of [
    { tls: 'yes' },
    { tls: { caFle: 'x' } },
    { auth: { type: 'mskIam' } },
    { auth: 'iam' },
  ])
    expect(() => kafkaConnection({ brokers: 'a:1', ...wrong } as never)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(/tls|auth/) }),
    )
})

describe('a refusal is explained', () => {
  const denial = new TidewaterError('AUTHENTICATION_FAILED', '[1f]: Access denied')
  const explained = (verdict: Parameters<typeof explainDenial>[2]) =>
    explainDenial(denial, 'us-east-1', verdict)

  it.each([
    ['InvalidClientTokenId', 'The security token is invalid', 'CREDENTIALS_INVALID'],
    ['SignatureDoesNotMatch', 'The request signature we calculated does not match', 'CREDENTIALS_INVALID'],
    ['SignatureDoesNotMatch', 'Signature expired: 20261123T000000Z is now earlier than', 'CLOCK_SKEWED'],
    ['SignatureDoesNotMatch', 'Signature not yet current: 20261123T000000Z', 'CLOCK_SKEWED'],
    ['SignatureDoesNotMatch', 'Credential should be scoped to a valid region.', 'REGION_MISMATCH'],
    ['ExpiredToken', 'The security token included in the request is expired', 'CREDENTIALS_EXPIRED'],
    ['ExpiredTokenException', 'expired', 'CREDENTIALS_EXPIRED'],
    ['TimeoutError', 'connect ETIMEDOUT', 'AUTHENTICATION_FAILED'],
  ])('STS says %s (%s): %s', (name, message, code) => {
    const error = explained(verdictOf(name, message))
    expect(error.code).toBe(code)
    expect(error.retryable).toBe(false)
    expect(error.remedy).not.toBe('')
    expect(error.message).toContain('Access denied')
  })

  it('by the clock, when STS takes the credentials at a time that is not ours', () => {
    const error = explained({ kind: 'valid', arn: 'arn:aws:iam::1:user/a', clockOffsetMs: 600_000 })
    expect(error.code).toBe('CLOCK_SKEWED')
    expect(error.message).toContain('10.0 minutes ahead')
    expect(error.details).toMatchObject({ clockOffsetMs: 600_000 })
  })

  it('by region or policy, when the credentials are good', () => {
    const error = explained({ kind: 'valid', arn: 'arn:aws:iam::1:user/a', clockOffsetMs: 1_000 })
    expect(error.code).toBe('AUTHENTICATION_FAILED')
    expect(error.message).toMatch(/arn:aws:iam::1:user\/a.*us-east-1.*kafka-cluster:Connect/)
  })
})
