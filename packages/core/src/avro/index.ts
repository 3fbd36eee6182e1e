export { type AvroCodec, type AvroCodecOptions, avroCodec } from './codec.js'
export { type IcebergColumn, icebergColumns } from './columns.js'
export { type AvroDecoder, avroDecoder } from './decode.js'
export type {
  AvroDefinition,
  ComplexDefinition as AvroComplexDefinition,
  FieldDefinition as AvroFieldDefinition,
  RecordDefinition as AvroRecordDefinition,
} from './definition.js'
export type { InferAvro, InferAvroInput } from './infer.js'
export type { AvroDuration } from './infer-logical.js'
export {
  type AvroSchema,
  type AvroSchemaOptions,
  avroSchema,
  type CheckedSchema,
  type RecordInputOf,
  type RecordOf,
} from './schema.js'
