import { describe, expect, test } from 'vitest'
import { avroSchema } from '../../src/avro/index.js'
import { TidewaterError } from '../../src/errors.js'
import { netflowDefinition } from './netflow-schema.js'

function problemOf(definition: unknown): { message: string; path: unknown } {
  try {
    avroSchema(definition as never)
  } catch (error) {
    if (!TidewaterError.isInstance(error)) throw error
    expect(error.code).toBe('SCHEMA_INVALID')
    return { message: error.message, path: error.details.path }
  }
  throw new TidewaterError('INTERNAL', 'the schema was accepted')
}

function problemWith(type: unknown, rest: object = {}) {
  return problemOf({ type: 'record', name: 'r', fields: [{ name: 'f', type, ...rest }] })
}

describe('avroSchema', () => {
  test('keeps the definition and gives the full name', () => {
    const schema = avroSchema(netflowDefinition)
    expect(schema.definition).toBe(netflowDefinition)
    expect(schema.name).toBe('netflow.avro.netflow')
    expect(Object.isFrozen(schema)).toBe(true)
  })

  test('fingerprints the Parsing Canonical Form: docs, order of attributes, defaults and namespaces written otherwise do not count', () => {
    const plain = avroSchema({
      type: 'record',
      name: 'r',
      namespace: 'a.b',
      fields: [{ name: 'x', type: 'long' }],
    })
    const adorned = avroSchema({
      doc: 'documented',
      fields: [{ type: { type: 'long', logicalType: 'timestamp-millis' }, doc: 'x', default: 0, name: 'x' }],
      name: 'a.b.r',
      type: 'record',
    })
    expect(adorned.fingerprint).toBe(plain.fingerprint)
    expect(plain.fingerprint).toMatch(/^[0-9a-f]{64}$/)
    const other = avroSchema({
      type: 'record',
      name: 'r',
      namespace: 'a.c',
      fields: [{ name: 'x', type: 'long' }],
    })
    expect(other.fingerprint).not.toBe(plain.fingerprint)
  })

  test.each([
    ['not an object', 'long', '', /record definition, got "long"/],
    [
      'not a record',
      { type: 'enum', name: 'e', symbols: ['A'] },
      '',
      /top-level type must be "record", got "enum"/,
    ],
    ['no name', { type: 'record', fields: [] }, '', /needs a name/],
    ['no fields', { type: 'record', name: 'r' }, '', /needs an array of fields/],
    ['bad name', { type: 'record', name: '1r', fields: [] }, '', /invalid name "1r"/],
    ['primitive as name', { type: 'record', name: 'a.long', fields: [] }, '', /name of a primitive/],
    [
      'dotted name and namespace',
      { type: 'record', name: 'a.r', namespace: 'b', fields: [] },
      '',
      /leave out its namespace/,
    ],
    [
      'bad field name',
      { type: 'record', name: 'r', fields: [{ name: 'a-b', type: 'int' }] },
      '',
      /invalid field name "a-b"/,
    ],
    [
      '__proto__',
      { type: 'record', name: 'r', fields: [{ name: '__proto__', type: 'int' }] },
      '',
      /__proto__/,
    ],
    [
      'same field twice',
      {
        type: 'record',
        name: 'r',
        fields: [
          { name: 'a', type: 'int' },
          { name: 'a', type: 'int' },
        ],
      },
      '',
      /field a twice/,
    ],
  ])('refuses a record with %s', (_, definition, path, message) => {
    const problem = problemOf(definition)
    expect(problem.path).toBe(path)
    expect(problem.message).toMatch(message)
  })

  test.each([
    ['unknown type', 'strin', 'f', /f: unknown type "strin"/],
    ['undefined type', undefined, 'f', /got undefined/],
    ['unknown complex type', { type: 'set', items: 'int' }, 'f', /unknown type "set"/],
    ['unknown items', { type: 'array', items: 'nope' }, 'f.items', /f.items: unknown type "nope"/],
    ['no values', { type: 'map' }, 'f.values', /got undefined/],
    ['empty union', [], 'f', /at least one/],
    ['nested union', ['null', ['int']], 'f', /directly contain a union/],
    ['the same branch twice', ['int', { type: 'int', logicalType: 'date' }], 'f', /contains int twice/],
    [
      'two arrays',
      [
        { type: 'array', items: 'int' },
        { type: 'array', items: 'long' },
      ],
      'f',
      /array twice/,
    ],
    ['no symbols', { type: 'enum', name: 'e', symbols: [] }, 'f', /at least one symbol/],
    [
      'inherited symbol',
      { type: 'enum', name: 'e', symbols: ['constructor'] },
      'f',
      /the symbol constructor/,
    ],
    ['inherited name', { type: 'fixed', name: 'toString', size: 1 }, 'f', /the type name toString/],
    ['bad symbol', { type: 'enum', name: 'e', symbols: ['a b'] }, 'f', /invalid symbol "a b"/],
    ['same symbol twice', { type: 'enum', name: 'e', symbols: ['A', 'A'] }, 'f', /same symbol twice/],
    ['bad enum default', { type: 'enum', name: 'e', symbols: ['A'], default: 'B' }, 'f', /"B" is no symbol/],
    ['bad size', { type: 'fixed', name: 'x', size: 1.5 }, 'f', /size from 1/],
    ['name defined twice', { type: 'fixed', name: 'r', size: 1 }, 'f', /r is defined twice/],
    ['date on long', { type: 'long', logicalType: 'date' }, 'f', /date annotates int, not long/],
    ['decimal without precision', { type: 'bytes', logicalType: 'decimal' }, 'f', /precision must be/],
    [
      'scale past precision',
      { type: 'bytes', logicalType: 'decimal', precision: 3, scale: 4 },
      'f',
      /scale must be an integer from 0 to the precision 3, got 4/,
    ],
    [
      'decimal too small for its fixed',
      { type: 'fixed', name: 'd', size: 2, logicalType: 'decimal', precision: 5 },
      'f',
      /larger than 2 bytes/,
    ],
    [
      'decimal on string',
      { type: 'string', logicalType: 'decimal', precision: 3 },
      'f',
      /bytes or fixed, not string/,
    ],
    [
      'duration of 8 bytes',
      { type: 'fixed', name: 'd', size: 8, logicalType: 'duration' },
      'f',
      /size 12, got 8/,
    ],
  ])('refuses a field with %s, naming it', (_, type, path, message) => {
    const problem = problemWith(type)
    expect(problem.path).toBe(path)
    expect(problem.message).toMatch(message)
  })

  test.each([
    ['int', 'x'],
    [['null', 'string'], 'x'],
    [{ type: 'enum', name: 'e', symbols: ['A'] }, 'B'],
    [{ type: 'long', logicalType: 'time-micros' }, -1],
    [{ type: 'string', logicalType: 'uuid' }, 'nope'],
  ])('names the field whose default does not fit %j', (type, value) => {
    const problem = problemWith(type, { default: value })
    expect(problem.path).toBe('f')
    expect(problem.message).toMatch(/f: the default .* doesn't fit/)
  })

  test('names the one wrong default among several, in a nested record', () => {
    const inner = {
      type: 'record',
      name: 'i',
      fields: [
        { name: 'ok', type: 'int', default: 1 },
        { name: 'bad', type: 'int', default: 1.5 },
      ],
    }
    expect(problemWith({ type: 'array', items: inner }, { default: [] }).path).toBe('f.bad')
  })

  test('refuses a default that a bigint long could not have kept', () => {
    const definition = {
      type: 'record',
      name: 'r',
      fields: [{ name: 'f', type: 'long', default: 2 ** 53 }],
    } as const
    expect(() => avroSchema(definition, { longs: 'bigint' })).toThrow(
      /f: the default 9007199254740992 doesn't fit/,
    )
  })
})
