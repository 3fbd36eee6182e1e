import { checkHeaders, checkTimestamp, describeValue, TidewaterError } from '@tidewater/core'
import type { RecordHeaders } from './batch/record-format.js'

/**
 * What can be written: a record; its Avro encoding, to encode once and write many times (not checked against the schema);
 * or null, which deletes its key in a compacted topic.
 */
export type WritableRecord<T> = T | Uint8Array | null

/** What goes with a record. */
export interface WriteOptions {
  /** Strings are UTF-8. Records of one key go to one partition, the one Java's client would choose. */
  readonly key?: string | Uint8Array | undefined
  /** Partition id; goes before a custom partitioner and the key. */
  readonly partition?: number | undefined
  /** Not copied: leave byte values alone until the record is delivered. */
  readonly headers?: RecordHeaders | undefined
  /** Milliseconds since the epoch, at least 1. Default: now. */
  readonly timestampMs?: number | undefined
}

/** @throws TidewaterError `RECORD_INVALID` */
export function keyBytes(key: string | Uint8Array | undefined): Uint8Array | undefined {
  if (key === undefined || key instanceof Uint8Array) return key
  if (typeof key === 'string') return Buffer.from(key)
  throw new TidewaterError('RECORD_INVALID', `The key must be a string or bytes, got ${describeValue(key)}`, {
    remedy: 'Turn the key into a string or a Uint8Array.',
  })
}

/** @throws TidewaterError `RECORD_INVALID` naming the header */
export function requireHeaders(headers: RecordHeaders | undefined): RecordHeaders | undefined {
  const error = checkHeaders(headers)
  if (error !== undefined) throw error
  return headers
}

/** @throws TidewaterError `RECORD_INVALID` */
export function requireTimestamp(timestampMs: number): number {
  const error = checkTimestamp(timestampMs)
  if (error !== undefined) throw error
  return timestampMs
}
