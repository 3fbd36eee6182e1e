/** What one producer did to one partition. */
export interface PartitionStats {
  readonly partition: number
  readonly writtenRecords: number
  readonly deliveredRecords: number
  readonly failedRecords: number
  /** Lowest offset acknowledged to this producer; undefined before the first, and with `acks: 'none'`. */
  readonly minOffset: bigint | undefined
  /** Highest offset acknowledged to this producer. */
  readonly maxOffset: bigint | undefined
}

/**
 * A snapshot, consistent in itself: `writtenRecords` = `deliveredRecords` + `failedRecords` + `outstandingRecords`, for
 * each partition and in all.
 */
export interface ProducerStats {
  /** Records accepted by `write` and `send`. */
  readonly writtenRecords: number
  readonly deliveredRecords: number
  readonly failedRecords: number
  /** Records without an outcome yet. */
  readonly outstandingRecords: number
  /** Records that `write` handed to `deadLetter`: they were never accepted. */
  readonly deadLetteredRecords: number
  /** Keys' and values' bytes of the delivered records. */
  readonly deliveredBytes: number
  /** Keys' and values' bytes of the failed records. */
  readonly failedBytes: number
  /** Memory the buffer holds now, bounded by `maxBufferedBytes`. */
  readonly bufferedBytes: number
  readonly peakBufferedBytes: number
  /** Batches handed to the driver. */
  readonly sentBatches: number
  readonly partitions: readonly PartitionStats[]
}

interface Account {
  delivered: number
  failed: number
  minOffset: bigint | undefined
  maxOffset: bigint | undefined
}

/** Counts records per partition. The exactly-once audit compares the table with these numbers. */
export class DeliveryCounts {
  readonly #accounts = new Map<number, Account>()
  deadLetteredRecords = 0
  deliveredBytes = 0
  failedBytes = 0
  sentBatches = 0

  constructor(partitions: readonly number[]) {
    this.addPartitions(partitions)
  }

  addPartitions(partitions: readonly number[]): void {
    for (const partition of partitions) {
      if (this.#accounts.has(partition)) continue
      this.#accounts.set(partition, {
        delivered: 0,
        failed: 0,
        minOffset: undefined,
        maxOffset: undefined,
      })
    }
  }

  delivered(partition: number, count: number, baseOffset: bigint | undefined, bytes: number): void {
    const account = this.#account(partition)
    account.delivered += count
    this.deliveredBytes += bytes
    if (baseOffset === undefined) return
    const last = baseOffset + BigInt(count - 1)
    if (account.minOffset === undefined || baseOffset < account.minOffset) account.minOffset = baseOffset
    if (account.maxOffset === undefined || last > account.maxOffset) account.maxOffset = last
  }

  failed(partition: number, count: number, bytes: number): void {
    this.#account(partition).failed += count
    this.failedBytes += bytes
  }

  /** Written are the records with an outcome and the outstanding ones: nothing is counted for each record. */
  snapshot(buffer: {
    readonly bufferedBytes: number
    readonly peakBufferedBytes: number
    outstandingRecords(partition: number): number
  }): ProducerStats {
    const accounts = [...this.#accounts]
      .sort(([a], [b]) => a - b)
      .map(([partition, account]) => ({
        ...account,
        partition,
        outstanding: buffer.outstandingRecords(partition),
      }))
    const sum = (pick: (account: Account & { outstanding: number }) => number) =>
      accounts.reduce((total, account) => total + pick(account), 0)
    const deliveredRecords = sum((account) => account.delivered)
    const failedRecords = sum((account) => account.failed)
    const outstandingRecords = sum((account) => account.outstanding)
    return {
      writtenRecords: deliveredRecords + failedRecords + outstandingRecords,
      deliveredRecords,
      failedRecords,
      outstandingRecords,
      deadLetteredRecords: this.deadLetteredRecords,
      deliveredBytes: this.deliveredBytes,
      failedBytes: this.failedBytes,
      bufferedBytes: buffer.bufferedBytes,
      peakBufferedBytes: buffer.peakBufferedBytes,
      sentBatches: this.sentBatches,
      partitions: accounts.map((account) => ({
        partition: account.partition,
        writtenRecords: account.delivered + account.failed + account.outstanding,
        deliveredRecords: account.delivered,
        failedRecords: account.failed,
        minOffset: account.minOffset,
        maxOffset: account.maxOffset,
      })),
    }
  }

  #account(partition: number): Account {
    return this.#accounts.get(partition) as Account
  }
}
