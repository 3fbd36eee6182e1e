import { crc32c } from '@node-rs/crc32'
import type { EncodedBatch } from './encoded-batch.js'

/** Bytes of a record batch's header, magic 2: https://kafka.apache.org/documentation/#recordbatch */
export const recordBatchHeaderBytes = 61

/** Who wrote a batch, for the broker to tell a repetition from a new batch. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly epoch: number
}

export const noProducer: ProducerIdentity = { producerId: -1n, epoch: -1 }

export interface BatchSeal extends ProducerIdentity {
  /** Sequence number of the first record; -1 without a producer id. */
  readonly sequence: number
  /** The compression's number in the attributes: none 0, gzip 1, snappy 2, lz4 3, zstd 4. */
  readonly codec: number
  readonly isTransactional: boolean
}

const transactionalBit = 1 << 4
// Where the checksum begins to count, and what lies before it.
const attributesAt = 21
const crcAt = 17

/**
 * Writes the header of a record batch into `header` from byte `at` on.
 *
 * @param body the records as they are sent: compressed
 */
export function writeRecordBatchHeader(
  header: Buffer,
  at: number,
  batch: EncodedBatch,
  seal: BatchSeal,
  body: Uint8Array,
): void {
  header.writeBigInt64BE(0n, at)
  header.writeInt32BE(recordBatchHeaderBytes - 12 + body.length, at + 8)
  header.writeInt32BE(-1, at + 12)
  header[at + 16] = 2
  header.writeInt16BE(seal.codec | (seal.isTransactional ? transactionalBit : 0), at + attributesAt)
  header.writeInt32BE(batch.recordCount - 1, at + 23)
  header.writeBigInt64BE(BigInt(batch.baseTimestampMs), at + 27)
  header.writeBigInt64BE(BigInt(batch.maxTimestampMs), at + 35)
  header.writeBigInt64BE(seal.producerId, at + 43)
  header.writeInt16BE(seal.epoch, at + 51)
  header.writeInt32BE(seal.sequence, at + 53)
  header.writeInt32BE(batch.recordCount, at + 57)
  const ofHeader = crc32c(header.subarray(at + attributesAt, at + recordBatchHeaderBytes))
  header.writeUInt32BE(crc32c(body as Buffer, ofHeader), at + crcAt)
}
