import { describeValue } from '../../config/parse.js'
import { TidewaterError } from '../../errors.js'
import type { ProduceRecord } from '../port.js'

/**
 * Bytes one record can add to a batch beyond its key, value and headers: seven varints and the attributes byte of the
 * record format v2, each varint at its longest for records below 2 GiB.
 */
const recordOverheadBytes = 36
/** The record batch's own header (61 bytes) and the produce request around it, with room for the longest topic name. */
const requestOverheadBytes = 512

/** Upper bound of the record's size on the wire, before compression. */
export function recordSizeBytes(record: ProduceRecord): number {
  let size = recordOverheadBytes + (record.value?.byteLength ?? 0) + (record.key?.byteLength ?? 0)
  if (record.headers !== undefined) {
    for (const [name, value] of Object.entries(record.headers)) {
      size += 10 + Buffer.byteLength(name)
      size += typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength
    }
  }
  return size
}

/** Why a record can't be sent at all; undefined when it can. The same rules for every driver. */
export function checkRecord(record: ProduceRecord, maxRequestBytes: number): TidewaterError | undefined {
  const invalid = checkTimestamp(record.timestampMs) ?? checkHeaders(record.headers)
  if (invalid !== undefined) return invalid
  const sizeBytes = recordSizeBytes(record)
  if (sizeBytes + requestOverheadBytes <= maxRequestBytes) return undefined
  return new TidewaterError(
    'RECORD_TOO_LARGE',
    `The record of ${sizeBytes} bytes is over the client's maxRequestBytes of ${maxRequestBytes}`,
    {
      remedy: "Send a smaller record, or raise maxRequestBytes and the topic's max.message.bytes.",
      details: { sizeBytes, limitBytes: maxRequestBytes, limit: 'maxRequestBytes' },
    },
  )
}

/** Why a timestamp can't be sent; undefined when it can. */
export function checkTimestamp(timestampMs: unknown): TidewaterError | undefined {
  // 0 is not a time on the wire of either library: both take it for "now" and would store another time than asked.
  if (timestampMs === undefined || (Number.isSafeInteger(timestampMs) && (timestampMs as number) >= 1))
    return undefined
  return new TidewaterError(
    'RECORD_INVALID',
    `timestampMs must be a whole number of at least 1, got ${describeValue(timestampMs)}`,
    { remedy: 'Pass milliseconds since the epoch, or leave timestampMs out.', details: { timestampMs } },
  )
}

/** Why headers can't be sent, naming the header; undefined when they can. */
export function checkHeaders(headers: unknown): TidewaterError | undefined {
  if (headers === undefined) return undefined
  // An array's or a Map's entries would be names nobody meant, or none.
  if (!isPlainObject(headers)) {
    return new TidewaterError(
      'RECORD_INVALID',
      `headers must be an object of names to strings or bytes, got ${describeValue(headers)}`,
      { remedy: 'Pass an object, or leave headers out.' },
    )
  }
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (typeof value === 'string' || value instanceof Uint8Array) continue
    return new TidewaterError(
      'RECORD_INVALID',
      `header "${name}" must be a string or bytes, got ${describeValue(value)}`,
      { remedy: `Turn header "${name}" into a string or a Uint8Array.`, details: { header: name } },
    )
  }
  return undefined
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * The error of a record that the broker refuses even alone in its batch.
 *
 * @param limitBytes the topic's `max.message.bytes`, when the driver can read it
 */
export function refusedAsTooLarge(
  record: ProduceRecord,
  topic: string,
  limitBytes: number | undefined,
): TidewaterError {
  const sizeBytes = recordSizeBytes(record)
  const limit = limitBytes === undefined ? '' : ` of ${limitBytes}`
  return new TidewaterError(
    'RECORD_TOO_LARGE',
    `The record of ${sizeBytes} bytes is over max.message.bytes${limit} of topic "${topic}"`,
    {
      remedy: `Send a smaller record, or raise max.message.bytes of topic "${topic}".`,
      details: {
        topic,
        sizeBytes,
        limit: 'max.message.bytes',
        ...(limitBytes === undefined ? {} : { limitBytes }),
      },
    },
  )
}

/** End (exclusive) of the longest run from `first` whose records fit in one request; at least one record. */
export function endOfRequest(
  records: readonly ProduceRecord[],
  first: number,
  end: number,
  maxRequestBytes: number,
): number {
  let bytes = requestOverheadBytes
  for (let index = first; index < end; index++) {
    bytes += recordSizeBytes(records[index] as ProduceRecord)
    if (bytes > maxRequestBytes && index > first) return index
  }
  return end
}
