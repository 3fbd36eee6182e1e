import type { JobDecoding, SparkJob } from './job-document.gen.js'
import { validateJob } from './validate.js'

/** A streaming job as a program states it: the document's fields, with the Avro schema as `avroSchema` returns it. */
export interface JobDefinition extends Omit<SparkJob, 'version' | 'decoding'> {
  /** The schema the records are written with; an `AvroSchema` from `@tidewater/core` fits. */
  readonly schema: { readonly definition: object }
  readonly decoding?: Omit<JobDecoding, 'schema'>
}

/**
 * Makes the JSON document that drives `tidewater_spark.kafka_to_iceberg`, complete with defaults.
 *
 * @throws TidewaterError `JOB_INVALID` naming each wrong field.
 */
export function defineJob(definition: JobDefinition): SparkJob {
  const { schema, decoding, ...fields } = definition
  return validateJob({ version: 1, ...fields, decoding: { ...decoding, schema: schema.definition } })
}
