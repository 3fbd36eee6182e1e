import { type CheckedSchema, TidewaterError } from '@tidewater/core'
import type { RecordEncoder } from '../batch/batch.js'
import type { RecordHeaders } from '../batch/record-format.js'

/** Where a schema has its id: what `confluentRegistry()` and `glueRegistry()` return, or one of your own. */
export interface SchemaRegistry {
  /**
   * How records of `schema` on `topic` say which schema they are of. Asked once, before the producer connects: no record
   * waits for it.
   */
  framing(schema: CheckedSchema, topic: string, signal?: AbortSignal): Promise<RecordFraming>
}

/** What is added to each record, known before the first of them. */
export interface RecordFraming {
  /** Bytes before the value. */
  readonly prefix?: Uint8Array
  /** Headers beside the caller's own. */
  readonly headers?: Readonly<Record<string, Uint8Array>>
  /** What the value is turned into, behind the prefix. */
  readonly compress?: (avro: Uint8Array) => Uint8Array
}

/** An encoder that writes the framing's prefix and compression; its headers are {@link framedHeaders}' business. */
export function framedEncoder<T>(
  encoder: RecordEncoder<T>,
  { prefix = new Uint8Array(0), compress }: RecordFraming,
): RecordEncoder<T> {
  if (compress !== undefined) return compressedEncoder(encoder, prefix, compress)
  if (prefix.length === 0) return encoder
  return {
    encode: (record) => Buffer.concat([prefix, encoder.encode(record)]),
    encodeInto: (record, buffer, position) => {
      const end = encoder.encodeInto(record, buffer, position + prefix.length)
      if (end >= 0) buffer.set(prefix, position)
      return end
    },
  }
}

function compressedEncoder<T>(
  encoder: RecordEncoder<T>,
  prefix: Uint8Array,
  compress: (avro: Uint8Array) => Uint8Array,
): RecordEncoder<T> {
  const encode = (record: T) => Buffer.concat([prefix, compress(encoder.encode(record))])
  return {
    encode,
    // The compressed length is known only afterwards, so the value can't be written where it belongs at once.
    encodeInto: (record, buffer, position) => {
      const value = encode(record)
      const end = position + value.length
      if (end > buffer.length) return buffer.length - end
      buffer.set(value, position)
      return end
    },
  }
}

/**
 * The headers of a record: the caller's and the framing's.
 *
 * @throws TidewaterError `RECORD_INVALID` when the caller has a header of the framing's name
 */
export function framedHeaders(
  own: RecordHeaders | undefined,
  framing: RecordFraming | undefined,
): RecordHeaders | undefined {
  const added = framing?.headers
  if (added === undefined) return own
  if (own === undefined) return added
  const taken = Object.keys(added).find((name) => Object.hasOwn(own, name))
  if (taken === undefined) return { ...own, ...added }
  throw new TidewaterError(
    'RECORD_INVALID',
    `header "${taken}" is the one that the registry's framing adds to each record`,
    { remedy: `Leave header "${taken}" out, or give the producer no registry.`, details: { header: taken } },
  )
}
