import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Reader } from '../../src/native/wire/reader.js'
import { Writer } from '../../src/native/wire/writer.js'

/** A field: how it is written, how it is read, and what has to be read. */
interface Field {
  readonly value: unknown
  write(writer: Writer): void
  read(reader: Reader): unknown
}

function field<T>(
  values: fc.Arbitrary<T>,
  write: (writer: Writer, value: T) => unknown,
  read: (reader: Reader) => unknown,
): fc.Arbitrary<Field> {
  return values.map((value) => ({ value, write: (writer) => void write(writer, value), read }))
}

const text = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 100 }))
const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const uint32 = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
)

const fields: fc.Arbitrary<Field> = fc.oneof(
  field(
    int(8),
    (to, value) => to.int8(value),
    (from) => from.int8(),
  ),
  field(
    int(16),
    (to, value) => to.int16(value),
    (from) => from.int16(),
  ),
  field(
    int(32),
    (to, value) => to.int32(value),
    (from) => from.int32(),
  ),
  field(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    (to, value) => to.int64(value),
    (from) => from.int64(),
  ),
  field(
    fc.boolean(),
    (to, value) => to.boolean(value),
    (from) => from.boolean(),
  ),
  field(
    uint32,
    (to, value) => to.unsignedVarint(value),
    (from) => from.unsignedVarint(),
  ),
  field(
    fc.option(text),
    (to, value) => to.string(value),
    (from) => from.string(),
  ),
  field(
    text,
    (to, value) => to.plainString(value),
    (from) => from.plainString(),
  ),
  field(
    fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
    (to, value) => to.compactBytes(value),
    (from) => Buffer.from(from.compactBytes()),
  ),
  field(
    fc.array(fc.tuple(int(32), fc.option(text)), { maxLength: 200 }),
    (to, value) => to.array(value, ([number, name]) => to.int32(number).string(name).end()),
    (from) =>
      from.array(() => {
        const item = [from.int32(), from.string()]
        from.end()
        return item
      }),
  ),
)

test('what is written is read, whatever lies around it', () => {
  fc.assert(
    fc.property(fc.array(fields, { maxLength: 40 }), (all) => {
      const writer = new Writer()
      for (const one of all) one.write(writer)
      const reader = new Reader(Buffer.concat([writer.bytes, Buffer.of(42)]))
      for (const one of all) expect(one.read(reader)).toEqual(one.value)
      expect(reader.int8()).toBe(42)
    }),
  )
})

test('tagged fields are passed over, but for the one that is asked for', () => {
  const tags = fc.uniqueArray(fc.tuple(fc.nat(200), fc.uint8Array({ maxLength: 200 })), {
    selector: ([tag]) => tag,
    maxLength: 10,
  })
  fc.assert(
    fc.property(tags, fc.nat(200), (tagged, wanted) => {
      const writer = new Writer().unsignedVarint(tagged.length)
      for (const [tag, value] of tagged) writer.unsignedVarint(tag).unsignedVarint(value.length).raw(value)
      const reader = new Reader(writer.int32(7).bytes)
      let seen: number | undefined
      reader.end({
        [wanted]: () =>
          (seen = tagged.find(([tag]) => tag === wanted)?.[1].length === 0 ? -1 : reader.int8()),
      })
      const value = tagged.find(([tag]) => tag === wanted)?.[1]
      expect(seen).toBe(value && (value.length === 0 ? -1 : Buffer.from(value).readInt8(0)))
      expect(reader.int32()).toBe(7)
    }),
  )
})
