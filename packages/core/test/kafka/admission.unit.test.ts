import fc from 'fast-check'
import { describe, expect, it, test, vi } from 'vitest'
import type { MskIamAuth } from '../../src/auth/msk-iam.js'
import { kafkaConnection } from '../../src/config/kafka.js'
import { type ErrorCode, TidewaterError } from '../../src/errors.js'
import { admitted } from '../../src/kafka/drivers/admission.js'
import { ConnectionPacer } from '../../src/kafka/drivers/connection-pacer.js'
import { SaslGate } from '../../src/kafka/drivers/kafkajs/sasl-gate.js'
import { securityError } from '../../src/kafka/drivers/security-errors.js'

test('connections open at the rate, after a burst, and the burst comes back with time', () => {
  const pacer = new ConnectionPacer(50, 40)
  const first = Array.from({ length: 60 }, () => pacer.reserve(1_000, 1))
  expect(first.slice(0, 40)).toEqual(Array(40).fill(0))
  expect(first.slice(40)).toEqual(Array.from({ length: 20 }, (_, index) => 20 * (index + 1)))
  expect(pacer.reserve(1_000 + 60_000, 1)).toBe(0)
})

test('in no second are more connections opened than burst and rate allow, whenever and however many come', () => {
  const clients = fc.array(fc.record({ gapMs: fc.nat(300), connections: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 200,
  })
  fc.assert(
    fc.property(clients, (all) => {
      const pacer = new ConnectionPacer(50, 40)
      let nowMs = 0
      const starts = all.map(({ gapMs, connections }) => {
        nowMs += gapMs
        return { atMs: nowMs + pacer.reserve(nowMs, connections), connections }
      })
      for (const { atMs } of starts) {
        const within = starts.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000)
        // The last client of the second may have begun before it.
        expect(within.reduce((sum, { connections }) => sum + connections, 0)).toBeLessThanOrEqual(92)
      }
    }),
  )
})

describe('the gate of a re-authentication', () => {
  const frame = (apiKey: number, id: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeInt16BE(apiKey, 4)
    bytes.writeInt16BE(id, 6)
    return bytes
  }

  it('lets nothing come between handshake and token, and keeps the order', () => {
    const gate = new SaslGate()
    const produce = [frame(0, 1), frame(0, 2), frame(3, 3)]
    const handshake = frame(17, 4)
    const token = frame(36, 5)
    const written = [
      ...gate.pass(produce[0] as Buffer),
      ...gate.pass(handshake),
      ...gate.pass(produce[1] as Buffer),
      ...gate.pass(produce[2] as Buffer),
      ...gate.pass(token),
      ...gate.pass(frame(0, 6)),
    ].map((bytes) => Buffer.from(bytes).readInt16BE(6))
    expect(written).toEqual([1, 4, 5, 2, 3, 6])
  })

  it('writes each frame once, those between in their order, whatever comes when', () => {
    const apiKeys = fc.array(fc.constantFrom(0, 1, 3, 12, 17, 36), { maxLength: 60 })
    fc.assert(
      fc.property(apiKeys, (keys) => {
        const gate = new SaslGate()
        const all = [...keys, 36]
        const written = all.flatMap((apiKey, id) =>
          gate.pass(frame(apiKey, id)).map((bytes) => Buffer.from(bytes)),
        )
        const ids = written.map((bytes) => bytes.readInt16BE(6))
        expect([...ids].sort((a, b) => a - b)).toEqual(all.map((_, id) => id))
        const others = ids.filter((id) => all[id] !== 17 && all[id] !== 36)
        expect(others).toEqual([...others].sort((a, b) => a - b))
        for (const [place, id] of ids.entries())
          if (all[id] === 17) expect([17, 36]).toContain(all[ids[place + 1] ?? -1])
      }),
    )
  })
})

