// Step 7 of the run book: the Spark job that reads the topic and writes the Iceberg table.
import { runJob } from '@tidewater/testkit'
import { job, spark } from './netflow.js'

const outcome = await runJob(job, {
  ...spark,
  onBatch: (batch) =>
    console.log(`micro-batch ${batch.batchId}: ${batch.inputRows} records in ${batch.durationMs} ms`),
})
console.log(`${outcome.inputRows} records in ${outcome.batches} micro-batches (${outcome.reason})`)
