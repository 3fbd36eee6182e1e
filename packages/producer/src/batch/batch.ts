import type { ProduceRecord } from '@tidewater/core'
import type { EncodedBatch } from './encoded-batch.js'
import {
  headersBytes,
  type RecordHeaders,
  type RecordView,
  readRecords,
  recordOverheadBytes,
  writeHeaders,
} from './record-format.js'
import type { Slab } from './slab.js'
import { varintBytes, writeVarint, writeVarlong } from './varint.js'

/** Encodes a record's value. */
export interface RecordEncoder<T> {
  encode(record: T): Uint8Array
  /** The position behind the record; when it doesn't fit, minus the bytes that are missing. Throws, for no record. */
  encodeInto(record: T, buffer: Buffer, position: number): number
}

/** A run of consecutive records of a batch. */
export interface RecordRange {
  readonly firstIndex: number
  readonly count: number
}

/** Consecutive records of a batch that belong to one `send` call. */
export interface SendRange<C> extends RecordRange {
  readonly call: C
  /** Index in the call's own array of the range's first record. */
  readonly firstCallIndex: number
}

/**
 * Records of one partition in the order they were written, encoded as they go on the wire: the records of a record batch,
 * magic 2. `C` is what a `send` call is known by.
 *
 * A record is encoded behind the last one by `encode` and belongs to the batch once it is committed.
 */
export class Batch<C = unknown> {
  readonly partition: number
  readonly openedAtMs: number
  count = 0
  /** Bytes of the records, uncompressed, as they lie in the record batch. */
  recordsBytes = 0
  /** Bytes of keys and values. */
  totalPayloadBytes = 0
  #slab: Slab
  #baseTimestampMs = 0
  #maxTimestampMs = 0
  // The two lengths before a record's parts are written once these are known. Records of one schema are alike: their
  // varints nearly always have the width of the last record's, and only then is nothing moved.
  #lengthWidth = 2
  #valueWidth = 2
  /** Key's and value's bytes of the record encoded last. */
  lastPayloadBytes = 0
  /** Bytes of its headers. */
  lastHeadersBytes = 0
  #lastTimestampMs = 0
  #sends: SendRange<C>[] | undefined

  constructor(partition: number, openedAtMs: number, slab: Slab) {
    this.partition = partition
    this.openedAtMs = openedAtMs
    this.#slab = slab
  }

  /** The memory the records lie in. */
  get slab(): Slab {
    return this.#slab
  }

  get sends(): readonly SendRange<C>[] {
    return this.#sends ?? []
  }