test.each<[string, ErrorCode, boolean]>([
  ['[3f]: Access denied', 'AUTHENTICATION_FAILED', false],
  ['[3f]: Session too short', 'SESSION_TOO_SHORT', true],
  ['[3f]: Too many connects', 'TOO_MANY_CONNECTIONS', true],
  ['Cannot change principals during re-authentication from IAM.a to IAM.b', 'AUTHENTICATION_FAILED', false],
  ['Connection error: self-signed certificate in certificate chain', 'TLS_UNTRUSTED', false],
  ['unable to verify the first certificate', 'TLS_UNTRUSTED', false],
  ["Hostname/IP does not match certificate's altnames", 'TLS_UNTRUSTED', false],
  [
    'SSL handshake failed: certificate verify failed: broker certificate could not be verified',
    'TLS_UNTRUSTED',
    false,
  ],
  ['Client network socket disconnected before secure TLS connection was established', 'TLS_MISMATCH', false],
  ['SSL handshake failed: connecting to a PLAINTEXT broker listener?', 'TLS_MISMATCH', false],
  ['SASL OAUTHBEARER mechanism is not supported by the server', 'AUTHENTICATION_FAILED', false],
])('"%s" is %s', (text, code, retryable) => {
  const error = securityError(text, { action: 'Connecting' }, undefined)
  expect(error).toMatchObject({ code, retryable, remedy: expect.stringMatching(/\w/) })
})

test('what speaks of neither TLS nor SASL is somebody else’s', () => {
  for (const text of ['Connection timeout', 'connect ECONNREFUSED 127.0.0.1:9098', 'Broker not connected'])
    expect(securityError(text, { action: 'Connecting' }, undefined)).toBeUndefined()
})

describe('connecting with IAM', () => {
  const auth = (explained: TidewaterError): MskIamAuth => ({
    type: 'mskIam',
    region: 'us-east-1',
    credentialRefreshes: 0,
    token: () => Promise.reject(new Error('not asked')),
    requireRegionOf: () => {},
    noteRefusal: () => {},
    explainDenial: async () => explained,
  })
  const explained = new TidewaterError('CREDENTIALS_INVALID', 'the secret is wrong')
  const connection = kafkaConnection({ brokers: 'localhost:9098', auth: auth(explained) })
  const failing = (code: ErrorCode) => new TidewaterError(code, code)

  it.each<ErrorCode>(['TLS_UNTRUSTED', 'TLS_MISMATCH', 'CREDENTIALS_EXPIRED', 'AUTHORIZATION_FAILED'])(
    'does not try again after %s',
    async (code) => {
      const connect = vi.fn(() => Promise.reject(failing(code)))
      await expect(admitted(connection, connect)).rejects.toMatchObject({ code })
      expect(connect).toHaveBeenCalledTimes(1)
    },
  )

  it('explains a refused token, once', async () => {
    const connect = vi.fn(() => Promise.reject(failing('AUTHENTICATION_FAILED')))
    await expect(admitted(connection, connect)).rejects.toBe(explained)
    expect(connect).toHaveBeenCalledTimes(1)
  })

  it.each<ErrorCode>(['TOO_MANY_CONNECTIONS', 'SESSION_TOO_SHORT'])('comes back after %s', async (code) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999)
    const connect = vi.fn().mockRejectedValueOnce(failing(code)).mockResolvedValueOnce('in')
    await expect(admitted(connection, connect)).resolves.toBe('in')
    expect(connect).toHaveBeenCalledTimes(2)
    vi.restoreAllMocks()
  })

  it('leaves connections without IAM alone', async () => {
    const plain = kafkaConnection({ brokers: 'localhost:9092' })
    const connect = vi.fn(() => Promise.reject(failing('TOO_MANY_CONNECTIONS')))
    await expect(admitted(plain, connect)).rejects.toMatchObject({ code: 'TOO_MANY_CONNECTIONS' })
    expect(connect).toHaveBeenCalledTimes(1)
  })
})
