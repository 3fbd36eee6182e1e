import avsc from 'avsc'
import { describe, expect, test } from 'vitest'
import { avroCodec, avroSchema } from '../../src/avro/index.js'
import { TidewaterError } from '../../src/errors.js'
import { netflowDefinition, netflowRecord } from './netflow-schema.js'

function codecFor(type: unknown, rest: object = {}, options: { longs?: 'number' | 'bigint' } = {}) {
  const definition = { type: 'record', name: 'r', fields: [{ name: 'f', type, ...rest }] }
  return avroCodec(avroSchema(definition as never, options) as never) as unknown as {
    encode(record: unknown): Buffer
    decode(payload: Uint8Array): { f: unknown }
  }
}

function errorOf(run: () => unknown): TidewaterError {
  try {
    run()
  } catch (error) {
    if (TidewaterError.isInstance(error)) return error
    throw error
  }
  throw new TidewaterError('INTERNAL', 'nothing was thrown')
}

const netflow = avroCodec(avroSchema(netflowDefinition))

describe('encode', () => {
  test('gives the bytes that avsc gives, and reads them back', () => {
    const payload = netflow.encode(netflowRecord)
    expect(payload).toEqual(avsc.Type.forSchema(netflowDefinition as never).toBuffer(netflowRecord))
    expect(netflow.decode(payload)).toEqual(netflowRecord)
    expect(netflow.decode(new Uint8Array(payload))).toEqual(netflowRecord)
  })

  test('gives each record a buffer of its own, however large', () => {
    const codec = codecFor('string')
    const first = codec.encode({ f: 'first' })
    const large = codec.encode({ f: 'x'.repeat(100_000) })
    const larger = codec.encode({ f: 'ü'.repeat(2_000_000) })
    codec.encode({ f: 'other' })
    expect(codec.decode(first)).toEqual({ f: 'first' })
    expect(codec.decode(large)).toEqual({ f: 'x'.repeat(100_000) })
    expect(larger).toHaveLength(4_000_004)
  })

  test.each([
    ['port_src', '80', 'port_src: expected long, got "80"', 'long'],
    ['port_src', undefined, 'port_src: expected long, got undefined', 'long'],
    ['port_src', 1.5, 'port_src: expected long, got 1.5', 'long'],
    ['bytes', 2 ** 53, 'bytes: expected long, got 9007199254740992', 'long'],
    ['bytes', 12n, 'bytes: expected long, got 12n', 'long'],
    ['ip_src', null, 'ip_src: expected string, got null', 'string'],
  ])('names the field, the value and the type: %s = %s', (path, value, message, expected) => {
    const error = errorOf(() => netflow.encode({ ...netflowRecord, [path]: value } as never))
    expect(error.code).toBe('RECORD_INVALID')
    expect(error.message).toBe(message)
    expect(error.details).toMatchObject({ path, expected })
  })

  test.each([null, undefined, 5, 'text'])('refuses %s as a record', (record) => {
    expect(errorOf(() => netflow.encode(record as never)).message).toMatch(
      /^\(root\): expected record netflow/,
    )
  })

  test('names the place inside lists, maps, unions and records', () => {
    const inner = { type: 'record', name: 'i', fields: [{ name: 'n', type: ['null', 'bytes', 'int'] }] }
    const codec = codecFor({ type: 'map', values: { type: 'array', items: ['null', inner, 'string'] } })
    const error = errorOf(() => codec.encode({ f: { key: [null, { n: true }] } }))
    expect(error.message).toBe('f.key.1.n: expected null | bytes | int, got true')
  })

  test('ignores a property that is no field, or refuses it when told to', () => {
    const record = { ...netflowRecord, port_scr: 80 }
    expect(netflow.encode(record)).toEqual(netflow.encode(netflowRecord))
    const strict = avroCodec(netflow.schema, { unknownFields: 'reject' })
    const error = errorOf(() => strict.encode(record))
    expect(error.code).toBe('RECORD_INVALID')
    expect(error.details).toMatchObject({ path: 'port_scr', value: '80' })
    expect(strict.encode(netflowRecord)).toEqual(netflow.encode(netflowRecord))
  })

  test('writes the default of a field left out', () => {
    const at = { type: 'long', logicalType: 'timestamp-millis' }
    expect(codecFor(at, { default: 1000 }).encode({})).toEqual(codecFor(at).encode({ f: new Date(1000) }))
    const codec = codecFor({ type: 'bytes' }, { default: '\u00ff\u0000' })
    expect(codec.decode(codec.encode({}))).toEqual({ f: Buffer.from([255, 0]) })
    expect(codecFor('long', { default: 5 }, { longs: 'bigint' }).encode({})).toEqual(Buffer.from([10]))
  })

  test('passes on what a getter of the record throws', () => {
    const error = errorOf(() =>
      codecFor('int').encode({
        get f() {
          throw new RangeError('from a getter')
        },
      }),
    )
    expect(error).toMatchObject({ code: 'RECORD_INVALID', message: expect.stringContaining('from a getter') })
  })
})

