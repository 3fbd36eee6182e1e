import { Batch, headersBytes, type RecordHeaders, recordOverheadBytes } from './batch.js'
import { type Chunk, ChunkPool } from './chunk.js'
import { bufferFull, recordTooLarge } from './rejections.js'

export interface AccumulatorLimits {
  readonly batchBytes: number
  readonly batchRecords: number
  readonly lingerMs: number
  readonly maxBufferedBytes: number
  readonly maxRecordBytes: number
  readonly maxInFlightBatchesPerPartition: number
  /** Age at which a batch that was not sent yet is given up. */
  readonly deliveryTimeoutMs: number
}

export interface RecordEncoder<T> {
  encode(record: T): Uint8Array
  /** The position behind the record; negative when it doesn't fit. Throws, for a record that isn't one. */
  encodeInto(record: T, buffer: Buffer, position: number): number
}

interface Lane<C> {
  readonly partition: number
  open: Batch<C> | undefined
  /** Closed batches, oldest first. */
  readonly queue: Batch<C>[]
  readonly inFlight: Set<Batch<C>>
  isReady: boolean
}

/** Small enough that a partition with a trickle holds little, large enough that a hot one takes a new one rarely. */
const chunkBytes = 32 * 1024
const chunkRecords = 512
/** Memory of a record's headers beside their bytes: the object and its place in the batch. */
const headersOverheadBytes = 64

/**
 * Where records wait for their batch. Pure: the clock is an argument, and what to do about a batch is the caller's business.
 *
 * A partition's batches leave in the order they were opened. A batch is closed when it is full, or when it is `lingerMs`
 * old and its partition may send: while it may not, the batch goes on filling, so batches grow as the load does.
 */
export class Accumulator<T, C = unknown> {
  readonly #lanes = new Map<number, Lane<C>>()
  readonly #readyLanes: Lane<C>[] = []
  readonly #pool = new ChunkPool(chunkBytes, chunkRecords)
  readonly #encoder: RecordEncoder<T>
  readonly #limits: AccumulatorLimits
  readonly #nowMs: () => number
  readonly #onBatchClosed: (partition: number) => void

  /** @param nowMs a clock that never goes back, in milliseconds; read once per batch, not per record */
  constructor(
    partitions: readonly number[],
    encoder: RecordEncoder<T>,
    limits: AccumulatorLimits,
    nowMs: () => number,
    onBatchClosed: (partition: number) => void = () => {},
  ) {
    this.#encoder = encoder
    this.#limits = limits
    this.#nowMs = nowMs
    this.#onBatchClosed = onBatchClosed
    this.addPartitions(partitions)
  }

  get bufferedBytes(): number {
    return this.#pool.bufferedBytes
  }

  get peakBufferedBytes(): number {
    return this.#pool.peakBufferedBytes
  }

  get hasReady(): boolean {
    return this.#readyLanes.length > 0
  }

