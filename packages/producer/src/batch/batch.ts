import type { ProduceRecord } from '@tidewater/core'
import type { Chunk } from './chunk.js'

export type RecordHeaders = Readonly<Record<string, Uint8Array | string>>

interface Stretch {
  readonly chunk: Chunk
  readonly first: number
  readonly end: number
  readonly index: number
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
 * Bytes a record adds to a record batch beside key, value and headers: its varints (length, timestamp delta, offset
 * delta, key length, value length, header count) and attributes, at their usual most.
 */
export const recordOverheadBytes = 21

/** Records of one partition in the order they were written. `C` is what a `send` call is known by. */
export class Batch<C = unknown> {
  readonly partition: number
  readonly openedAtMs: number
  /** Uncompressed, with `recordOverheadBytes` per record. */
  bytes = 0
  count = 0
  /** What its headers count against the buffer bound. */
  headersChargeBytes = 0
  readonly #chunks: Chunk[] = []
  #headers: (RecordHeaders | undefined)[] | undefined
  #sends: SendRange<C>[] | undefined

  constructor(partition: number, openedAtMs: number) {
    this.partition = partition
    this.openedAtMs = openedAtMs
  }

  /** The chunk the next record may be encoded into. */
  get tail(): Chunk | undefined {
    return this.#chunks[this.#chunks.length - 1]
  }

  get sends(): readonly SendRange<C>[] {
    return this.#sends ?? []
  }

  /** Takes in the record just committed to `chunk`, which is the tail or becomes it. */
  add(chunk: Chunk, wireBytes: number, headers: RecordHeaders | undefined, headersChargeBytes: number): void {
    if (chunk !== this.tail) this.#chunks.push(chunk)
    if (headers !== undefined) {
      this.#headers ??= []
      this.#headers[this.count] = headers
      this.headersChargeBytes += headersChargeBytes
    }
    this.count++
    this.bytes += wireBytes
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

  /** The records of `range` as views into the chunks: no copy. */
  records(range: RecordRange = { firstIndex: 0, count: this.count }): ProduceRecord[] {
    const records: ProduceRecord[] = []
    for (const { chunk, first, end, index } of this.#stretches(range)) {
      for (let position = first; position < end; position++) {
        records.push(recordAt(chunk, position, this.#headers?.[index + position]))
      }
    }
    return records
  }

  /** Bytes of keys and values in `range`. */
  payloadBytes(range: RecordRange): number {
    let bytes = 0
    for (const { chunk, first, end } of this.#stretches(range)) {
      bytes += (chunk.ends[end - 1] as number) - chunk.startOf(first)
    }
    return bytes
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

  /** The memory the records lie in. */
  get chunks(): readonly Chunk[] {
    return this.#chunks
  }

  /** Per chunk that `range` touches: its records from `first` to `end` (exclusive), and the batch's index of its record 0. */
  #stretches(range: RecordRange): Stretch[] {
    const stretches: Stretch[] = []
    const rangeEnd = range.firstIndex + range.count
    let index = 0
    for (const chunk of this.#chunks) {
      const first = Math.max(0, range.firstIndex - index)
      const end = Math.min(chunk.count, rangeEnd - index)
      if (first < end) stretches.push({ chunk, first, end, index })
      index += chunk.count
    }
    return stretches
  }
}

function recordAt(chunk: Chunk, index: number, headers: RecordHeaders | undefined): ProduceRecord {
  const start = chunk.startOf(index)
  const end = chunk.ends[index] as number
  const keyLength = chunk.keyLengths[index] as number
  const timestampMs = chunk.timestampsMs[index] as number
  if (keyLength < 0 && headers === undefined) return { value: chunk.bytes.subarray(start, end), timestampMs }
  const valueStart = keyLength < 0 ? start : start + keyLength
  return {
    value: chunk.bytes.subarray(valueStart, end),
    key: keyLength < 0 ? null : chunk.bytes.subarray(start, valueStart),
    timestampMs,
    ...(headers === undefined ? {} : { headers }),
  }
}

/** Headers' bytes on the wire. */
export function headersBytes(headers: RecordHeaders): number {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    bytes += Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : value.length)
    // Two length varints.
    bytes += 4
  }
  return bytes
}
