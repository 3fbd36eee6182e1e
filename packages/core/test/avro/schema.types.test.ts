import { describe, expectTypeOf, test } from 'vitest'
import {
  type AvroDuration,
  avroCodec,
  avroSchema,
  type InferAvro,
  type RecordInputOf,
  type RecordOf,
} from '../../src/avro/index.js'
import { netflowDefinition, netflowRecord } from './netflow-schema.js'

function recordWith<const Type>(type: Type) {
  return { type: 'record', name: 'r', fields: [{ name: 'f', type }] } as const
}
type FieldOf<Type, Long extends number | bigint = number> =
  InferAvro<{ type: 'record'; name: 'r'; fields: [{ name: 'f'; type: Type }] }, Long> extends { f: infer F }
    ? F
    : 'no such field'

describe('the type of a record', () => {
  test('NetFlow has its 17 fields, strings and numbers', () => {
    const netflow = avroSchema(netflowDefinition)
    type Netflow = RecordOf<typeof netflow>
    expectTypeOf<Netflow>().toEqualTypeOf<typeof netflowRecord>()
    expectTypeOf<RecordInputOf<typeof netflow>>().toEqualTypeOf<Netflow>()
    expectTypeOf<'port_src'>().toExtend<keyof Netflow>()
    // @ts-expect-error a port is a number
    avroCodec(netflow).encode({ ...netflowRecord, port_src: '80' })
  })

  test('as const may be left out of the call', () => {
    const schema = avroSchema({
      type: 'record',
      name: 'r',
      fields: [{ name: 'level', type: { type: 'enum', name: 'l', symbols: ['LOW', 'HIGH'] } }],
    })
    expectTypeOf<RecordOf<typeof schema>>().toEqualTypeOf<{ level: 'LOW' | 'HIGH' }>()
    expectTypeOf(schema.definition.name).toEqualTypeOf<'r'>()
  })

  test('a definition that is no literal gives unknown values', () => {
    const schema = avroSchema(JSON.parse('{}') as { type: 'record'; name: string; fields: [] })
    expectTypeOf<RecordOf<typeof schema>>().toEqualTypeOf<Record<string, unknown>>()
  })

  test('primitives, also in object form', () => {
    expectTypeOf<FieldOf<'null'>>().toEqualTypeOf<null>()
    expectTypeOf<FieldOf<'boolean'>>().toEqualTypeOf<boolean>()
    expectTypeOf<FieldOf<'int'>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<'long'>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<'long', bigint>>().toEqualTypeOf<bigint>()
    expectTypeOf<FieldOf<'float'>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<'double'>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<'bytes'>>().toEqualTypeOf<Uint8Array>()
    expectTypeOf<FieldOf<'string'>>().toEqualTypeOf<string>()
    expectTypeOf<FieldOf<{ type: 'string' }>>().toEqualTypeOf<string>()
    expectTypeOf<FieldOf<{ type: 'long' }, bigint>>().toEqualTypeOf<bigint>()
  })

  test('the option longs decides the type of every long', () => {
    const schema = avroSchema(recordWith({ type: 'array', items: ['null', 'long'] }), { longs: 'bigint' })
    expectTypeOf<RecordOf<typeof schema>>().toEqualTypeOf<{ f: (bigint | null)[] }>()
  })

  test('logical types', () => {
    expectTypeOf<FieldOf<{ type: 'int'; logicalType: 'date' }>>().toEqualTypeOf<string>()
    expectTypeOf<FieldOf<{ type: 'int'; logicalType: 'time-millis' }>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<{ type: 'long'; logicalType: 'time-micros' }, bigint>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<{ type: 'long'; logicalType: 'timestamp-millis' }>>().toEqualTypeOf<Date>()
    expectTypeOf<FieldOf<{ type: 'long'; logicalType: 'timestamp-micros' }>>().toEqualTypeOf<bigint>()
    expectTypeOf<FieldOf<{ type: 'long'; logicalType: 'local-timestamp-millis' }>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<{ type: 'long'; logicalType: 'local-timestamp-micros' }>>().toEqualTypeOf<bigint>()
    expectTypeOf<FieldOf<{ type: 'string'; logicalType: 'uuid' }>>().toEqualTypeOf<string>()
    type Money = { type: 'bytes'; logicalType: 'decimal'; precision: 9; scale: 2 }
    expectTypeOf<FieldOf<Money>>().toEqualTypeOf<string>()
    type Span = { type: 'fixed'; name: 's'; size: 12; logicalType: 'duration' }
    expectTypeOf<FieldOf<Span>>().toEqualTypeOf<AvroDuration>()
  })

  test('an unknown logical type is its underlying type', () => {
    expectTypeOf<FieldOf<{ type: 'long'; logicalType: 'timestamp-nanos' }>>().toEqualTypeOf<number>()
    expectTypeOf<FieldOf<{ type: 'bytes'; logicalType: 'uuid' }>>().toEqualTypeOf<Uint8Array>()
  })

  test('arrays are readonly on the way in, arrays and maps nest', () => {
    const schema = avroSchema(recordWith({ type: 'map', values: { type: 'array', items: 'int' } }))
    expectTypeOf<RecordOf<typeof schema>>().toEqualTypeOf<{ f: { [key: string]: number[] } }>()
    expectTypeOf<RecordInputOf<typeof schema>>().toEqualTypeOf<{ f: { [key: string]: readonly number[] } }>()
  })

  test('nested and named types, referred to by name', () => {
    const schema = avroSchema({
      type: 'record',
      name: 'flow',
      fields: [
        { name: 'mac', type: { type: 'fixed', name: 'mac', size: 6 } },
        {
          name: 'from',
          type: { type: 'record', name: 'peer', fields: [{ name: 'hw', type: ['null', 'mac'] }] },
        },
        { name: 'to', type: ['null', 'peer'] },
      ],
    })
    expectTypeOf<RecordOf<typeof schema>>().toEqualTypeOf<{
      mac: Uint8Array
      from: { hw: Uint8Array | null }
      to: { hw: Uint8Array | null } | null
    }>()
  })

  test('names are resolved in the namespace they stand in', () => {
    const schema = avroSchema({
      type: 'record',
      name: 'outer',
      namespace: 'a.b',
      fields: [
        {
          name: 'x',
          type: {
            type: 'record',
            name: 'c.d.mid',
            fields: [
              { name: 'p', type: { type: 'enum', name: 'colour', symbols: ['RED'] } },
              { name: 'q', type: 'colour' },
            ],
          },
        },
        { name: 'y', type: 'c.d.colour' },
        { name: 'own', type: { type: 'enum', name: 'colour', symbols: ['BLUE'] } },
        { name: 'z', type: ['null', 'colour'] },
      ],
    })
    expectTypeOf<RecordOf<typeof schema>>().toEqualTypeOf<{
      x: { p: 'RED'; q: 'RED' }
      y: 'RED'
      own: 'BLUE'
      z: 'BLUE' | null
    }>()
  })

  test('a recursive type refers to itself', () => {
    const schema = avroSchema({
      type: 'record',
      name: 'node',
      fields: [
        { name: 'value', type: 'int' },
        { name: 'next', type: ['null', 'node'], default: null },
        { name: 'children', type: { type: 'array', items: 'node' } },
      ],
    })
    type Node = RecordOf<typeof schema>
    expectTypeOf<NonNullable<Node['next']>['children'][number]['value']>().toEqualTypeOf<number>()
    expectTypeOf<Node['children'][number]>().toEqualTypeOf<Node>()
    expectTypeOf<{ value: 1; children: [] }>().toExtend<RecordInputOf<typeof schema>>()
  })

  test('a field with a default is optional on the way in, present on the way out', () => {
    const schema = avroSchema({
      type: 'record',
      name: 'r',
      fields: [
        { name: 'a', type: 'int' },
        { name: 'b', type: ['null', 'string'], default: null },
        {
          name: 'inner',
          type: { type: 'record', name: 'i', fields: [{ name: 'c', type: 'boolean', default: false }] },
        },
      ],
    })
    type Output = RecordOf<typeof schema>
    type Input = RecordInputOf<typeof schema>
    expectTypeOf<Output>().toEqualTypeOf<{ a: number; b: string | null; inner: { c: boolean } }>()
    expectTypeOf<Input>().toEqualTypeOf<{
      a: number
      b?: string | null | undefined
      inner: { c?: boolean | undefined }
    }>()
    expectTypeOf<Output>().toExtend<Input>()
    // @ts-expect-error a has no default
    avroCodec(schema).encode({ inner: {} })
  })
})

