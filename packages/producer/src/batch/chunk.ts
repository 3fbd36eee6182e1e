/** Memory per record beside its bytes: key length, end, timestamp. */
const markBytes = 4 + 4 + 8

/**
 * A stretch of memory that records are encoded into, one behind the other (each: key, then value), with typed arrays
 * for where they lie. It belongs to one batch.
 */
export class Chunk {
  readonly bytes: Buffer
  /** -1: no key. */
  readonly keyLengths: Int32Array
  readonly ends: Uint32Array
  readonly timestampsMs: Float64Array
  /** What this chunk counts against the buffer bound. */
  readonly chargeBytes: number
  readonly pooled: boolean
  count = 0
  position = 0

  constructor(bytes: Buffer, maxRecords: number, pooled: boolean) {
    this.bytes = bytes
    this.keyLengths = new Int32Array(maxRecords)
    this.ends = new Uint32Array(maxRecords)
    this.timestampsMs = new Float64Array(maxRecords)
    this.chargeBytes = bytes.length + maxRecords * markBytes
    this.pooled = pooled
  }

  /** Accepts the record that was encoded up to `end`. */
  commit(keyLength: number, end: number, timestampMs: number): void {
    const index = this.count++
    this.keyLengths[index] = keyLength
    this.ends[index] = end
    this.timestampsMs[index] = timestampMs
    this.position = end
  }

  get full(): boolean {
    return this.count === this.ends.length
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number)
  }
}

/**
 * Hands out chunks and takes them back. `bufferedBytes` is the memory of the chunks in use and of headers, which is what
 * `maxBufferedBytes` bounds: counting the records' own bytes instead would let many tiny records, or many partitions
 * with a sliver each, take several times the bound.
 */
export class ChunkPool {
  readonly #free: Chunk[] = []
  readonly #chunkBytes: number
  readonly #chunkRecords: number
  bufferedBytes = 0
  peakBufferedBytes = 0

  constructor(chunkBytes: number, chunkRecords: number) {
    this.#chunkBytes = chunkBytes
    this.#chunkRecords = chunkRecords
  }

  get chunkChargeBytes(): number {
    return this.#chunkBytes + this.#chunkRecords * markBytes
  }

  take(): Chunk {
    const chunk =
      this.#free.pop() ?? new Chunk(Buffer.allocUnsafeSlow(this.#chunkBytes), this.#chunkRecords, true)
    return this.#charge(chunk)
  }

  /** What a record of this size costs in a chunk of its own. */
  dedicatedChargeBytes(recordBytes: number): number {
    return recordBytes + markBytes
  }

  /** A chunk for one record larger than the pooled ones. */
  takeDedicated(recordBytes: number): Chunk {
    const chunk = new Chunk(Buffer.allocUnsafeSlow(recordBytes), 1, false)
    return this.#charge(chunk)
  }

  #charge(chunk: Chunk): Chunk {
    this.charge(chunk.chargeBytes)
    return chunk
  }

  /** Counts memory that lies outside of the chunks: a record's headers. */
  charge(bytes: number): void {
    this.bufferedBytes += bytes
    if (this.bufferedBytes > this.peakBufferedBytes) this.peakBufferedBytes = this.bufferedBytes
  }

  discharge(bytes: number): void {
    this.bufferedBytes -= bytes
  }

  /**
   * Takes a chunk back.
   *
   * @param reuse false when one of its records failed: the application was given views of it, and a client library that
   * gave up on a request may still read it. Such memory is never written to again.
   */
  giveBack(chunk: Chunk, reuse = true): void {
    this.bufferedBytes -= chunk.chargeBytes
    if (!chunk.pooled || !reuse) return
    chunk.count = 0
    chunk.position = 0
    this.#free.push(chunk)
  }
}
