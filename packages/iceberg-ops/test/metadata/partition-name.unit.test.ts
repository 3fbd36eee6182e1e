// What Spark's own paths don't show: the integration test compares those.
import { expect, it } from 'vitest'
import type { AvroType } from '../../src/metadata/avro/schema.js'
import { type PartitionValue, partitionName } from '../../src/metadata/manifest/partition-name.js'

const logical = (kind: 'int' | 'long' | 'bytes', name: string, more = {}): AvroType => ({
  kind,
  logical: { name, ...more },
})
const fixed = (name: string, more = {}): AvroType => ({ kind: 'fixed', size: 16, logical: { name, ...more } })
const uuid = Buffer.from('f79c3e0948ef4dcd8e3ac5b4a9d0f0aa', 'hex')

it.each<[string, AvroType | undefined, PartitionValue, string]>([
  ['year', undefined, -2, '1968'],
  ['month', undefined, -1, '1969-12'],
  ['day', undefined, -1, '1969-12-31'],
  ['hour', undefined, -1, '1969-12-31-23'],
  ['identity', logical('int', 'date'), 20_000, '2024-10-04'],
  ['identity', logical('long', 'time-micros'), 3_661_000_000, '01%3A01%3A01'],
  ['identity', logical('long', 'time-micros'), 3_661_000_001, '01%3A01%3A01.000001'],
  [
    'identity',
    logical('long', 'timestamp-micros', { inUtc: true }),
    1_500,
    '1970-01-01T00%3A00%3A00.001500%2B00%3A00',
  ],
  ['identity', logical('long', 'timestamp-micros'), -1, '1969-12-31T23%3A59%3A59.999999'],
  ['identity', logical('long', 'timestamp-nanos'), 5n, '1970-01-01T00%3A00%3A00.000000005'],
  ['identity', fixed('decimal', { precision: 9, scale: 2 }), Buffer.from([0xff, 0xfb]), '-0.05'],
  ['identity', logical('bytes', 'decimal', { precision: 9 }), Buffer.from([0x7f]), '127'],
  ['identity', fixed('uuid'), uuid, 'f79c3e09-48ef-4dcd-8e3a-c5b4a9d0f0aa'],
  ['identity', { kind: 'bytes' }, Buffer.from([0xfb, 0xff]), '%2B%2F8%3D'],
  ['identity', { kind: 'boolean' }, true, 'true'],
  ['identity', { kind: 'string' }, "a b/c~'*-._é", 'a+b%2Fc%7E%27*-._%C3%A9'],
  ['bucket[4]', { kind: 'int' }, 3, '3'],
  [
    'truncate[2]',
    { kind: 'union', branches: [{ kind: 'null' }, { kind: 'long' }] },
    9_007_199_254_740_993n,
    '9007199254740993',
  ],
  ['identity', undefined, null, 'null'],
])('%s of %o: %s is %s', (transform, type, value, text) => {
  const field = { sourceIds: [1], fieldId: 1000, name: 'p', transform, type }
  expect(partitionName([field], [value])).toBe(`p=${text}`)
})

it('keeps a dropped field beside others, and none alone', () => {
  const field = (name: string, transform: string) => ({
    sourceIds: [1],
    fieldId: 1000,
    name,
    transform,
    type: undefined,
  })
  expect(partitionName([field('a', 'void'), field('b', 'bucket[2]')], [null, 1])).toBe('a=null/b=1')
  expect(partitionName([field('a', 'void')], [null])).toBe('')
  expect(partitionName([], [])).toBe('')
})
