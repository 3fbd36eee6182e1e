import type { Type } from 'avsc'
import { type AvroDecoder, decoderOver } from './decode.js'
import { explainMismatch, findUnknownField } from './mismatch.js'
import { type AvroSchema, compiledTypeOf } from './schema.js'

export interface AvroCodecOptions {
  /**
   * What to do with a property that isn't a field of the schema. Default `'ignore'`: its value isn't written, as in every
   * Avro library; TypeScript already refuses it in an object literal. `'reject'` is `RECORD_INVALID`, and checks each
   * record once more before it is written.
   */
  readonly unknownFields?: 'ignore' | 'reject'
}

export interface AvroCodec<Output, Input = Output> extends AvroDecoder<Output> {
  readonly schema: AvroSchema<Output, Input>

  /**
   * The record's Avro binary encoding, in a buffer of its own.
   *
   * @throws TidewaterError `RECORD_INVALID` that names the field, its value and the Avro type, also as
   * `details: { path, value, expected }`.
   */
  encode(record: Input): Buffer

  /**
   * Writes the record into `buffer` from byte `position` on: no allocation, for batches. Returns the position after it, or,
   * when the record doesn't fit, a negative number: minus the bytes that are missing. What lies before `position` is
   * never touched; after an error or a negative result the bytes from `position` on are undefined.
   *
   * @throws TidewaterError `RECORD_INVALID`, as `encode`.
   */
  encodeInto(record: Input, buffer: Buffer, position: number): number
}

// Large enough for an ordinary record; a larger one grows it, up to a bound, for the next.
const firstScratchBytes = 1024
const maxScratchBytes = 1024 * 1024

/**
 * Encodes and decodes the records of a schema. A string is written as UTF-8; half of a surrogate pair has no encoding
 * there and reads back as U+FFFD.
 */
export function avroCodec<Output, Input>(
  schema: AvroSchema<Output, Input>,
  options: AvroCodecOptions = {},
): AvroCodec<Output, Input> {
  const type = compiledTypeOf(schema)
  const encodeInto = options.unknownFields === 'reject' ? strictEncoder(type) : lenientEncoder(type)
  let scratch = Buffer.allocUnsafeSlow(firstScratchBytes)
  return {
    schema,
    encodeInto,
    encode: (record) => {
      const end = encodeInto(record, scratch, 0)
      if (end >= 0) return Buffer.from(scratch.subarray(0, end))
      const exact = Buffer.allocUnsafeSlow(scratch.length - end)
      if (exact.length <= maxScratchBytes) scratch = Buffer.allocUnsafeSlow(2 * exact.length)
      return exact.subarray(0, encodeInto(record, exact, 0))
    },
    decode: decoderOver(schema.name, type, (payload) => type.fromBuffer(payload)).decode as (
      payload: Uint8Array,
    ) => Output,
  }
}

type EncodeInto = (record: unknown, buffer: Buffer, position: number) => number

function lenientEncoder(type: Type): EncodeInto {
  return (record, buffer, position) => {
    try {
      return type.encode(record, buffer, position)
    } catch (failure) {
      throw explainMismatch(type, record, failure)
    }
  }
}

function strictEncoder(type: Type): EncodeInto {
  const encodeInto = lenientEncoder(type)
  return (record, buffer, position) => {
    const problem = findUnknownField(type, record)
    if (problem !== undefined) throw problem
    return encodeInto(record, buffer, position)
  }
}
