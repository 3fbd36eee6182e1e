import type { Parallelism } from '../size/parallelism.js'
import { coreRate } from '../size/rate.js'
import { sources } from '../sources.js'
import type { CommonOptions } from './options.js'
import type { TunedEntry } from './tuned-conf.js'

// Spark's own, `spark.kafka.consumer.cache.capacity`, and the five minutes after which an idle consumer is closed.
const defaultCachedConsumers = 64
const consumerTimeoutSeconds = 300

/**
 * Settings of the Kafka source.
 *
 * @param batchSeconds about how long a full micro-batch may take
 * @param idleSeconds how long a consumer of a stream may have nothing to do between two micro-batches; undefined for a batch
 */
export function kafkaSourceEntries(
  options: CommonOptions,
  { cores, tasks }: Parallelism,
  batchSeconds: number,
  idleSeconds: number | undefined,
): TunedEntry[] {
  const { partitions } = options
  const perCore = coreRate(options).recordsPerSecond
  const entries: TunedEntry[] = [
    {
      scope: 'source',
      key: 'maxOffsetsPerTrigger',
      value: String(Math.max(partitions, roundDown(cores * perCore * batchSeconds))),
      reason: `what ${cores} cores work off in ${batchSeconds} s at ${perCore} records a second each: ${idleSeconds === undefined ? 'what a failure repeats at most' : 'after an outage a micro-batch stays as short as any other'}`,
      source: sources.runBook,
    },
    {
      scope: 'source',
      key: 'kafka.max.poll.records',
      value: '20000',
      reason:
        'the source asks for the offset range after each poll; with the default of 500 that is most of its time',
      source: sources.pollSize,
    },
  ]
  if (tasks !== partitions) {
    entries.push({
      scope: 'source',
      key: 'minPartitions',
      value: String(tasks),
      reason: `a multiple of ${cores} cores, so that none waits for the last ones of ${partitions} partitions; a hint, and the executors then read any partition, each through a connection of its own`,
      source: sources.lastWave,
    })
  }
  if (partitions > defaultCachedConsumers) {
    entries.push({
      scope: 'spark',
      key: 'spark.kafka.consumer.cache.capacity',
      value: String(partitions),
      reason: `an executor may read any of ${partitions} partitions; a consumer that is pushed out connects anew, with TLS and IAM`,
      source: sources.emrBestPractices,
    })
  }
  if (idleSeconds !== undefined && idleSeconds >= consumerTimeoutSeconds) {
    for (const key of [
      'spark.kafka.consumer.cache.timeout',
      'spark.kafka.consumer.fetchedData.cache.timeout',
    ]) {
      entries.push({
        scope: 'spark',
        key,
        value: `${2 * idleSeconds}s`,
        reason: `a consumer idles for up to ${idleSeconds} s between two micro-batches, and is closed after ${consumerTimeoutSeconds} s otherwise`,
        source: sources.sparkKafka,
      })
    }
  }
  return entries
}

function roundDown(records: number): number {
  return records < 10_000 ? Math.floor(records) : Math.floor(records / 1_000) * 1_000
}
