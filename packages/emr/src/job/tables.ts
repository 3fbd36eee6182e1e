import type { SparkJob } from './job-document.gen.js'

/** A table as Spark SQL names it. */
export interface JobTableName {
  readonly catalog: string
  readonly namespace: string
  readonly name: string
}

/** The tables a job writes; no dead-letter table when the job fails on what it can't decode. */
export function jobTables(job: SparkJob): {
  readonly table: JobTableName
  readonly deadLetterTable?: JobTableName
} {
  const { catalog, namespace, name } = job.table
  const table = { catalog: catalog.name, namespace, name }
  if (job.decoding.onDecodeError === 'fail') return { table }
  const deadLetters = job.decoding.deadLetterTable ?? { namespace, name: `${name}_dead_letters` }
  return { table, deadLetterTable: { catalog: catalog.name, ...deadLetters } }
}
