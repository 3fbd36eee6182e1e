import type { ProduceRecord } from '@tidewater/core'
import fc from 'fast-check'

export type WrittenRecord = ProduceRecord & { readonly timestampMs: number }

// Where a zigzag varint gets a byte longer, and a bit around it: what lies before a length moves the record's own.
const around = (middle: number, reach: number) => fc.integer({ min: middle - reach, max: middle + reach })
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 6, arbitrary: around(64, 24) },
  { weight: 3, arbitrary: around(8_192, 40) },
)
const hugeSize = around(1_048_576, 60)

function bytesOf(length: fc.Arbitrary<number>): fc.Arbitrary<Buffer> {
  return fc.tuple(length, fc.uint8Array({ minLength: 1, maxLength: 7 })).map(([bytes, pattern]) =>
    // Not the start of its memory: what is encoded must be the view alone.
    Buffer.alloc(bytes + 3, pattern).subarray(3),
  )
}

// kafkajs, the witness, takes what an object inherits for a header that was there before.
const headerName = fc
  .oneof(fc.constant(''), fc.string({ maxLength: 70 }), fc.string({ unit: 'grapheme', maxLength: 30 }))
  .filter((name) => !(name in {}))
const headerValue = fc.oneof(
  fc.constant(''),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  bytesOf(fc.oneof({ weight: 9, arbitrary: around(64, 2) }, { weight: 1, arbitrary: around(8_192, 2) })),
)
const headers = fc.oneof(
  { weight: 20, arbitrary: fc.dictionary(headerName, headerValue, { maxKeys: 4, noNullPrototype: true }) },
  // A count of two bytes.
  { weight: 1, arbitrary: fc.integer({ min: 62, max: 66 }).map(manyHeaders) },
)

const nowMs = 1_700_000_000_000
const timestampMs = fc.oneof(
  { weight: 4, arbitrary: around(nowMs, 100) },
  { weight: 2, arbitrary: around(nowMs, 10_000_000) },
  // A delta over 31 bits, and over all that a double counts exactly.
  { weight: 1, arbitrary: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) },
)

function recordOf(length: fc.Arbitrary<number>): fc.Arbitrary<WrittenRecord> {
  return fc.record(
    {
      value: fc.option(bytesOf(length), { nil: null, freq: 6 }),
      key: fc.option(bytesOf(length), { nil: null, freq: 2 }),
      headers,
      timestampMs,
    },
    { requiredKeys: ['value', 'key', 'timestampMs'] },
  )
}

export const someRecords = fc.array(recordOf(size), { minLength: 1, maxLength: 70, size: 'max' })
export const hugeRecords = fc.array(recordOf(fc.oneof(hugeSize, size)), { minLength: 1, maxLength: 4 })

export function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`name ${index}`, `${index}`]))
}

/** So many that the offset deltas get a byte longer, and another. */
export function manyRecords(count: number): WrittenRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    value: index % 7 === 0 ? null : Buffer.from(`v${index}`),
    key: index % 3 === 0 ? null : Buffer.from(`k${index}`),
    timestampMs: nowMs + ((index * 7_919) % 1_000) - 500,
  }))
}
