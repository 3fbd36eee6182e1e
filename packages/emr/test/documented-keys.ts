// Every setting that may be recommended, and since when there is one: read in the libraries (Spark 3.5.7 and 4.1.1, Iceberg's
// TableProperties of 1.4.0 to 1.11.0). The integration test asks Spark 3.5.7 and Iceberg 1.10.1 themselves.
export interface DocumentedKey {
  readonly since?: string
  /** The first version that has it under another name only. */
  readonly until?: string
}

export const documentedKeys: Readonly<Record<string, Readonly<Record<string, DocumentedKey>>>> = {
  query: { processingTime: {} },
  source: { maxOffsetsPerTrigger: {}, minPartitions: {}, 'kafka.max.poll.records': {} },
  spark: {
    'spark.driver.cores': {},
    'spark.driver.memory': {},
    'spark.driver.memoryOverhead': {},
    'spark.executor.cores': {},
    'spark.executor.memory': {},
    'spark.executor.memoryOverhead': {},
    'spark.executor.failuresValidityInterval': { since: '3.5.0' },
    'spark.dynamicAllocation.enabled': {},
    'spark.dynamicAllocation.executorAllocationRatio': {},
    'spark.dynamicAllocation.executorIdleTimeout': {},
    'spark.dynamicAllocation.initialExecutors': {},
    'spark.dynamicAllocation.maxExecutors': {},
    'spark.dynamicAllocation.minExecutors': {},
    'spark.dynamicAllocation.shuffleTracking.enabled': {},
    'spark.kafka.consumer.cache.capacity': {},
    'spark.kafka.consumer.cache.timeout': {},
    'spark.kafka.consumer.fetchedData.cache.timeout': {},
    'spark.sql.adaptive.streaming.stateless.enabled': { since: '4.1.0' },
    'spark.sql.shuffle.partitions': {},
    'spark.yarn.am.attemptFailuresValidityInterval': {},
    'spark.yarn.executor.failuresValidityInterval': { until: '3.5.0' },
  },
  table: {
    'commit.retry.num-retries': {},
    'write.delete.granularity': { since: '1.5.0' },
    'write.delete.mode': {},
    'write.distribution-mode': {},
    'write.format.default': {},
    'write.merge.mode': {},
    'write.metadata.delete-after-commit.enabled': {},
    'write.metadata.previous-versions-max': {},
    'write.parquet.compression-codec': {},
    'write.parquet.dict-size-bytes': {},
    'write.spark.fanout.enabled': {},
    'write.target-file-size-bytes': {},
    'write.update.mode': {},
  },
}
