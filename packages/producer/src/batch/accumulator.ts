import { Batch, type RecordEncoder } from './batch.js'
import { headersBytes, type RecordHeaders } from './record-format.js'
import { bufferFull, recordTooLarge } from './rejections.js'
import { SlabPool } from './slab.js'

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

interface Lane<C> {
  readonly partition: number
  open: Batch<C> | undefined
  /** Closed batches, oldest first. */
  readonly queue: Batch<C>[]
  readonly handedOver: Set<Batch<C>>
  isReady: boolean
  /** Bytes of the batch closed last: what the next will want. */
  lastRecordsBytes: number
}

export interface Encoders<T> {
  readonly record: RecordEncoder<T>
  /** Of values that are encoded already. */
  readonly encoded: RecordEncoder<Uint8Array>
}

/**
 * Where records wait for their batch. Pure: the clock is an argument, and what to do about a batch is the caller's business.
 *
 * A partition's batches leave in the order they were opened. A batch is closed when it is full, or when it or another
 * partition's is `lingerMs` old and its partition may send: while it may not, the batch goes on filling, so batches grow
 * as the load does.
 */
export class Accumulator<T, C = unknown> {
  readonly #lanes = new Map<number, Lane<C>>()
  readonly #readyLanes: Lane<C>[] = []
  readonly #pool: SlabPool
  readonly #encoders: Encoders<T>
  readonly #limits: AccumulatorLimits
  readonly #nowMs: () => number
  readonly #stickyPartition: () => number
  readonly #onBatchClosed: (partition: number) => void