  /**
   * Encodes a record behind the last one, without taking it in.
   *
   * @param record null is a tombstone
   * @returns the position behind it, for `commit`; when it doesn't fit the slab, minus the bytes that are missing at most
   * @throws what the encoder throws; the batch is as it was
   */
  encode<T>(
    encoder: RecordEncoder<T>,
    record: T | null,
    key: Uint8Array | undefined,
    headers: RecordHeaders | undefined,
    timestampMs: number,
  ): number {
    const { memory } = this.#slab
    const start = this.recordsBytes
    const headersLength = headers === undefined ? 0 : headersBytes(headers)
    const aroundBytes = recordOverheadBytes + headersLength + (key === undefined ? 0 : key.length)
    // Room for everything but the value, wherever the value ends.
    const roomBytes = memory.length - start - aroundBytes
    if (roomBytes < 0) return roomBytes
    let at = start + this.#lengthWidth
    memory[at++] = 0
    at = writeVarlong(memory, at, this.count === 0 ? 0 : timestampMs - this.#baseTimestampMs)
    at = writeVarint(memory, at, this.count)
    if (key === undefined) memory[at++] = 1
    else {
      at = writeVarint(memory, at, key.length)
      memory.set(key, at)
      at += key.length
    }
    const valueBytesOrMissing =
      record === null ? this.#tombstone(at) : this.#value(encoder, record, at, headersLength)
    if (valueBytesOrMissing < 0) return valueBytesOrMissing
    const valueBytes = record === null ? 0 : valueBytesOrMissing
    at += record === null ? 1 : this.#valueWidth + valueBytes
    if (headers === undefined) memory[at++] = 0
    else at = writeHeaders(memory, at, headers)
    const lengthBytes = at - start - this.#lengthWidth
    const lengthWidth = varintBytes(lengthBytes)
    if (lengthWidth !== this.#lengthWidth) {
      memory.copyWithin(start + lengthWidth, start + this.#lengthWidth, at)
      at += lengthWidth - this.#lengthWidth
      this.#lengthWidth = lengthWidth
    }
    writeVarint(memory, start, lengthBytes)
    this.lastPayloadBytes = valueBytes + (key === undefined ? 0 : key.length)
    this.lastHeadersBytes = headersLength
    this.#lastTimestampMs = timestampMs
    return at
  }

  /** Takes in the record that was encoded up to `end`. */
  commit(end: number): void {
    const timestampMs = this.#lastTimestampMs
    if (this.count === 0) this.#baseTimestampMs = timestampMs
    if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs
    this.count++
    this.recordsBytes = end
    this.totalPayloadBytes += this.lastPayloadBytes
  }

  /** Goes on in a larger slab; the one before is the caller's again. */
  moveTo(larger: Slab): Slab {
    const before = this.#slab
    before.memory.copy(larger.memory, 0, 0, this.recordsBytes)
    this.#slab = larger
    return before
  }

  /** Notes that the newest record is number `callIndex` of `call`. */
  noteSend(call: C, callIndex: number): void {
    this.#sends ??= []
    const index = this.count - 1
    const last = this.#sends[this.#sends.length - 1]
    if (
      last !== undefined &&
      last.call === call &&
      last.firstIndex + last.count === index &&
      last.firstCallIndex + last.count === callIndex
    ) {
      this.#sends[this.#sends.length - 1] = { ...last, count: last.count + 1 }
    } else {
      this.#sends.push({ call, firstIndex: index, count: 1, firstCallIndex: callIndex })
    }
  }

  /** The records as they go on the wire, by reference. */
  encoded(topic: string): EncodedBatch {
    return {
      topic,
      partition: this.partition,
      recordCount: this.count,
      baseTimestampMs: this.#baseTimestampMs,
      maxTimestampMs: this.#maxTimestampMs,
      records: this.#slab.memory.subarray(0, this.recordsBytes),
    }
  }

  /** The records of `range` as views into the slab: no copy. */
  records(range: RecordRange = { firstIndex: 0, count: this.count }): ProduceRecord[] {
    return this.#views(range).map(({ value, key, timestampMs, headers }) => ({
      value,
      key,
      timestampMs,
      ...(headers === undefined ? {} : { headers }),
    }))
  }

  /** Bytes of keys and values in `range`. */
  payloadBytes(range: RecordRange): number {
    if (range.count === this.count) return this.totalPayloadBytes
    return this.#views(range).reduce((sum, { payloadBytes }) => sum + payloadBytes, 0)
  }

  /** What of each `send` call lies within `range`. */
  sendsWithin(range: RecordRange): SendRange<C>[] {
    const end = range.firstIndex + range.count
    const within: SendRange<C>[] = []
    for (const send of this.sends) {
      const first = Math.max(send.firstIndex, range.firstIndex)
      const last = Math.min(send.firstIndex + send.count, end)
      if (first < last) {
        within.push({
          call: send.call,
          firstIndex: first,
          count: last - first,
          firstCallIndex: send.firstCallIndex + first - send.firstIndex,
        })
      }
    }
    return within
  }

  #tombstone(at: number): number {
    this.#slab.memory[at] = 1
    return 0
  }

  /** Encodes the value and its length at `at`; returns the value's bytes, or minus those that are missing. */
  #value<T>(encoder: RecordEncoder<T>, record: T, at: number, headersLength: number): number {
    const { memory } = this.#slab
    const valueStart = at + this.#valueWidth
    const end = encoder.encodeInto(record, memory, valueStart)
    if (end < 0) return end - recordOverheadBytes - headersLength
    // What comes behind the value, and varints that are wider than the last record's.
    const roomBytes = memory.length - end - headersLength - recordOverheadBytes
    if (roomBytes < 0) return roomBytes
    const valueBytes = end - valueStart
    const width = varintBytes(valueBytes)
    if (width !== this.#valueWidth) {
      memory.copyWithin(at + width, valueStart, end)
      this.#valueWidth = width
    }
    writeVarint(memory, at, valueBytes)
    return valueBytes
  }

  #views({ firstIndex, count }: RecordRange): RecordView[] {
    const views: RecordView[] = []
    let index = 0
    const records = this.#slab.memory.subarray(0, this.recordsBytes)
    for (const view of readRecords(
      records,
      Math.min(this.count, firstIndex + count),
      this.#baseTimestampMs,
    )) {
      if (index++ >= firstIndex) views.push(view)
    }
    return views
  }
}