describe('encodeInto', () => {
  test('writes at the position and returns the one after', () => {
    const buffer = Buffer.alloc(1000, 0xaa)
    const payload = netflow.encode(netflowRecord)
    const end = netflow.encodeInto(netflowRecord, buffer, 10)
    expect(end).toBe(10 + payload.length)
    expect(buffer.subarray(10, end)).toEqual(payload)
    expect(buffer.subarray(0, 10)).toEqual(Buffer.alloc(10, 0xaa))
    expect(buffer.subarray(end)).toEqual(Buffer.alloc(1000 - end, 0xaa))
  })

  test('returns minus the missing bytes when the record does not fit', () => {
    const { length } = netflow.encode(netflowRecord)
    expect(netflow.encodeInto(netflowRecord, Buffer.alloc(length), 0)).toBe(length)
    expect(netflow.encodeInto(netflowRecord, Buffer.alloc(length - 1), 0)).toBe(-1)
    expect(netflow.encodeInto(netflowRecord, Buffer.alloc(length), 5)).toBe(-5)
  })
})

describe('a value that avsc alone would write wrongly is refused', () => {
  const defaults = { type: 'record', name: 'd', fields: [{ name: 'n', type: 'int', default: 1 }] }
  test.each([
    ['an inherited property name as enum symbol', { type: 'enum', name: 'e', symbols: ['A'] }, 'constructor'],
    ['an inherited property name as branch', ['int', 'long'], { toString: 1 }],
    ['a Map as map', { type: 'map', values: 'int' }, new Map([['a', 1]])],
    ['a Date as map', { type: 'map', values: 'int' }, new Date(0)],
    ['a number as record of defaults', defaults, 5],
    ['a list as record of defaults', defaults, []],
  ])('%s', (_, type, value) => {
    const error = errorOf(() => codecFor(type).encode({ f: value }))
    expect(error).toMatchObject({ code: 'RECORD_INVALID', details: { path: 'f' } })
  })
})