  /**
   * @param nowMs a clock that never goes back, in milliseconds; read once per batch, not per record
   * @param stickyPartition where a record goes that any partition may have
   */
  constructor(
    partitions: readonly number[],
    encoders: Encoders<T>,
    limits: AccumulatorLimits,
    nowMs: () => number,
    stickyPartition: () => number,
    onBatchClosed: (partition: number) => void = () => {},
  ) {
    this.#encoders = encoders
    this.#limits = limits
    this.#nowMs = nowMs
    this.#stickyPartition = stickyPartition
    this.#onBatchClosed = onBatchClosed
    this.#pool = new SlabPool(limits.batchBytes)
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
        handedOver: new Set(),
        isReady: false,
        lastRecordsBytes: 0,
      })
    }
  }

  /** Batches of a partition that are closed and not settled. */
  unsettledBatches(partition: number): number {
    const lane = this.#lane(partition)
    return lane.queue.length + lane.handedOver.size
  }

  /** Records of a partition that are not settled. */
  outstandingRecords(partition: number): number {
    const { open, queue, handedOver } = this.#lane(partition)
    let count = open?.count ?? 0
    for (const batch of queue) count += batch.count
    for (const batch of handedOver) count += batch.count
    return count
  }

  /**
   * Encodes the record into its partition's open batch, which is returned.
   *
   * @param partition undefined: the sticky one, which moves on when the batch is full
   * @param record bytes are a value that is encoded already, null is a tombstone
   * @throws what the encoder throws, `RECORD_TOO_LARGE`, or the error of a full buffer: nothing of the record is kept.
   */
  append(
    partition: number | undefined,
    record: T | Uint8Array | null,
    key: Uint8Array | undefined,
    headers: RecordHeaders | undefined,
    timestampMs: number,
  ): Batch<C> {
    const { batchBytes, batchRecords, maxRecordBytes } = this.#limits
    for (;;) {
      const lane = this.#lane(partition ?? this.#stickyPartition())
      if (lane.open !== undefined && lane.open.count >= batchRecords) {
        this.#close(lane)
        continue
      }
      lane.open ??= this.#open(lane)
      const batch = lane.open
      try {
        const end =
          record instanceof Uint8Array
            ? batch.encode(this.#encoders.encoded, record, key, headers, timestampMs)
            : batch.encode(this.#encoders.record, record, key, headers, timestampMs)
        if (end >= 0) {
          const recordBytes = batch.lastPayloadBytes + batch.lastHeadersBytes
          if (recordBytes > maxRecordBytes) throw recordTooLarge(recordBytes, maxRecordBytes, lane.partition)
          if (end <= batchBytes || batch.count === 0) {
            batch.commit(end)
            return batch
          }
        } else if (batch.count === 0 || batch.slab.memory.length - end <= batchBytes) {
          this.#grow(batch, end, record, key, headers)
          continue
        }
      } catch (thrown) {
        if (batch.count === 0) this.#abandonEmpty(lane)
        throw thrown
      }
      // No room for it in a batch that has records: it opens the next.
      this.#close(lane)
    }
  }

  /** The next batch that may be sent; it counts as handed over until `settle`. Partitions take turns. */
  takeReady(): Batch<C> | undefined {
    const lane = this.#readyLanes.shift()
    if (lane === undefined) return undefined
    lane.isReady = false
    const batch = lane.queue.shift()
    if (batch === undefined) return undefined
    lane.handedOver.add(batch)
    this.#markReady(lane)
    return batch
  }

  /** Ends a batch that was handed over and frees its memory, for reuse only if no record of it failed. */
  settle(batch: Batch<C>, allDelivered: boolean): void {
    const lane = this.#lane(batch.partition)
    lane.handedOver.delete(batch)
    this.#release(batch, allDelivered)
    if (this.#isDue(lane, this.#nowMs())) this.#close(lane)
    this.#markReady(lane)
  }

  /**
   * When a batch's linger is over, closes it and every other that may leave: one request can take them all to a broker,
   * and Kafka's Java producer drains a broker's partitions the same way.
   *
   * @param toleranceMs or will be, so soon. Default 0
   */
  advance(toleranceMs = 0): void {
    const nowMs = this.#nowMs() + toleranceMs
    for (const lane of this.#lanes.values()) {
      if (!this.#isDue(lane, nowMs)) continue
      this.#closeAllThatMay()
      return
    }
  }

  #closeAllThatMay(): void {
    for (const lane of this.#lanes.values()) if (this.#mayClose(lane)) this.#close(lane)
  }

  /** Closes every open batch now. */
  closeAll(): void {
    for (const lane of this.#lanes.values()) if (lane.open !== undefined) this.#close(lane)
  }

  /** When `advance` or `takeExpired` has something to do next; undefined when nothing waits for time to pass. */
  nextDeadlineMs(): number | undefined {
    let deadlineMs: number | undefined
    for (const lane of this.#lanes.values()) {
      const oldest = lane.queue[0] ?? lane.open
      if (oldest === undefined) continue
      let laneMs = oldest.openedAtMs + this.#limits.deliveryTimeoutMs
      if (this.#mayClose(lane)) {
        laneMs = Math.min(laneMs, (lane.open as Batch<C>).openedAtMs + this.#limits.lingerMs)
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

  /** Every batch that is not settled: open, queued or handed over. */
  outstanding(): Batch<C>[] {
    return [...this.#lanes.values()].flatMap(({ open, queue, handedOver }) => [
      ...handedOver,
      ...queue,
      ...(open === undefined ? [] : [open]),
    ])
  }

  #lane(partition: number): Lane<C> {
    return this.#lanes.get(partition) as Lane<C>
  }

  #open(lane: Lane<C>): Batch<C> {
    const wantedBytes = this.#pool.sizeFor(lane.lastRecordsBytes)
    const bytes = this.#hasRoom(wantedBytes) ? wantedBytes : this.#pool.sizeFor(0)
    this.#requireRoom(bytes)
    return new Batch<C>(lane.partition, this.#nowMs(), this.#pool.take(bytes))
  }

  /** Moves the batch to a slab with room for the record that missed `-end` bytes. */
  #grow(
    batch: Batch<C>,
    end: number,
    record: T | Uint8Array | null,
    key: Uint8Array | undefined,
    headers: RecordHeaders | undefined,
  ): void {
    const { maxRecordBytes } = this.#limits
    const neededBytes = batch.slab.memory.length - end
    // Before memory is taken for it. What an encoder says is missing is a bound; only a record near the limit is encoded
    // on the side to know its size.
    if (neededBytes - batch.recordsBytes > maxRecordBytes) {
      const value = record === null ? 0 : this.#encodedBytes(record)
      const around = (key?.length ?? 0) + (headers === undefined ? 0 : headersBytes(headers))
      if (value + around > maxRecordBytes)
        throw recordTooLarge(value + around, maxRecordBytes, batch.partition)
    }
    const bytes = this.#pool.sizeFor(neededBytes)
    this.#requireRoom(bytes)
    this.#pool.giveBack(batch.moveTo(this.#pool.take(bytes)))
  }

  #encodedBytes(record: T | Uint8Array): number {
    const { encoded, record: encoder } = this.#encoders
    return record instanceof Uint8Array ? encoded.encode(record).length : encoder.encode(record).length
  }

  #abandonEmpty(lane: Lane<C>): void {
    this.#pool.giveBack((lane.open as Batch<C>).slab)
    lane.open = undefined
  }

  #hasRoom(bytes: number): boolean {
    return this.bufferedBytes + bytes <= this.#limits.maxBufferedBytes
  }

  #requireRoom(bytes: number): void {
    if (!this.#hasRoom(bytes)) throw bufferFull(this.bufferedBytes, this.#limits.maxBufferedBytes)
  }

  #close(lane: Lane<C>): void {
    const batch = lane.open as Batch<C>
    lane.lastRecordsBytes = batch.recordsBytes
    lane.queue.push(batch)
    lane.open = undefined
    this.#markReady(lane)
    this.#onBatchClosed(lane.partition)
  }

  #isDue(lane: Lane<C>, nowMs: number): boolean {
    return this.#mayClose(lane) && nowMs - (lane.open as Batch<C>).openedAtMs >= this.#limits.lingerMs
  }

  #mayClose({ open, queue, handedOver }: Lane<C>): boolean {
    return (
      open !== undefined &&
      queue.length === 0 &&
      handedOver.size < this.#limits.maxInFlightBatchesPerPartition
    )
  }

  #markReady(lane: Lane<C>): void {
    if (lane.isReady || lane.queue.length === 0) return
    if (lane.handedOver.size >= this.#limits.maxInFlightBatchesPerPartition) return
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
    this.#pool.giveBack(batch.slab, reuse)
  }
}
