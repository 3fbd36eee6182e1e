import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/aws/loopback-server.js'
import { amzDateOf, signatureOf, verifySignature } from '../../src/aws/signature.js'

// The key, the time and the signatures are those of AWS's published examples of Signature Version 4.
const identity = {
  arn: 'arn:aws:iam::123456789012:user/example',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const amzDate = '20150830T123600Z'
const signedAtMs = Date.UTC(2015, 7, 30, 12, 36, 0)

function request(change: Partial<HttpRequest> & { readonly search?: string } = {}): HttpRequest {
  const { search = '', ...rest } = change
  return {
    method: 'GET',
    path: '/',
    query: new URLSearchParams(search),
    headers: { host: 'example.amazonaws.com', 'x-amz-date': amzDate },
    body: Buffer.alloc(0),
    ...rest,
  }
}

const hostAndDate = ['host', 'x-amz-date']
const scope = { date: '20150830', region: 'us-east-1', service: 'service' }

describe('signatureOf', () => {
  it.each([
    ['GET', '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'GET',
      'Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['POST', '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('computes what AWS publishes for %s /?%s', (method, search, signature) => {
    const parts = { ...scope, signedHeaders: hostAndDate }
    expect(signatureOf(request({ method, search }), parts, amzDate, identity.secretAccessKey)).toBe(signature)
  })

  it("computes what AWS's guide derives for IAM's ListUsers", () => {
    const listUsers = request({
      search: 'Action=ListUsers&Version=2010-05-08',
      headers: {
        host: 'iam.amazonaws.com',
        'x-amz-date': amzDate,
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      },
    })
    const parts = { ...scope, service: 'iam', signedHeaders: ['content-type', ...hostAndDate] }
    expect(signatureOf(listUsers, parts, amzDate, identity.secretAccessKey)).toBe(
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    )
  })
})

describe('verifySignature', () => {
  const published = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
  const authorization = (
    change: Partial<Record<'key' | 'region' | 'service' | 'headers' | 'signature', string>> = {},
  ) =>
    `AWS4-HMAC-SHA256 Credential=${change.key ?? 'AKIDEXAMPLE'}/20150830/${change.region ?? 'us-east-1'}/` +
    `${change.service ?? 'service'}/aws4_request, SignedHeaders=${change.headers ?? 'host;x-amz-date'}, ` +
    `Signature=${change.signature ?? published}`
  const verify = (
    header: string | undefined,
    {
      nowMs = signedAtMs,
      headers = {},
      known = identity as Parameters<typeof verifySignature>[2] extends (key: string) => infer I
        ? NonNullable<I>
        : never,
    } = {},
  ) =>
    verifySignature(
      request({
        headers: {
          host: 'example.amazonaws.com',
          'x-amz-date': amzDate,
          ...headers,
          ...(header === undefined ? {} : { authorization: header }),
        },
      }),
      { region: 'us-east-1', service: 'service', nowMs, maxClockSkewSeconds: 300 },
      (accessKeyId) => (accessKeyId === known.accessKeyId ? known : undefined),
    )

  it('accepts a published signature, up to five minutes around its time', () => {
    for (const offsetMs of [-300_000, 0, 300_000]) {
      expect(verify(authorization(), { nowMs: signedAtMs + offsetMs })).toEqual({ valid: true, identity })
    }
  })

  it.each([
    [undefined, 'missing', 'Missing Authentication Token'],
    ['Bearer x', 'malformed', 'AWS4-HMAC-SHA256'],
    [authorization({ headers: 'x-amz-date' }), 'malformed', 'signed headers'],
    [authorization({ key: 'AKIDOTHER' }), 'unknown-key', 'security token included in the request is invalid'],
    [authorization({ region: 'eu-west-1' }), 'wrong-signature', 'valid region'],
    [authorization({ service: 'sqs' }), 'wrong-signature', "correct service: 'service'"],
    [authorization({ signature: `0${published.slice(1)}` }), 'wrong-signature', 'does not match'],
  ])('refuses %s', (header, kind, message) => {
    expect(verify(header)).toEqual({ valid: false, kind, message: expect.stringContaining(message) })
  })

  it('refuses a request that is changed after signing', () => {
    expect(verify(authorization(), { headers: { host: 'other.amazonaws.com' } })).toMatchObject({
      valid: false,
    })
    const body = Buffer.from('{}')
    const changed = request({
      body,
      headers: { host: 'example.amazonaws.com', 'x-amz-date': amzDate, authorization: authorization() },
    })
    const rules = { region: 'us-east-1', service: 'service', nowMs: signedAtMs, maxClockSkewSeconds: 300 }
    expect(verifySignature(changed, rules, () => identity)).toMatchObject({ kind: 'wrong-signature' })
  })

  it('says which way the clock is off, with both times', () => {
    expect(verify(authorization(), { nowMs: signedAtMs + 301_000 })).toMatchObject({
      kind: 'wrong-signature',
      message: 'Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z',
    })
    expect(verify(authorization(), { nowMs: signedAtMs - 301_000 })).toMatchObject({
      message: 'Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z',
    })
  })

  it('refuses temporary credentials that have ended, or come without their token', () => {
    const known = { ...identity, sessionToken: 'token', expiresAt: '2015-08-30T12:35:59Z' }
    const headers = { 'x-amz-security-token': 'token' }
    expect(verify(authorization(), { known, headers })).toMatchObject({ kind: 'expired-token' })
    expect(verify(authorization(), { known })).toMatchObject({ kind: 'unknown-key' })
    expect(verify(authorization(), { headers })).toMatchObject({ kind: 'unknown-key' })
    const alive = { ...known, expiresAt: '2015-08-30T12:36:01Z' }
    expect(verify(authorization(), { known: alive, headers })).toMatchObject({ valid: true })
  })

  it('writes times as signatures have them', () => {
    expect(amzDateOf(signedAtMs + 999)).toBe(amzDate)
  })
})
