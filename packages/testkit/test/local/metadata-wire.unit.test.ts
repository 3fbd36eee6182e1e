import { expect, test } from 'vitest'
import {
  decodeMetadataResponse,
  encodeApiVersionsRequest,
  encodeMetadataRequest,
  requireMetadataVersion,
  takeResponse,
} from '../../src/local/metadata-wire.js'

// Laid out by hand after the protocol guide; the integration tests ask a real broker.
const metadataAnswer = Buffer.from(
  [
    '00000002', // correlation id
    '00000001', // one broker
    '00000001', // node id
    '0009',
    Buffer.from('127.0.0.1').toString('hex'),
    '000090ab', // port 37035
    'ffff', // no rack
    '0016',
    Buffer.from('qg2V099t8Vqn-mVL4BSGjw').toString('hex'),
    '00000001', // controller
    '00000000', // no topics
  ].join(''),
  'hex',
)

test('requests carry size, API key, version, correlation id and client id', () => {
  expect(encodeApiVersionsRequest(7, 'ab').toString('hex')).toBe(
    '0000000c' + '0012' + '0000' + '00000007' + '0002' + '6162',
  )
  expect(encodeMetadataRequest(8, 'a').toString('hex')).toBe(
    '0000000f' + '0003' + '0002' + '00000008' + '0001' + '61' + '00000000',
  )
})

test('an answer is taken only when it is whole', () => {
  const framed = Buffer.concat([Buffer.from('00000003', 'hex'), Buffer.from('abcd')])
  expect(takeResponse(framed.subarray(0, 3))).toBeUndefined()
  expect(takeResponse(framed.subarray(0, 6))).toBeUndefined()
  expect(takeResponse(framed)?.toString()).toBe('abc')
})

test('reads brokers, cluster and controller', () => {
  expect(decodeMetadataResponse(metadataAnswer, 2)).toEqual({
    clusterId: 'qg2V099t8Vqn-mVL4BSGjw',
    controllerId: 1,
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: 37035 }],
  })
})

test('foreign bytes are an error, not a wait or an allocation', () => {
  const code = { code: 'KAFKA_PROTOCOL' }
  expect(() => decodeMetadataResponse(metadataAnswer, 3)).toThrow(expect.objectContaining(code))
  expect(() => decodeMetadataResponse(metadataAnswer.subarray(0, 30), 2)).toThrow(
    expect.objectContaining(code),
  )
  expect(() => decodeMetadataResponse(Buffer.from('000000027fffffff', 'hex'), 2)).toThrow(
    expect.objectContaining(code),
  )
})

test('a broker without this Metadata version is told apart', () => {
  const answer = (min: string, max: string) =>
    Buffer.from(`00000001${'0000'}00000001${'0003'}${min}${max}`, 'hex')
  expect(() => requireMetadataVersion(answer('0000', '000c'), 1)).not.toThrow()
  expect(() => requireMetadataVersion(answer('0004', '000d'), 1)).toThrow('its range: 4 to 13')
})
