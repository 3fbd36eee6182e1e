import type { Release } from '../releases.js'
import type { Parallelism } from '../size/parallelism.js'
import { type Source, sources } from '../sources.js'
import type { CommonOptions } from './options.js'
import type { TunedEntry } from './tuned-conf.js'

/**
 * Settings of executors and driver, and of how many there are.
 *
 * @param idleSeconds how long an executor of a stream may have nothing to do between two micro-batches; undefined for a batch
 */
export function allocationEntries(
  options: CommonOptions,
  release: Release,
  parallelism: Parallelism,
  idleSeconds: number | undefined,
): TunedEntry[] {
  const { executors, driver, target } = options
  const sized = (key: string, value: number | string) =>
    one(key, value, 'from the sizing', sources.expectation)
  return [
    sized('spark.executor.cores', executors.cores),
    sized('spark.executor.memory', `${executors.memoryMb}m`),
    sized('spark.executor.memoryOverhead', `${executors.memoryOverheadMb}m`),
    sized('spark.driver.cores', driver.cores),
    sized('spark.driver.memory', `${driver.memoryMb}m`),
    sized('spark.driver.memoryOverhead', `${driver.memoryOverheadMb}m`),
    one(
      'spark.dynamicAllocation.enabled',
      'true',
      'on in EMR already; said here, because what follows depends on it',
      sources.runBook,
    ),
    one(
      'spark.dynamicAllocation.maxExecutors',
      executors.max,
      `${executors.max * executors.cores} cores for ${options.partitions} partitions; without a limit a backlog would take all there is`,
      sources.runBook,
    ),
    ...(idleSeconds === undefined
      ? [
          one(
            'spark.dynamicAllocation.initialExecutors',
            executors.max,
            'there is work for all of them from the start',
            sources.expectation,
          ),
        ]
      : streamEntries(options, parallelism, idleSeconds)),
    // Without one, a shuffle's files live on the executors: they may only go when nobody needs them any more.
    ...(target === 'eks'
      ? [
          one(
            'spark.dynamicAllocation.shuffleTracking.enabled',
            'true',
            'Kubernetes has no external shuffle service',
            sources.sparkConf,
          ),
        ]
      : []),
    ...shuffleEntries(parallelism.cores, release),
    ...(target === 'ec2' ? yarnEntries(release) : []),
  ]
}

function streamEntries(
  { executors }: CommonOptions,
  parallelism: Parallelism,
  idleSeconds: number,
): TunedEntry[] {
  const isHalf = parallelism.executors < executors.max
  const min = isHalf ? executors.min : executors.max
  return [
    one(
      'spark.dynamicAllocation.minExecutors',
      min,
      isHalf
        ? 'enough for the steady load, so that a quiet minute costs no start'
        : 'the steady load needs more than half of them, so all stay: some more would only idle in a second round of tasks',
      sources.expectation,
    ),
    one(
      'spark.dynamicAllocation.initialExecutors',
      min,
      'the first micro-batch finds them ready',
      sources.expectation,
    ),
    one(
      'spark.dynamicAllocation.executorIdleTimeout',
      `${Math.max(120, 2 * idleSeconds + 60)}s`,
      `longer than the ${idleSeconds} s between two micro-batches; with Spark's 60 s executors come and go`,
      sources.runBook,
    ),
    ...(isHalf ? [ratioEntry(parallelism.executors)] : []),
  ]
}

function ratioEntry(executors: number): TunedEntry {
  return one(
    'spark.dynamicAllocation.executorAllocationRatio',
    '0.5',
    `Spark asks for a core for each short task; with the run book's 0.5, ${executors} executors work, and a core takes two tasks. With its 0.7 cores would idle in the second round; 1 catches up fastest`,
    sources.runBook,
  )
}

function one(key: string, value: number | string, reason: string, source: Source): TunedEntry {
  return { scope: 'spark', key, value: String(value), reason, source }
}

function shuffleEntries(cores: number, { gates }: Release): TunedEntry[] {
  const adaptive = gates.adaptiveStreaming
    ? 'adaptive execution joins small ones'
    : 'adaptive execution is off in streams before Spark 4.1, so it has to be right by itself'
  return [
    one(
      'spark.sql.shuffle.partitions',
      cores,
      `one for each core, if anything shuffles at all; ${adaptive}. The checkpoint keeps the value of its first run`,
      gates.adaptiveStreaming ? sources.adaptiveStreaming : sources.sparkConf,
    ),
    ...(gates.adaptiveStreaming
      ? [
          one(
            'spark.sql.adaptive.streaming.stateless.enabled',
            'true',
            'the job keeps no state, so its shuffles may adapt; Spark 4.1 and later',
            sources.adaptiveStreaming,
          ),
        ]
      : []),
  ]
}

// A job runs for months: failures that lie a week apart have nothing to do with each other, but count together otherwise.
function yarnEntries({ gates }: Release): TunedEntry[] {
  const executorFailures = gates.executorFailuresInterval
    ? 'spark.executor.failuresValidityInterval'
    : 'spark.yarn.executor.failuresValidityInterval'
  return [
    one(
      'spark.yarn.am.attemptFailuresValidityInterval',
      '1h',
      "a driver's failures count for an hour only; otherwise those of months add up to YARN's limit",
      sources.sparkYarn,
    ),
    one(executorFailures, '1h', "the same for executors' failures", sources.sparkYarn),
  ]
}
