import type { ProduceRecord } from '@tidewater/core'
import { Batch } from './batch.js'
import type { EncodedBatch } from './encoded-batch.js'
import { preEncoded } from './pre-encoded.js'
import { headersBytes, readRecords, recordOverheadBytes } from './record-format.js'

/** Encodes records whose values are bytes already. */
export function encodeRecords(
  topic: string,
  partition: number,
  records: readonly ProduceRecord[],
  nowMs: number,
): EncodedBatch {
  let bytes = 0
  for (const { value, key, headers } of records) {
    // Once more than a record takes: what is around the value has to fit behind wherever the value ends.
    bytes += 2 * recordOverheadBytes + (value?.length ?? 0) + (key?.length ?? 0)
    bytes += headers === undefined ? 0 : 2 * headersBytes(headers)
  }
  const batch = new Batch(partition, 0, { memory: Buffer.allocUnsafeSlow(bytes), pooled: false })
  for (const { value, key, headers, timestampMs } of records) {
    batch.commit(batch.encode(preEncoded, value, key ?? undefined, headers, timestampMs ?? nowMs))
  }
  return batch.encoded(topic)
}

/** The two halves of a batch of at least two records. */
export function halvesOf(batch: EncodedBatch): [EncodedBatch, EncodedBatch] {
  const { topic, partition, recordCount, baseTimestampMs, records } = batch
  const views = [...readRecords(records, recordCount, baseTimestampMs)]
  const middle = Math.ceil(recordCount / 2)
  const firstHalf = views.slice(0, middle)
  // The first half's records stay as they are; those of the second count from their own first record.
  const first: EncodedBatch = {
    ...batch,
    recordCount: middle,
    // Not by Math.max(...): a batch can have more records than a call takes arguments.
    maxTimestampMs: firstHalf.reduce((max, { timestampMs }) => Math.max(max, timestampMs), 0),
    records: records.subarray(0, firstHalf.at(-1)?.end),
  }
  return [first, encodeRecords(topic, partition, views.slice(middle), baseTimestampMs)]
}
