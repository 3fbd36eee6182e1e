import { inflateSync } from 'node:zlib'
import { messageOf, TidewaterError } from '@tidewater/core'
import {
  formatUuid,
  type GlueCompression,
  glueCompressionBytes,
  magicBytes,
  uuidBytes,
  valueSchemaIdHeader,
} from './wire-format.js'

/** A value's framing, and `payload`: the Avro bytes in it. */
export type ReadFraming =
  | { readonly format: 'confluent-id'; readonly id: number; readonly payload: Uint8Array }
  | { readonly format: 'confluent-guid'; readonly guid: string; readonly payload: Uint8Array }
  | {
      readonly format: 'glue'
      readonly schemaVersionId: string
      readonly compression: GlueCompression
      /** Decompressed. */
      readonly payload: Uint8Array
    }

// The largest record a producer here may write; a few kilobytes can claim to be gigabytes.
const maxPayloadBytes = 256 * 1024 * 1024

/**
 * Reads what a registry's framing put around a value. Plain Avro may begin with any byte, so only values of a topic that
 * is known to be framed tell anything.
 *
 * @param headers of the record: with Confluent's `__value_schema_id` among them the whole value is the payload
 * @throws TidewaterError `RECORD_INVALID` for a value that has no framing, or a damaged one
 */
export function readFraming(
  value: Uint8Array,
  headers: Readonly<Record<string, Uint8Array>> = {},
): ReadFraming {
  const header = headers[valueSchemaIdHeader]
  if (header !== undefined) return { ...readConfluent(header, valueSchemaIdHeader), payload: value }
  return value[0] === magicBytes.glue ? readGlue(value) : readConfluent(value, 'value')
}

function readConfluent(bytes: Uint8Array, where: string): ReadFraming {
  if (bytes[0] === magicBytes.confluentId && bytes.length >= 5) {
    const id = Buffer.from(bytes.buffer, bytes.byteOffset, 5).readInt32BE(1)
    return { format: 'confluent-id', id, payload: bytes.subarray(5) }
  }
  const end = 1 + uuidBytes
  if (bytes[0] === magicBytes.confluentGuid && bytes.length >= end) {
    return {
      format: 'confluent-guid',
      guid: formatUuid(bytes.subarray(1, end)),
      payload: bytes.subarray(end),
    }
  }
  throw notFramed(where, bytes)
}

function readGlue(value: Uint8Array): ReadFraming {
  const start = 2 + uuidBytes
  const compression = value[1] === glueCompressionBytes.zlib ? 'zlib' : 'none'
  if (value.length < start || value[1] !== glueCompressionBytes[compression]) throw notFramed('value', value)
  const payload = value.subarray(start)
  return {
    format: 'glue',
    schemaVersionId: formatUuid(value.subarray(2, start)),
    compression,
    payload: compression === 'zlib' ? inflate(payload) : payload,
  }
}

function inflate(bytes: Uint8Array): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: maxPayloadBytes })
  } catch (cause) {
    throw new TidewaterError(
      'RECORD_INVALID',
      `The value's ${bytes.length} bytes of zlib can't be decompressed: ${messageOf(cause)}`,
      { remedy: 'Set the record aside; its producer wrote it damaged.', cause },
    )
  }
}

function notFramed(where: string, bytes: Uint8Array): TidewaterError {
  const start = Buffer.from(bytes.subarray(0, 2 + uuidBytes)).toString('hex')
  return new TidewaterError(
    'RECORD_INVALID',
    `The ${where} of ${bytes.length} bytes begins with ${start || 'nothing'}, which is no registry's framing (00, 01 or 03)`,
    { remedy: 'Read only records that were written through a registry this way.', details: { start } },
  )
}
