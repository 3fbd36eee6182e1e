import { documentValidator } from '@tidewater/core/documents'
import schema from '@tidewater/spark/job.schema.json' with { type: 'json' }
import type { SparkJob } from './job-document.gen.js'

/**
 * Validates a job document against `spark/job.schema.json`, the same file the Python side reads, and returns a copy
 * with the schema's defaults filled in.
 *
 * @throws TidewaterError `JOB_INVALID` naming each wrong field, its value and what is allowed.
 */
export const validateJob: (document: unknown) => SparkJob = documentValidator<SparkJob>(
  schema,
  'Spark job',
  'JOB_INVALID',
)
