import { documentValidator } from '@tidewater/core/documents'
import schema from '@tidewater/spark/job.schema.json' with { type: 'json' }
import type { SparkJob } from './job-document.gen.js'
import { jobTables } from './tables.js'

const validate = documentValidator<SparkJob>(schema, 'Spark job', 'JOB_INVALID')

/**
 * Validates a job document against `spark/job.schema.json`, the same file the Python side reads, and returns a copy
 * with every default filled in, those included that depend on other fields.
 *
 * @throws TidewaterError `JOB_INVALID` naming each wrong field, its value and what is allowed.
 */
export function validateJob(document: unknown): SparkJob {
  const job = validate(document)
  const { deadLetterTable } = jobTables(job)
  return {
    ...job,
    trigger: job.trigger.type === 'processingTime' ? { intervalSeconds: 60, ...job.trigger } : job.trigger,
    decoding:
      deadLetterTable === undefined
        ? job.decoding
        : {
            ...job.decoding,
            deadLetterTable: { namespace: deadLetterTable.namespace, name: deadLetterTable.name },
          },
  }
}
