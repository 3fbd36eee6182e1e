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
