import type { ProduceRecord } from '@tidewater/core'
import { VarintReader, varintBytes, writeVarint } from './varint.js'

export type RecordHeaders = Readonly<Record<string, Uint8Array | string>>

/**
 * Most bytes a record takes beside key, value and headers: length, attributes, timestamp delta, offset delta, key length,
 * value length, header count.
 */
export const recordOverheadBytes = 5 + 1 + 8 + 5 + 5 + 5 + 5

/** Headers' bytes on the wire, without their count. */
export function headersBytes(headers: RecordHeaders): number {
  let bytes = 0
  for (const name of Object.keys(headers)) {
    const value = headers[name] as Uint8Array | string
    const nameBytes = Buffer.byteLength(name)
    const valueBytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length
    bytes += varintBytes(nameBytes) + nameBytes + varintBytes(valueBytes) + valueBytes
  }
  return bytes
}

/** Writes the count of the headers and the headers; returns the position behind them. */
export function writeHeaders(bytes: Buffer, position: number, headers: RecordHeaders): number {
  const names = Object.keys(headers)
  let at = writeVarint(bytes, position, names.length)
  for (const name of names) {
    const value = headers[name] as Uint8Array | string
    at = writeVarint(bytes, at, Buffer.byteLength(name))
    at += bytes.write(name, at)
    if (typeof value === 'string') {
      at = writeVarint(bytes, at, Buffer.byteLength(value))
      at += bytes.write(value, at)
    } else {
      at = writeVarint(bytes, at, value.length)
      bytes.set(value, at)
      at += value.length
    }
  }
  return at
}

/** A record where it lies: its bytes are views. */
export interface RecordView extends ProduceRecord {
  readonly key: Uint8Array | null
  readonly timestampMs: number
  /** First byte of the record, and the one behind it. */
  readonly start: number
  readonly end: number
  /** Bytes of key and value. */
  readonly payloadBytes: number
}

/**
 * Reads records in the order they were written.
 *
 * @param bytes records of a record batch (magic 2), uncompressed, without the batch's header
 */
export function* readRecords(
  bytes: Uint8Array,
  count: number,
  baseTimestampMs: number,
): Generator<RecordView> {
  const reader = new VarintReader(bytes)
  for (let index = 0; index < count; index++) {
    const start = reader.position
    const length = reader.next()
    const end = reader.position + length
    // Attributes: none are defined for a record.
    reader.position++
    const timestampMs = baseTimestampMs + reader.next()
    // Offset delta: the records lie in order.
    reader.next()
    const key = takeBytes(reader)
    const value = takeBytes(reader)
    const headers = readHeaders(reader)
    reader.position = end
    const payloadBytes = (key?.length ?? 0) + (value?.length ?? 0)
    yield { value, key, timestampMs, start, end, payloadBytes, ...(headers === undefined ? {} : { headers }) }
  }
}

function takeBytes(reader: VarintReader): Uint8Array | null {
  const length = reader.next()
  return length < 0 ? null : reader.take(length)
}

function readHeaders(reader: VarintReader): Record<string, Uint8Array> | undefined {
  const count = reader.next()
  if (count === 0) return undefined
  // Without a prototype: a header may have any name.
  const headers: Record<string, Uint8Array> = Object.create(null)
  for (let index = 0; index < count; index++) {
    const name = Buffer.from(reader.take(reader.next())).toString()
    headers[name] = reader.take(reader.next())
  }
  return headers
}