describe('longs', () => {
  test('a stored long past the safe range is an error, never rounded', () => {
    const payload = codecFor('long', {}, { longs: 'bigint' }).encode({ f: 2n ** 53n + 1n })
    expect(errorOf(() => codecFor('long').decode(payload)).code).toBe('RECORD_INVALID')
  })

  test.each([0n, -1n, 63n, -64n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'keeps %s as bigint',
    (f) => {
      const codec = codecFor('long', {}, { longs: 'bigint' })
      expect(codec.decode(codec.encode({ f }))).toEqual({ f })
    },
  )

  // avsc 5.7.9 writes the second of these as 4503599627370496.
  test.each([
    -(2 ** 52),
    -(2 ** 52) - 1,
    -(2 ** 52) - 2,
    2 ** 52,
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  ])('keeps %s as number, in the bytes that the bigint has', (f) => {
    const codec = codecFor('long')
    expect(codec.encode({ f })).toEqual(codecFor('long', {}, { longs: 'bigint' }).encode({ f: BigInt(f) }))
    expect(codec.decode(codec.encode({ f }))).toEqual({ f })
  })

  test('a bigint outside 64 bits, or a number, is no bigint long', () => {
    const codec = codecFor('long', {}, { longs: 'bigint' })
    for (const f of [2n ** 63n, -(2n ** 63n) - 1n, 1])
      expect(errorOf(() => codec.encode({ f })).details).toMatchObject({ path: 'f', expected: 'long' })
  })
})

describe('logical types', () => {
  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 2 }
  const micros = { type: 'long', logicalType: 'timestamp-micros' }
  const span = { type: 'fixed', name: 's', size: 12, logicalType: 'duration' }
  const uuid = '123E4567-e89b-12d3-a456-426614174000'

  test.each([
    ['date', { type: 'int', logicalType: 'date' }, '2024-02-29', '8cb502'],
    ['date before the epoch', { type: 'int', logicalType: 'date' }, '1969-12-31', '01'],
    ['timestamp-millis', { type: 'long', logicalType: 'timestamp-millis' }, new Date(1), '02'],
    ['timestamp-micros', micros, 1n, '02'],
    ['local-timestamp-millis', { type: 'long', logicalType: 'local-timestamp-millis' }, 1, '02'],
    ['local-timestamp-micros', { type: 'long', logicalType: 'local-timestamp-micros' }, -1n, '01'],
    ['time-millis', { type: 'int', logicalType: 'time-millis' }, 1, '02'],
    ['time-micros', { type: 'long', logicalType: 'time-micros' }, 1, '02'],
    ['uuid', { type: 'string', logicalType: 'uuid' }, uuid, `48${Buffer.from(uuid).toString('hex')}`],
    ['decimal', decimal, '-1.28', '02' + '80'],
    ['decimal of two bytes', decimal, '1.28', '04' + '0080'],
    ['fixed decimal', { ...decimal, type: 'fixed', name: 'm', size: 4 }, '-0.01', 'ffffffff'],
    ['duration', span, { months: 1, days: 2, milliseconds: 4_294_967_295 }, '0100000002000000ffffffff'],
  ])('%s is stored as the specification says', (_, type, value, hex) => {
    const codec = codecFor(type)
    expect(codec.encode({ f: value }).toString('hex')).toBe(hex)
    expect(codec.decode(Buffer.from(hex, 'hex'))).toEqual({ f: value })
  })

  test('a decimal with fewer digits after the point is completed, one that needs rounding is refused', () => {
    const codec = codecFor(decimal)
    expect(codec.decode(codec.encode({ f: '12.3' }))).toEqual({ f: '12.30' })
    expect(codec.decode(codec.encode({ f: '012.3400' }))).toEqual({ f: '12.34' })
    for (const f of ['1.005', '1000.00', '1e3', '', '.5', 12.3, 'NaN'])
      expect(errorOf(() => codec.encode({ f })).message).toMatch(
        /^f: expected decimal\(5,2\) as a string, got/,
      )
  })

  test.each([
    ['a date that does not exist', { type: 'int', logicalType: 'date' }, '2023-02-29'],
    ['a Date as date', { type: 'int', logicalType: 'date' }, new Date(0)],
    ['an invalid Date', { type: 'long', logicalType: 'timestamp-millis' }, new Date(Number.NaN)],
    ['a number as timestamp', { type: 'long', logicalType: 'timestamp-millis' }, 0],
    ['a Date as microseconds', micros, new Date(0)],
    ['microseconds past 64 bits', micros, 2n ** 63n],
    ['the 25th hour', { type: 'int', logicalType: 'time-millis' }, 86_400_000],
    ['a short uuid', { type: 'string', logicalType: 'uuid' }, uuid.slice(1)],
    ['a negative duration', span, { months: -1, days: 0, milliseconds: 0 }],
    ['a duration with a part missing', span, { months: 1, days: 0 }],
    ['a fixed of another size', { type: 'fixed', name: 'x', size: 2 }, Buffer.alloc(3)],
  ])('refuses %s', (_, type, value) => {
    const error = errorOf(() => codecFor(type).encode({ f: value }))
    expect(error).toMatchObject({ code: 'RECORD_INVALID', details: { path: 'f' } })
  })

  test('a stored value that its type cannot hold is refused', () => {
    const beyondDate = codecFor('long').encode({ f: 8_640_000_000_000_001 })
    const millis = codecFor({ type: 'long', logicalType: 'timestamp-millis' })
    expect(errorOf(() => millis.decode(beyondDate)).message).toMatch(/is no timestamp-millis/)
    expect(errorOf(() => codecFor(decimal).decode(Buffer.from([0]))).message).toMatch(/is no decimal/)
  })
})

describe('decode', () => {
  test('refuses missing and left-over bytes', () => {
    const payload = netflow.encode(netflowRecord)
    for (const wrong of [
      payload.subarray(0, -1),
      Buffer.concat([payload, Buffer.from([0])]),
      Buffer.alloc(0),
    ])
      expect(errorOf(() => netflow.decode(wrong))).toMatchObject({
        code: 'RECORD_INVALID',
        details: { schema: 'netflow.avro.netflow', sizeBytes: wrong.length },
      })
  })

  // 2^32 − 1 elements in five bytes: avsc would build them.
  const billions = Buffer.from('feffffff1f', 'hex')
  test.each([
    ['a list', { type: 'array', items: 'long' }],
    ['a list of nulls', { type: 'array', items: 'null' }],
    ['a map', { type: 'map', values: 'int' }],
    ['a list inside a union and a record', ['null', { type: 'array', items: 'string' }]],
  ])('refuses a count that the payload cannot hold: %s', (_, type) => {
    const payload = Array.isArray(type) ? Buffer.concat([Buffer.from([2]), billions]) : billions
    expect(errorOf(() => codecFor(type).decode(payload)).code).toBe('RECORD_INVALID')
  })

  test('reads blocks that state their size, as other writers make them', () => {
    const codec = codecFor({ type: 'array', items: 'int' })
    expect(codec.decode(Buffer.from([0x03, 0x04, 2, 4, 0x01, 0x02, 6, 0]))).toEqual({ f: [1, 2, 3] })
  })

  test('refuses a map key that would replace the prototype', () => {
    const codec = codecFor({ type: 'map', values: 'int' })
    const payload = codec.encode({ f: JSON.parse('{"__proto__": 1}') })
    expect(errorOf(() => codec.decode(payload)).message).toMatch(/__proto__/)
  })
})
