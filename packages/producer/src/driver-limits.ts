import type { DriverName } from '@tidewater/core'

/** Who speaks to Kafka where nobody says otherwise. */
export const defaultDriver: DriverName = 'native'

interface DriverLimits {
  /** Most batches of one partition at a time with which the library keeps them in order and unduplicated. */
  readonly maxInFlightBatchesPerPartition: number
  /** Default of `maxInFlightBatchesPerPartition`. */
  readonly inFlightBatchesPerPartition: number
  /** Default of `batchRecords`: larger ones cost memory and gain no speed. */
  readonly batchRecords: number
}

/** The drivers there are and how the producer has to treat each. */
export const driverLimits: Readonly<Record<DriverName, DriverLimits>> = {
  native: {
    // A broker remembers the last five batches of an idempotent producer.
    maxInFlightBatchesPerPartition: 5,
    inFlightBatchesPerPartition: 5,
    batchRecords: 1_000_000,
  },
  kafkajs: {
    // Its sequence numbers go back when a request fails, and a second request may then take the first one's: the broker
    // would drop that as a duplicate.
    maxInFlightBatchesPerPartition: 1,
    inFlightBatchesPerPartition: 1,
    // It builds some kilobytes of objects and buffers per record: what lives until a long batch is through survives the
    // collector's young generation. Measured over 5 million records: 203 MB at most with 500, 246 MB with 1,000.
    batchRecords: 500,
  },
  confluent: {
    // librdkafka's max.in.flight.requests.per.connection under idempotence.
    maxInFlightBatchesPerPartition: 5,
    inFlightBatchesPerPartition: 1,
    batchRecords: 2_000,
  },
}
