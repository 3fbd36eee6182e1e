import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VarintReader, varintBytes, writeVarint, writeVarlong } from '../../src/batch/varint.js'

const powers = Array.from({ length: 54 }, (_, power) => 2 ** power)
const boundaries = powers.flatMap((power) => [power - 1, power, -power, -power - 1])

/** Zigzag and base 128, by the definition. */
function definition(value: number): Buffer {
  const bytes: number[] = []
  let rest = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value)
  do {
    bytes.push(Number(rest % 128n) + (rest >= 128n ? 128 : 0))
    rest /= 128n
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const int32 = fc.oneof(
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  fc.constantFrom(...boundaries.filter((value) => value === (value | 0))),
)
const safeInteger = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(...boundaries.filter((value) => Number.isSafeInteger(value))),
)

test('32-bit varints are as long as foretold and come back, one behind the other', () => {
  fc.assert(
    fc.property(fc.array(int32, { minLength: 1 }), (values) => {
      const bytes = Buffer.alloc(values.length * 5 + 1)
      let at = 1
      for (const value of values) {
        const end = writeVarint(bytes, at, value)
        expect(bytes.subarray(at, end)).toEqual(definition(value))
        expect(varintBytes(value)).toBe(end - at)
        at = end
      }
      const reader = new VarintReader(bytes, 1)
      // No `toEqual`: it tells 0 from -0, of which there is none on the wire.
      for (const value of values) expect(reader.next() === value).toBe(true)
      expect(reader.position).toBe(at)
    }),
  )
})

test('64-bit varints of every safe integer come back', () => {
  fc.assert(
    fc.property(safeInteger, (value) => {
      const bytes = Buffer.alloc(10)
      const end = writeVarlong(bytes, 1, value)
      expect(bytes.subarray(1, end)).toEqual(definition(value))
      const reader = new VarintReader(bytes, 1)
      const read = reader.next()
      expect({ read, isIt: read === value }).toEqual({ read, isIt: true })
      expect(reader.position).toBe(end)
    }),
    { numRuns: 1_000 },
  )
})

test('a varint that is cut off ends with its bytes', () => {
  const reader = new VarintReader(Buffer.of(0xff, 0xff))
  reader.next()
  expect(reader.position).toBeGreaterThanOrEqual(2)
})
