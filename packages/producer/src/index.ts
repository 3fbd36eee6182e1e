export type { PartitionChoice, Partitioner } from './batch/partitioner.js'
export type { RecordHeaders } from './batch/record-format.js'
export { createProducer } from './create-producer.js'
export type { PartitionStats, ProducerStats } from './delivery/delivery-counts.js'
export {
  type Delivery,
  type PartitionFailure,
  SendFailedError,
  type SendFailure,
} from './delivery/failure.js'
export type { DeliveryReport, RecordRejection, UndeliveredRecords } from './delivery/hooks.js'
export { defaultDriver } from './driver-limits.js'
export type { ProducerOptions } from './options.js'
export type { AvroProducer } from './producer.js'
export { type ConfluentRegistryOptions, confluentRegistry } from './registry/confluent-registry.js'
export type { RecordFraming, SchemaRegistry } from './registry/framing.js'
export { type GlueRegistryOptions, glueRegistry } from './registry/glue-registry.js'
export { type ReadFraming, readFraming } from './registry/read-framing.js'
export type { WritableRecord, WriteOptions } from './write-options.js'
