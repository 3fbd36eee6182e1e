import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { LocationSet, plainLocation } from '../../src/health/location-set.js'

test('has what was added, and nothing else', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 200 }), (locations) => {
      const set = new LocationSet()
      const added = locations.filter((_, at) => at % 2 === 0)
      for (const location of [...added, ...added]) set.add(location)
      expect(set.size).toBe(added.length)
      for (const [at, location] of locations.entries()) expect(set.has(location)).toBe(at % 2 === 0)
    }),
  )
})

it('grows with what is in it', () => {
  const set = new LocationSet()
  const location = (at: number) =>
    `s3://lake/web/clicks/data/day=2026-01-31/00000-${at}-0123456789abcdef-00001.parquet`
  for (let at = 0; at < 100_000; at++) set.add(location(at))
  expect(set.size).toBe(100_000)
  for (let at = 0; at < 100_000; at += 97) expect(set.has(location(at))).toBe(true)
  for (let at = 100_000; at < 200_000; at++) expect(set.has(location(at))).toBe(false)
})

describe('one location in different words', () => {
  it.each([
    ['s3a://lake/t/data/x', 's3://lake/t/data/x'],
    ['S3N://lake//t/data/x', 's3://lake/t/data/x'],
    ['file:/tmp/t/x', '/tmp/t/x'],
    ['file:///tmp/t//x', '/tmp/t/x'],
    ['/tmp/t/', '/tmp/t'],
    ['abfss://c@a/t/x', 'abfss://c@a/t/x'],
  ])('%s is %s', (location, plain) => {
    expect(plainLocation(location)).toBe(plain)
    expect(plainLocation(plain)).toBe(plain)
  })
})
