import type { SparkJob } from '../job/job-document.gen.js'

/** A job document as it was written, before defaults are filled in. */
type WrittenJob = Pick<SparkJob, 'source' | 'table'>

/** What a job document states itself of what is tuned: as overrides, so that the tuning doesn't change it unasked. */
export function jobOverrides({ source, table }: WrittenJob): Record<string, string> {
  const stated = {
    maxOffsetsPerTrigger: source.maxOffsetsPerTrigger,
    minPartitions: source.minPartitions,
    failOnDataLoss: source.failOnDataLoss,
    ...source.kafkaOptions,
    'write.distribution-mode': table.distributionMode,
    'write.spark.fanout.enabled': table.fanout,
    ...table.properties,
  }
  return Object.fromEntries(
    Object.entries(stated)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  )
}
