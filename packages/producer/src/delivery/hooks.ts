import type { ProduceRecord, TidewaterError } from '@tidewater/core'
import type { WritableRecord, WriteOptions } from '../write-options.js'

/** A run of records of one partition that was acknowledged. */
export interface DeliveryReport {
  readonly topic: string
  readonly partition: number
  /** Offset of the first; the others follow without gap. -1n with `acks: 'none'`. */
  readonly baseOffset: bigint
  readonly recordCount: number
  /** Keys' and values' bytes. */
  readonly bytes: number
  /**
   * The records may be in the log a second time: after an attempt without an answer they were sent again without a
   * sequence number, or under another one, so that the broker could not see a repetition. Of a broker that has lost the
   * number under which they are sent again, as after an unclean election, nobody can tell. Said by the native driver only.
   * Default false.
   */
  readonly mayBeRepeated?: boolean
}

/** A run of records of one partition that was not delivered. */
export interface UndeliveredRecords {
  readonly topic: string
  readonly partition: number
  readonly error: TidewaterError
  /** The records as they would have been sent: encoded value, key, headers, timestamp. They are the receiver's to keep. */
  readonly records: readonly ProduceRecord[]
}

/** A record that `write` refused; nothing of it was buffered. */
export interface RecordRejection<T> {
  readonly topic: string
  readonly record: WritableRecord<T>
  readonly options: WriteOptions | undefined
  /** `RECORD_INVALID` or `RECORD_TOO_LARGE`. */
  readonly error: TidewaterError
}
