import type { BatchReport, DriverProducer } from '@tidewater/core'

/** Records of one partition as they go on the wire, before compression. */
export interface EncodedBatch {
  readonly topic: string
  readonly partition: number
  readonly recordCount: number
  /** Timestamp of the first record, which those of the others are relative to. */
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  /** The records of a record batch (magic 2), without its header. Not written to until the batch has an outcome. */
  readonly records: Buffer
}

/** A driver's producer that takes batches as they go on the wire. */
export interface EncodedBatchSender extends DriverProducer {
  /** As `send`. The batch's memory is read until the report is there. */
  sendEncoded(batch: EncodedBatch): Promise<BatchReport>
}
