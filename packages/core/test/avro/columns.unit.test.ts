import { describe, expect, test } from 'vitest'
import { avroSchema, icebergColumns } from '../../src/avro/index.js'
import spark from './fixtures/spark-columns.json' with { type: 'json' }
import { netflowDefinition } from './netflow-schema.js'

interface SparkCase {
  name: string
  schema: unknown
  columns?: { name: string; type: string; nullable: boolean }[]
  error?: string
}
const cases = spark.cases as SparkCase[]

// Spark types these, but no Iceberg table or no column of it can hold them.
const refusedHere = [
  'null field',
  'union of null alone',
  'record without fields',
  'names that differ in case',
  'catalyst type attribute',
  "spark's decimal on long",
]

function columnsOf(definition: unknown) {
  return icebergColumns(avroSchema(definition as never))
}

describe('icebergColumns', () => {
  test.each(cases.filter(({ name, columns }) => columns && !refusedHere.includes(name)))(
    'types $name as Spark did',
    ({ schema, columns }) => {
      const own = columnsOf(schema).map(({ name, type, required }) => ({ name, type, nullable: !required }))
      expect(own).toEqual(columns)
    },
  )

  test.each(cases.filter(({ name, error }) => error || refusedHere.includes(name)))(
    'refuses $name',
    ({ schema }) => {
      expect(() => columnsOf(schema)).toThrow(
        expect.objectContaining({
          code: 'SCHEMA_INVALID',
          message: expect.stringMatching(/^No table column for/),
        }),
      )
    },
  )

  test('the fixture holds every case this test names', () => {
    expect(cases.map(({ name }) => name)).toEqual(expect.arrayContaining(refusedHere))
    expect(cases.filter(({ error }) => error)).toHaveLength(2)
  })

  test('gives NetFlow its 17 required columns', () => {
    const columns = icebergColumns(avroSchema(netflowDefinition))
    expect(columns).toHaveLength(17)
    expect(columns[0]).toEqual({ name: 'event_type', type: 'string', icebergType: 'string', required: true })
    expect(columns[4]).toEqual({ name: 'port_src', type: 'bigint', icebergType: 'long', required: true })
  })

  test('spells nested types as Iceberg does and keeps the docs', () => {
    const columns = columnsOf({
      type: 'record',
      name: 'r',
      fields: [
        {
          name: 'f',
          doc: 'every flow',
          type: [
            'null',
            {
              type: 'array',
              items: { type: 'map', values: { type: 'long', logicalType: 'timestamp-micros' } },
            },
          ],
        },
        {
          name: 'g',
          type: {
            type: 'record',
            name: 'i',
            fields: [
              { name: 'a', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
              { name: 'b', type: { type: 'long', logicalType: 'local-timestamp-millis' } },
            ],
          },
        },
      ],
    })
    expect(columns).toEqual([
      {
        name: 'f',
        type: 'array<map<string,timestamp>>',
        icebergType: 'list<map<string, timestamptz>>',
        required: false,
        doc: 'every flow',
      },
      {
        name: 'g',
        type: 'struct<a:decimal(9,2),b:timestamp_ntz>',
        icebergType: 'struct<a: decimal(9, 2), b: timestamp>',
        required: true,
      },
    ])
  })
})