  addPartitions(partitions: readonly number[]): void {
    for (const partition of partitions) {
      if (this.#lanes.has(partition)) continue
      this.#lanes.set(partition, {
        partition,
        open: undefined,
        queue: [],
        inFlight: new Set(),
        isReady: false,
      })
    }
  }

  /** Batches of a partition that are closed and not settled. */
  batchesWaiting(partition: number): number {
    const lane = this.#lane(partition)
    return lane.queue.length + lane.inFlight.size
  }

  /**
   * Encodes the record into its partition's open batch, which is returned.
   *
   * @throws what the encoder throws, `RECORD_TOO_LARGE`, or the error of a full buffer: nothing of the record is kept.
   */
  append(
    partition: number,
    record: T,
    key: Uint8Array | undefined,
    headers: RecordHeaders | undefined,
    timestampMs: number,
  ): Batch<C> {
    const lane = this.#lane(partition)
    const tail = lane.open?.tail
    const headersLength = headers === undefined ? 0 : headersBytes(headers)
    let chunk = tail
    let end = tail === undefined || tail.full ? -1 : this.#encodeAt(tail, record, key)
    if (end < 0) {
      chunk = this.#encodeIntoFresh(record, key)
      end = chunk.position
      // #encodeIntoFresh leaves the record's end in `position`; committing it below sets it again.
      chunk.position = 0
    }
    let home = chunk as Chunk
    const start = home.position
    const recordBytes = end - start + headersLength
    if (recordBytes > this.#limits.maxRecordBytes) {
      if (home !== tail) this.#pool.giveBack(home)
      throw recordTooLarge(recordBytes, this.#limits.maxRecordBytes, partition)
    }
    const headersChargeBytes = headers === undefined ? 0 : headersLength + headersOverheadBytes
    if (headersChargeBytes > 0 && !this.#hasRoom(headersChargeBytes)) {
      if (home !== tail) this.#pool.giveBack(home)
      throw bufferFull(this.bufferedBytes, this.#limits.maxBufferedBytes)
    }
    const wireBytes = recordBytes + recordOverheadBytes
    const open = lane.open
    if (
      open !== undefined &&
      (open.bytes + wireBytes > this.#limits.batchBytes || open.count >= this.#limits.batchRecords)
    ) {
      if (home === tail) {
        const moved = this.#takeChunk(headersChargeBytes)
        home.bytes.copy(moved.bytes, 0, start, end)
        home = moved
        end -= start
      }
      this.#close(lane)
    }
    home.commit(key === undefined ? -1 : key.length, end, timestampMs)
    lane.open ??= new Batch<C>(partition, this.#nowMs())
    const batch = lane.open
    batch.add(home, wireBytes, headers, headersChargeBytes)
    this.#pool.charge(headersChargeBytes)
    return batch
  }

  /** The next batch that may be sent; it counts as in flight until `settle`. Partitions take turns. */
  takeReady(): Batch<C> | undefined {
    const lane = this.#readyLanes.shift()
    if (lane === undefined) return undefined
    lane.isReady = false
    const batch = lane.queue.shift()
    if (batch === undefined) return undefined
    lane.inFlight.add(batch)
    this.#markReady(lane)
    return batch
  }

  /** Ends a batch that was in flight and frees its memory, for reuse only if no record of it failed. */
  settle(batch: Batch<C>, allDelivered: boolean): void {
    const lane = this.#lane(batch.partition)
    lane.inFlight.delete(batch)
    this.#release(batch, allDelivered)
    this.#closeIfDue(lane, this.#nowMs())
    this.#markReady(lane)
  }

  /** Closes the batches whose linger is over. */
  advance(): void {
    const nowMs = this.#nowMs()
    for (const lane of this.#lanes.values()) this.#closeIfDue(lane, nowMs)
  }

  /** Closes every open batch now. */
  closeAll(): void {
    for (const lane of this.#lanes.values()) if (lane.open !== undefined) this.#close(lane)
  }

  /** When `advance` or `takeExpired` has something to do next; undefined when nothing waits for time to pass. */
  nextDeadlineMs(): number | undefined {
    let deadlineMs: number | undefined
    for (const { open, queue, inFlight } of this.#lanes.values()) {
      const oldest = queue[0] ?? open
      if (oldest === undefined) continue
      let laneMs = oldest.openedAtMs + this.#limits.deliveryTimeoutMs
      if (open !== undefined && this.#mayClose(queue, inFlight)) {
        laneMs = Math.min(laneMs, open.openedAtMs + this.#limits.lingerMs)
      }
      if (deadlineMs === undefined || laneMs < deadlineMs) deadlineMs = laneMs
    }
    return deadlineMs
  }

  /** Removes and returns the batches that got too old before they could be sent. Free them with `discard`. */
  takeExpired(): Batch<C>[] {
    const nowMs = this.#nowMs()
    return this.#takeUnsent((batch) => nowMs - batch.openedAtMs >= this.#limits.deliveryTimeoutMs)
  }

  /** Removes and returns everything that was not sent yet. Free it with `discard`. */
  takeAllUnsent(): Batch<C>[] {
    return this.#takeUnsent(() => true)
  }

  discard(batch: Batch<C>): void {
    this.#release(batch, false)
  }

  /** Every batch that is not settled: open, queued or in flight. */
  outstanding(): Batch<C>[] {
    return [...this.#lanes.values()].flatMap(({ open, queue, inFlight }) => [
      ...inFlight,
      ...queue,
      ...(open === undefined ? [] : [open]),
    ])
  }

  #lane(partition: number): Lane<C> {
    return this.#lanes.get(partition) as Lane<C>
  }

  #encodeAt(chunk: Chunk, record: T, key: Uint8Array | undefined): number {
    let position = chunk.position
    if (key !== undefined) {
      if (position + key.length > chunk.bytes.length) return -1
      chunk.bytes.set(key, position)
      position += key.length
    }
    return this.#encoder.encodeInto(record, chunk.bytes, position)
  }

  /** A new chunk with the record encoded at its start and `position` behind it. */
  #encodeIntoFresh(record: T, key: Uint8Array | undefined): Chunk {
    const chunk = this.#takeChunk()
    let end: number
    try {
      end = this.#encodeAt(chunk, record, key)
    } catch (error) {
      this.#pool.giveBack(chunk)
      throw error
    }
    if (end >= 0) {
      chunk.position = end
      return chunk
    }
    this.#pool.giveBack(chunk)
    const value = this.#encoder.encode(record)
    const keyLength = key === undefined ? 0 : key.length
    const recordBytes = keyLength + value.length
    if (recordBytes > this.#limits.maxRecordBytes)
      throw recordTooLarge(recordBytes, this.#limits.maxRecordBytes)
    this.#requireRoom(this.#pool.dedicatedChargeBytes(recordBytes))
    const dedicated = this.#pool.takeDedicated(recordBytes)
    if (key !== undefined) dedicated.bytes.set(key, 0)
    dedicated.bytes.set(value, keyLength)
    dedicated.position = recordBytes
    return dedicated
  }

  /** @param besidesBytes what has to have room together with the chunk */
  #takeChunk(besidesBytes = 0): Chunk {
    this.#requireRoom(this.#pool.chunkChargeBytes + besidesBytes)
    return this.#pool.take()
  }

  #hasRoom(bytes: number): boolean {
    return this.bufferedBytes + bytes <= this.#limits.maxBufferedBytes
  }

  #requireRoom(bytes: number): void {
    if (!this.#hasRoom(bytes)) throw bufferFull(this.bufferedBytes, this.#limits.maxBufferedBytes)
  }

  #close(lane: Lane<C>): void {
    lane.queue.push(lane.open as Batch<C>)
    lane.open = undefined
    this.#markReady(lane)
    this.#onBatchClosed(lane.partition)
  }

  #closeIfDue(lane: Lane<C>, nowMs: number): void {
    if (lane.open === undefined || !this.#mayClose(lane.queue, lane.inFlight)) return
    if (nowMs - lane.open.openedAtMs >= this.#limits.lingerMs) this.#close(lane)
  }

  #mayClose(queue: readonly Batch<C>[], inFlight: ReadonlySet<Batch<C>>): boolean {
    return queue.length === 0 && inFlight.size < this.#limits.maxInFlightBatchesPerPartition
  }

  #markReady(lane: Lane<C>): void {
    if (lane.isReady || lane.queue.length === 0) return
    if (lane.inFlight.size >= this.#limits.maxInFlightBatchesPerPartition) return
    lane.isReady = true
    this.#readyLanes.push(lane)
  }

  #takeUnsent(matches: (batch: Batch<C>) => boolean): Batch<C>[] {
    const taken: Batch<C>[] = []
    for (const lane of this.#lanes.values()) {
      while (lane.queue[0] !== undefined && matches(lane.queue[0])) taken.push(lane.queue.shift() as Batch<C>)
      if (lane.queue.length === 0 && lane.open !== undefined && matches(lane.open)) {
        taken.push(lane.open)
        lane.open = undefined
        this.#onBatchClosed(lane.partition)
      }
      if (lane.isReady && lane.queue.length === 0) {
        lane.isReady = false
        this.#readyLanes.splice(this.#readyLanes.indexOf(lane), 1)
      }
    }
    return taken
  }

  #release(batch: Batch<C>, reuse: boolean): void {
    for (const chunk of batch.chunks) this.#pool.giveBack(chunk, reuse)
    this.#pool.discharge(batch.headersChargeBytes)
  }
}
