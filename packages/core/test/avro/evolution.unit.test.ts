import { describe, expect, test } from 'vitest'
import { avroCodec, avroDecoder, avroSchema } from '../../src/avro/index.js'

function schemaOf(fields: object[], name = 'r') {
  return avroSchema({ type: 'record', name, fields } as never)
}

function read(writerFields: object[], readerFields: object[], record: object): unknown {
  const writer = schemaOf(writerFields)
  const payload = avroCodec(writer).encode(record as never)
  return avroDecoder(schemaOf(readerFields), writer).decode(payload)
}

describe('avroDecoder', () => {
  test('drops what the reader lacks and fills in its defaults', () => {
    const a = { name: 'a', type: 'string' }
    const added = [
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' }, default: 5 },
      { name: 'tags', type: { type: 'map', values: 'string' }, default: {} },
      { name: 'note', type: ['null', 'string'], default: null },
    ]
    expect(
      read([{ name: 'gone', type: { type: 'array', items: 'int' } }, a], [...added, a], {
        gone: [1],
        a: 'x',
      }),
    ).toEqual({
      a: 'x',
      at: new Date(5),
      tags: {},
      note: null,
    })
  })

  test.each([
    ['int as long', 'int', 'long', 7, 7],
    ['int as double', 'int', 'double', 7, 7],
    ['long as double', 'long', 'double', -(2 ** 52) - 1, -(2 ** 52) - 1],
    ['long as float', 'long', 'float', -(2 ** 52) - 2, -(2 ** 52) - 2],
    ['float as double', 'float', 'double', 0.5, 0.5],
    ['a string as string, though bytes come first', 'string', ['bytes', 'string'], 'ab', 'ab'],
    ['a long as long, though double comes first', 'long', ['double', 'long'], 7, { long: 7 }],
    ['int as timestamp', 'int', { type: 'long', logicalType: 'timestamp-millis' }, 7, new Date(7)],
    ['long as timestamp', 'long', { type: 'long', logicalType: 'timestamp-micros' }, 7, 7n],
    ['timestamp as long', { type: 'long', logicalType: 'timestamp-millis' }, 'long', new Date(7), 7],
    ['string as bytes', 'string', 'bytes', 'ab', Buffer.from('ab')],
    ['a type made nullable', 'string', ['null', 'string'], 'ab', 'ab'],
    [
      'a timestamp made nullable',
      { type: 'long', logicalType: 'timestamp-millis' },
      ['null', { type: 'long', logicalType: 'timestamp-millis' }],
      new Date(7),
      new Date(7),
    ],
    [
      'a union with a branch added',
      ['null', 'bytes'],
      ['null', 'bytes', 'int'],
      Buffer.from('x'),
      Buffer.from('x'),
    ],
    ['a plain union as a tagged one', ['null', 'int'], ['null', 'int', 'long'], 7, { int: 7 }],
    [
      'an enum with a symbol more',
      { type: 'enum', name: 'e', symbols: ['A'] },
      { type: 'enum', name: 'e', symbols: ['B', 'A'] },
      'A',
      'A',
    ],
    [
      'an enum with a symbol less',
      { type: 'enum', name: 'e', symbols: ['A', 'B'] },
      { type: 'enum', name: 'e', symbols: ['B'], default: 'B' },
      'A',
      'B',
    ],
    ['items promoted', { type: 'array', items: 'int' }, { type: 'array', items: 'double' }, [1, 2], [1, 2]],
    [
      'values made nullable',
      { type: 'map', values: 'int' },
      { type: 'map', values: ['null', 'int'] },
      { k: 1 },
      { k: 1 },
    ],
  ])('reads %s', (_, writer, reader, written, expected) => {
    expect(read([{ name: 'f', type: writer }], [{ name: 'f', type: reader }], { f: written })).toEqual({
      f: expected,
    })
  })

  test('finds a renamed field by its alias', () => {
    expect(
      read([{ name: 'old', type: 'int' }], [{ name: 'new', aliases: ['old'], type: 'int' }], { old: 3 }),
    ).toEqual({ new: 3 })
  })

  test('reads recursive records', () => {
    const node = (value: string) => [
      { name: 'v', type: value },
      { name: 'next', type: ['null', 'r'], default: null },
    ]
    expect(read(node('int'), node('long'), { v: 1, next: { v: 2 } })).toEqual({
      v: 1,
      next: { v: 2, next: null },
    })
  })

  test.each([
    [
      'a new field without default',
      [{ name: 'a', type: 'int' }],
      [{ name: 'b', type: 'int' }],
      /default-less r.b/,
    ],
    ['a narrower type', [{ name: 'a', type: 'long' }], [{ name: 'a', type: 'int' }], /cannot read/],
    [
      'microseconds as milliseconds',
      [{ name: 'a', type: { type: 'long', logicalType: 'timestamp-micros' } }],
      [{ name: 'a', type: { type: 'long', logicalType: 'timestamp-millis' } }],
      /timestamp-micros as timestamp-millis/,
    ],
    [
      'a decimal of another scale',
      [{ name: 'a', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } }],
      [{ name: 'a', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 3 } }],
      /decimal\(9,2\) as decimal\(9,3\)/,
    ],
  ])('refuses %s', (_, writer, reader, message) => {
    expect(() => avroDecoder(schemaOf(reader), schemaOf(writer))).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('refuses another record name', () => {
    const fields = [{ name: 'a', type: 'int' }]
    expect(() => avroDecoder(schemaOf(fields, 'one'), schemaOf(fields, 'two'))).toThrow(/one can't read two/)
  })

  test('refuses hostile counts and cut payloads of the writer', () => {
    const writer = schemaOf([{ name: 'a', type: { type: 'array', items: 'int' } }])
    const decoder = avroDecoder(schemaOf([{ name: 'a', type: { type: 'array', items: 'long' } }]), writer)
    const invalid = expect.objectContaining({ code: 'RECORD_INVALID' })
    expect(() => decoder.decode(Buffer.from('feffffff1f', 'hex'))).toThrow(invalid)
    expect(() => decoder.decode(Buffer.from([2, 2]))).toThrow(invalid)
    expect(() => decoder.decode(Buffer.from([2, 2, 0, 0]))).toThrow(invalid)
  })

  test('works the resolution out once for a pair of schemas', () => {
    const reader = schemaOf([{ name: 'a', type: 'long' }])
    const writer = schemaOf([{ name: 'a', type: 'int' }])
    expect(avroDecoder(reader, writer)).toBe(avroDecoder(reader, writer))
    expect(avroDecoder(reader, reader)).not.toBe(avroDecoder(reader, writer))
  })
})
