export type { RecordHeaders } from './batch/batch.js'
export type { PartitionChoice, Partitioner } from './batch/partitioner.js'
export { createProducer } from './create-producer.js'
export {
  type Delivery,
  type PartitionFailure,
  SendFailedError,
  type SendFailure,
} from './delivery/failure.js'
export type { DeliveryReport, RecordRejection, UndeliveredRecords } from './delivery/hooks.js'
export type { PartitionStats, ProducerStats } from './delivery/ledger.js'
export type { ProducerOptions } from './options.js'
export type { AvroProducer } from './producer.js'
export type { WriteOptions } from './write-options.js'
