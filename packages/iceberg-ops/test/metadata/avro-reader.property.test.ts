// The Avro reader against avsc: what one writes the other reads, whole or in part, and damage is told, whatever it is.
import { TidewaterError } from '@tidewater/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openContainer } from '../../src/metadata/avro/container.js'
import { ByteCursor } from '../../src/metadata/avro/cursor.js'
import { type AvroValue, compileProjection, valueReader } from '../../src/metadata/avro/read.js'
import { type AvroRecord, parseAvroSchema } from '../../src/metadata/avro/schema.js'
import { damaged, located } from '../../src/metadata/damage.js'
import { avroFile, avroType, codecs, inPieces } from './avro-file.js'

interface Sample {
  readonly schema: {
    readonly type: 'record'
    readonly name: string
    readonly fields: readonly { name: string }[]
  }
  readonly records: readonly unknown[]
}

interface Typed {
  readonly schema: unknown
  readonly values: fc.Arbitrary<unknown>
}

const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -70n, max: 70n }),
)
const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value))
const primitives: readonly Typed[] = [
  { schema: 'null', values: fc.constant(null) },
  { schema: 'boolean', values: fc.boolean() },
  { schema: 'int', values: fc.integer() },
  { schema: 'long', values: long },
  { schema: 'float', values: fc.float() },
  { schema: 'double', values: fc.double() },
  { schema: 'bytes', values: bytes },
  { schema: 'string', values: fc.string({ unit: 'grapheme', maxLength: 20 }) },
]

/** Names have to differ within a schema. */
function typed(depth: number, path: string): fc.Arbitrary<Typed> {
  const primitive = fc.constantFrom(...primitives)
  if (depth === 0) return primitive
  const inner = typed(depth - 1, `${path}_i`)
  return fc.oneof(
    { arbitrary: primitive, weight: 4 },
    { arbitrary: record(depth - 1, `${path}_r`), weight: 1 },
    fc.integer({ min: 1, max: 9 }).map((size) => ({
      schema: { type: 'fixed', name: `${path}_f`, size },
      values: fc.uint8Array({ minLength: size, maxLength: size }).map((value) => Buffer.from(value)),
    })),
    fc.constant({
      schema: { type: 'enum', name: `${path}_e`, symbols: ['A', 'B', 'C'] },
      values: fc.constantFrom('A', 'B', 'C'),
    }),
    inner.map(({ schema, values }) => ({
      schema: { type: 'array', items: schema },
      values: fc.array(values, { maxLength: 4 }),
    })),
    inner.map(({ schema, values }) => ({
      schema: { type: 'map', values: schema },
      values: fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), values, {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    })),
    primitive
      .filter(({ schema }) => schema !== 'null')
      .chain(({ schema, values }) =>
        fc.constantFrom(['null', schema], [schema, 'null']).map((union) => ({
          schema: union,
          values: fc.option(values),
        })),
      ),
  )
}

function record(depth: number, path: string): fc.Arbitrary<Typed & { readonly schema: Sample['schema'] }> {
  return fc
    .integer({ min: 1, max: 5 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => typed(depth, `${path}_${at}`))))
    .map((fields) => ({
      schema: {
        type: 'record' as const,
        name: path,
        fields: fields.map(({ schema }, at) => ({ name: `f${at}`, type: schema })),
      },
      values: fc
        .tuple(...fields.map(({ values }) => values))
        .map((values) => Object.fromEntries(values.map((value, at) => [`f${at}`, value]))),
    }))
}

const sample: fc.Arbitrary<Sample> = record(3, 'r').chain(({ schema, values }) =>
  fc.array(values, { maxLength: 8 }).map((records) => ({ schema, records })),
)

/** A value as our reader gives it. */
function asRead(value: unknown): unknown {
  if (typeof value === 'bigint')
    return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(asRead)
  if (value instanceof Uint8Array) return [...value]
  if (value instanceof Map) return asRead(Object.fromEntries(value))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asRead(one)]))
  return typeof value === 'number' && Object.is(value, -0) ? 0 : value
}

async function readFile(
  file: Buffer,
  wanted: (name: string) => boolean,
  pieceBytes: number,
): Promise<unknown[]> {
  const container = await openContainer(inPieces(file, pieceBytes), { maxBlockBytes: 1 << 20 })
  const read = compileProjection<Record<string, AvroValue>>(
    parseAvroSchema(container.schemaText) as AvroRecord,
    (field) => {
      if (!wanted(field.name)) return undefined
      const readValue = valueReader(field.type)
      return (cursor, target) => {
        target[field.name] = readValue(cursor)
      }
    },
  )
  const records: unknown[] = []
  const cursor = new ByteCursor()
  for await (const { count, bytes: block } of container.blocks) {
    cursor.over(block)
    for (let at = 0; at < count; at++) {
      const target = {}
      read(cursor, target)
      records.push(target)
    }
    if (cursor.position !== cursor.end) throw damaged('record', 'bytes are left')
  }
  return records
}

const pieceBytes = fc.constantFrom(1, 7, 100, 100_000)

describe('the Avro reader', () => {
  it('reads any fields of any records with any codec, and steps over the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        sample,
        fc.constantFrom(...codecs),
        fc.infiniteStream(fc.boolean()),
        pieceBytes,
        async ({ schema, records }, codec, coin, size) => {
          const names = schema.fields.filter(() => coin.next().value).map(({ name }) => name)
          const type = avroType(schema)
          // Through avsc and back, which rounds floats.
          const written = records.map((one) => type.fromBuffer(type.toBuffer(one)) as Record<string, unknown>)
          const expected = written.map((one) =>
            asRead(Object.fromEntries(names.map((name) => [name, one[name]]))),
          )
          const found = await readFile(
            avroFile(schema, records, { codec }),
            (name) => names.includes(name),
            size,
          )
          expect(found.map(asRead)).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('says so when a file is cut anywhere but between two blocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        sample,
        fc.constantFrom(...codecs),
        fc.nat(),
        pieceBytes,
        async ({ schema, records }, codec, at, size) => {
          const file = avroFile(schema, records, { codec })
          const cut = file.subarray(0, at % file.length)
          const outcome = await readFile(cut, () => true, size).catch((thrown: unknown) =>
            located('file', thrown),
          )
          if (outcome instanceof TidewaterError) expect(outcome).toMatchObject({ code: 'METADATA_CORRUPT' })
          else expect(outcome.length).toBeLessThan(Math.max(1, records.length))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('ends with records or a typed error, whatever bytes are overwritten', async () => {
    await fc.assert(
      fc.asyncProperty(
        sample,
        fc.constantFrom(...codecs),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async ({ schema, records }, codec, damages, all) => {
          const file = avroFile(schema, records, { codec })
          for (const [at, byte] of damages) file[at % file.length] = byte
          const outcome = await readFile(file, () => all, 1000).catch((thrown: unknown) =>
            located('file', thrown),
          )
          if (outcome instanceof TidewaterError)
            expect(outcome.code).toMatch(/^METADATA_(CORRUPT|UNSUPPORTED)$/)
        },
      ),
      { numRuns: 600 },
    )
  })
})