describe('the type of a union', () => {
  test('is plain when its branches differ in kind', () => {
    expectTypeOf<FieldOf<['null', 'string']>>().toEqualTypeOf<string | null>()
    expectTypeOf<
      FieldOf<['null', 'long', 'string', 'bytes', { type: 'array'; items: 'int' }]>
    >().toEqualTypeOf<null | number | string | Uint8Array | number[]>()
    expectTypeOf<FieldOf<['int', { type: 'long'; logicalType: 'timestamp-millis' }]>>().toEqualTypeOf<
      number | Date
    >()
    expectTypeOf<FieldOf<['int', 'long'], bigint>>().toEqualTypeOf<number | bigint>()
  })

  test('is tagged with the branch name when two branches share a kind', () => {
    expectTypeOf<FieldOf<['null', 'int', 'long']>>().toEqualTypeOf<
      null | { int: number } | { long: number }
    >()
    type Level = { type: 'enum'; name: 'level'; namespace: 'x'; symbols: ['LOW'] }
    expectTypeOf<FieldOf<['string', Level]>>().toEqualTypeOf<{ string: string } | { 'x.level': 'LOW' }>()
    type A = { type: 'record'; name: 'a'; fields: [{ name: 'n'; type: 'int' }] }
    expectTypeOf<FieldOf<[A, { type: 'map'; values: 'a' }]>>().toEqualTypeOf<
      { a: { n: number } } | { map: { [key: string]: { n: number } } }
    >()
  })
})
