import { deflateSync } from 'node:zlib'
import { avroCodec } from '@tidewater/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { framedEncoder } from '../../src/registry/framing.js'
import { readFraming } from '../../src/registry/read-framing.js'
import { confluentHeader, confluentPrefix, gluePrefix } from '../../src/registry/wire-format.js'
import { netflowGenerator, netflowSchema } from '../../src/sample/index.js'
import { bytesEncoder } from '../bytes-encoder.js'
import { readingCodec } from '../producer-under-test.js'

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array.buffer, array.byteOffset, array.length))
const compress = fc.constantFrom(undefined, (avro: Uint8Array) => deflateSync(avro))
const framing = fc
  .record({ prefix: bytes(20), compress })
  .map(({ prefix, compress }) => ({ prefix, ...(compress === undefined ? {} : { compress }) }))

/** What an encoder owes the accumulator, at every size of buffer: all of the record, or how much is missing. */
function expectContract<T>(
  encoder: ReturnType<typeof framedEncoder<T>>,
  record: T,
  whole: Uint8Array,
  position: number,
  roomBytes: number,
) {
  const buffer = Buffer.alloc(position + roomBytes, 0xee)
  const end = encoder.encodeInto(record, buffer, position)
  expect(buffer.subarray(0, position).every((byte) => byte === 0xee)).toBe(true)
  expect(end).toBe(whole.length <= roomBytes ? position + whole.length : roomBytes - whole.length)
  if (end >= 0) expect(buffer.subarray(position, end)).toEqual(Buffer.from(whole))
}

test('a framed encoder writes prefix and value, or says how many bytes are missing', () => {
  fc.assert(
    fc.property(framing, bytes(60), fc.nat(30), fc.nat(120), (framing, record, position, roomBytes) => {
      const encoder = framedEncoder(bytesEncoder, framing)
      const value = framing.compress?.(record) ?? record
      const whole = Buffer.concat([framing.prefix, value])
      expect(encoder.encode(record)).toEqual(whole)
      expectContract(encoder, record, whole, position, roomBytes)
    }),
  )
})

test('the same holds over the Avro codec, whose encoder is asked to write behind the end of a buffer', () => {
  const reading = fc.record({ sensor: fc.string({ maxLength: 12 }), value: fc.integer() })
  fc.assert(
    fc.property(framing, reading, fc.nat(30), fc.nat(60), (framing, record, position, roomBytes) => {
      const avro = readingCodec.encode(record)
      const whole = Buffer.concat([framing.prefix, framing.compress?.(avro) ?? avro])
      expectContract(framedEncoder(readingCodec, framing), record, whole, position, roomBytes)
    }),
  )
})

test('a record of every kind of number has the same missing bytes at every room', () => {
  const codec = avroCodec(netflowSchema)
  const record = netflowGenerator({ seed: 1, writerId: 'w', startTimeMs: 1_750_000_000_000 }).next()
  const prefix = Buffer.from('framing')
  const whole = Buffer.concat([prefix, codec.encode(record)])
  const encoder = framedEncoder(codec, { prefix })
  for (let roomBytes = 0; roomBytes <= whole.length + 1; roomBytes++) {
    expectContract(encoder, record, whole, 3, roomBytes)
  }
})

test('what is framed is read again', () => {
  const id = fc.integer({ min: 0, max: 2 ** 31 - 1 })
  fc.assert(
    fc.property(bytes(60), id, fc.uuid(), (payload, id, uuid) => {
      const framed = (prefix: Uint8Array, value: Uint8Array = payload) => Buffer.concat([prefix, value])
      const confluent = { format: 'confluent-id', id, payload }
      expect(readFraming(framed(confluentPrefix(id)))).toEqual(confluent)
      const headers = { __value_schema_id: confluentHeader(uuid) }
      expect(readFraming(payload, headers)).toEqual({ format: 'confluent-guid', guid: uuid, payload })
      const glue = { format: 'glue', schemaVersionId: uuid, payload }
      const plain = framed(gluePrefix(uuid, 'none'))
      expect(readFraming(plain)).toEqual({ ...glue, compression: 'none' })
      const compressed = framed(gluePrefix(uuid, 'zlib'), deflateSync(payload))
      expect(readFraming(compressed)).toEqual({ ...glue, compression: 'zlib' })
    }),
  )
})

test('any bytes at all are read or are RECORD_INVALID', () => {
  const start = fc.constantFrom([], [0], [1], [3, 0], [3, 5], [3, 6])
  fc.assert(
    fc.property(start, bytes(30), (start, rest) => {
      try {
        expect(readFraming(Buffer.from([...start, ...rest])).payload).toBeInstanceOf(Uint8Array)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'RECORD_INVALID' })
      }
    }),
  )
})
