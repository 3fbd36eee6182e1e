import { Accumulator } from '../../src/batch/accumulator.js'
import type { Batch } from '../../src/batch/batch.js'
import { encodeRecords } from '../../src/batch/encode-records.js'
import type { EncodedBatch } from '../../src/batch/encoded-batch.js'
import { bytesEncoders } from '../bytes-encoder.js'
import type { WrittenRecord } from './arbitrary-records.js'

export const unbounded = {
  batchBytes: 1_000_000_000,
  batchRecords: 1_000_000,
  lingerMs: 0,
  maxInFlightBatchesPerPartition: 1,
  maxBufferedBytes: 1_000_000_000,
  maxRecordBytes: 100_000_000,
  deliveryTimeoutMs: 1_000,
}

/** One batch that grew through the slabs, as `write` makes it. */
export function grown(records: readonly WrittenRecord[]): Batch {
  const accumulator = new Accumulator<Uint8Array>(
    [3],
    bytesEncoders,
    unbounded,
    () => 0,
    () => 3,
  )
  for (const { value, key, headers, timestampMs } of records) {
    accumulator.append(3, value as Uint8Array | null, key ?? undefined, headers, timestampMs)
  }
  accumulator.closeAll()
  return accumulator.takeReady() as Batch
}

/** The two ways records become a batch: by `write`, and by `send` of what is encoded. */
export const ways: Readonly<Record<string, (records: readonly WrittenRecord[]) => EncodedBatch>> = {
  'a batch that grows': (records) => grown(records).encoded('flows'),
  'encoding at once': (records) => encodeRecords('flows', 3, records, 0),
}
