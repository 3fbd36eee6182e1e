import { partitionNotFound } from '@tidewater/core/drivers'
import type { WritableRecord } from '../write-options.js'
import { murmur2 } from './murmur2.js'

/** What a custom partitioner decides from. */
export interface PartitionChoice<T> {
  readonly topic: string
  readonly record: WritableRecord<T>
  /** The key's bytes; undefined without a key. */
  readonly key: Uint8Array | undefined
  /** The topic's partition ids, ascending. */
  readonly partitions: readonly number[]
}

/** Returns the partition's id, or undefined to leave the choice to the default (murmur2 with a key, sticky without). */
export type Partitioner<T> = (choice: PartitionChoice<T>) => number | undefined

/** The partition Java's default partitioner gives a key: the hash with its sign bit cleared, modulo the count. */
export function partitionOfKey(key: Uint8Array, partitions: readonly number[]): number {
  return partitions[(murmur2(key) & 0x7fffffff) % partitions.length] as number
}

/**
 * Where records without a key go: all of them to one partition until its batch is closed, then to the next (KIP-480),
 * so that batches fill instead of every partition holding a sliver.
 *
 * The next one is the partition with the fewest batches unsettled, in ring order: one whose leader is away would
 * otherwise collect records until the buffer is full and stop the healthy ones too (KIP-794).
 */
export class StickyPartitioner {
  readonly #partitions: readonly number[]
  #index: number

  /** @param random a number in [0, 1): where to start, so that producers started together don't move in step */
  constructor(partitions: readonly number[], random: number) {
    this.#partitions = partitions
    this.#index = Math.floor(random * partitions.length)
  }

  get current(): number {
    return this.#partitions[this.#index] as number
  }

  /** Moves on when the current partition's batch was closed; other partitions' batches leave the choice alone. */
  batchClosed(partition: number, unsettledBatches: (partition: number) => number): void {
    if (partition !== this.current) return
    const count = this.#partitions.length
    let best = this.#index
    let fewest = Number.POSITIVE_INFINITY
    for (let step = 1; step <= count; step++) {
      const index = (this.#index + step) % count
      const unsettled = unsettledBatches(this.#partitions[index] as number)
      if (unsettled < fewest) {
        best = index
        fewest = unsettled
        if (unsettled === 0) break
      }
    }
    this.#index = best
  }
}

/** @throws TidewaterError `PARTITION_NOT_FOUND` naming the partition and what the topic has. */
export function requirePartition(topic: string, partition: number, partitions: readonly number[]): number {
  if (partitions[partition] === partition || partitions.includes(partition)) return partition
  throw partitionNotFound(topic, partition, partitions)
}
