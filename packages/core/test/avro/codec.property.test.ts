import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { avroCodec, avroDecoder, avroSchema, icebergColumns } from '../../src/avro/index.js'
import { TidewaterError } from '../../src/errors.js'
import { anySchema, type Kind, plainSchema, type SchemaSample } from './arbitrary-schema.js'

const withRecord = (sample: SchemaSample) =>
  sample.record.map((record) => ({
    sample,
    record,
    // A counterexample is the schema and the record, not the sources of their arbitraries.
    [fc.toStringMethod]: () => `${JSON.stringify(sample.definition)} ${fc.stringify(record)}`,
  }))

function codecOf(sample: SchemaSample, options: Parameters<typeof avroCodec>[1] = {}) {
  return avroCodec<unknown, unknown>(avroSchema(sample.definition as never) as never, options)
}

function codeOf(run: () => unknown): TidewaterError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (TidewaterError.isInstance(error)) return error
    throw error
  }
}

// See exact-number.ts; the unit tests compare such longs with the bigint ones. Stock avsc also refuses the two outermost
// safe integers, +-(2^53 - 1).
function holdsLongThatAvscMiswrites(value: unknown): boolean {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && (value < -(2 ** 52) || value === Number.MAX_SAFE_INTEGER)
  }
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsLongThatAvscMiswrites)
}

describe('for any schema and any record of it', () => {
  test('decoding gives back what was encoded', () => {
    fc.assert(
      fc.property(anySchema.chain(withRecord), ({ sample, record }) => {
        const codec = codecOf(sample)
        const payload = codec.encode(record)
        expect(codec.decode(payload)).toEqual(record)
        expect(codecOf(sample, { unknownFields: 'reject' }).encode(record)).toEqual(payload)
      }),
      { numRuns: 400 },
    )
  })

  test('encodeInto writes the same bytes, and says how many are missing', () => {
    fc.assert(
      fc.property(anySchema.chain(withRecord), fc.nat(20), ({ sample, record }, position) => {
        const codec = codecOf(sample)
        const payload = codec.encode(record)
        const buffer = Buffer.alloc(position + payload.length)
        expect(codec.encodeInto(record, buffer, position)).toBe(buffer.length)
        expect(buffer.subarray(position)).toEqual(payload)
        if (payload.length > 0)
          expect(codec.encodeInto(record, buffer.subarray(0, -1), position)).toBeLessThan(0)
      }),
      { numRuns: 200 },
    )
  })

  test('resolving a schema with itself decodes the same', () => {
    fc.assert(
      fc.property(anySchema.chain(withRecord), ({ sample, record }) => {
        const codec = codecOf(sample)
        const decoder = avroDecoder(codec.schema, avroSchema(sample.definition as never) as never)
        expect(decoder.decode(codec.encode(record))).toEqual(record)
      }),
      { numRuns: 200 },
    )
  })

  test('a payload with bytes missing or left over is refused', () => {
    fc.assert(
      fc.property(
        anySchema.chain(withRecord),
        fc.nat(),
        fc.uint8Array({ minLength: 1 }),
        (drawn, at, extra) => {
          const codec = codecOf(drawn.sample)
          const payload = codec.encode(drawn.record)
          expect(codeOf(() => codec.decode(Buffer.concat([payload, extra])))?.code).toBe('RECORD_INVALID')
          if (payload.length === 0) return
          expect(codeOf(() => codec.decode(payload.subarray(0, at % payload.length)))?.code).toBe(
            'RECORD_INVALID',
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  test('random bytes decode to a record or are refused, and nothing else', () => {
    fc.assert(
      fc.property(anySchema.chain(withRecord), fc.uint8Array({ maxLength: 64 }), ({ sample }, payload) => {
        const error = codeOf(() => codecOf(sample).decode(payload))
        expect(error?.code ?? 'RECORD_INVALID').toBe('RECORD_INVALID')
      }),
      { numRuns: 500 },
    )
  })

  test('a value of another kind is refused by the name of its field', () => {
    const wrong: [Kind | undefined, unknown][] = [
      [undefined, undefined],
      [undefined, Symbol.iterator],
      [undefined, () => 1],
      ['null', null],
      ['boolean', true],
      ['number', 1.5],
      ['bigint', 5n],
      ['string', 'x'],
      ['bytes', Buffer.from('x')],
      ['date', new Date(0)],
      ['array', [true]],
      ['object', { unexpected: 1 }],
    ]
    fc.assert(
      fc.property(
        anySchema.chain(withRecord),
        fc.nat(),
        fc.nat(),
        ({ sample, record }, nthField, nthValue) => {
          const fields = [...sample.kinds.keys()]
          const field = fields[nthField % fields.length] as string
          const kinds = sample.kinds.get(field)
          const candidates = wrong.filter(([kind]) => kind === undefined || !kinds?.has(kind))
          const value = candidates[nthValue % candidates.length]?.[1]
          const error = codeOf(() => codecOf(sample).encode({ ...record, [field]: value }))
          expect(error?.code).toBe('RECORD_INVALID')
          expect(String(error?.details.path).split('.')[0]).toBe(field)
          expect(error?.message).toMatch(/: expected .+, got /)
        },
      ),
      { numRuns: 400 },
    )
  })
})

describe('for a schema without conversions', () => {
  test('the bytes are those of avsc', () => {
    fc.assert(
      fc.property(plainSchema.chain(withRecord), ({ sample, record }) => {
        fc.pre(!holdsLongThatAvscMiswrites(record))
        const direct = avsc.Type.forSchema(sample.definition as never, { wrapUnions: 'never' })
        expect(codecOf(sample).encode(record)).toEqual(direct.toBuffer(record))
      }),
      { numRuns: 200 },
    )
  })

  test('there is a column for each field', () => {
    fc.assert(
      fc.property(plainSchema, ({ definition }) => {
        const isNullAlone = JSON.stringify(definition).includes('["null"]')
        if (isNullAlone) return
        const columns = icebergColumns(avroSchema(definition as never) as never)
        expect(columns.map(({ name }) => name)).toEqual(definition.fields.map(({ name }) => name))
      }),
      { numRuns: 100 },
    )
  })
})
