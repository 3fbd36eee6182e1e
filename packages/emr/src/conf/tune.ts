import { parseConfig } from '@tidewater/core'
import { type Release, releaseOf } from '../releases.js'
import { batchParallelism, streamParallelism } from '../size/parallelism.js'
import { sources } from '../sources.js'
import { allocationEntries } from './allocation.js'
import { commonFindings, conflictFindings, streamingFindings } from './check-tuning.js'
import { kafkaSourceEntries } from './kafka-source.js'
import {
  type BatchTuning,
  batchSchema,
  type CommonOptions,
  type StreamingTuning,
  streamingSchema,
} from './options.js'
import { applyOverrides } from './overrides.js'
import { tableEntries } from './table-properties.js'
import { sparkConfOf, type TunedConf, type TunedEntry } from './tuned-conf.js'

/**
 * The settings of a job that reads a topic for ever: each with its value, why, and who says so. What is given as an override wins
 * and is reported; a dangerous one is a finding as well.
 *
 * @throws TidewaterError `CONFIG_INVALID` for an option out of bounds, or a release that isn't one
 */
export function tuneStreaming(tuning: StreamingTuning): TunedConf {
  const options = parseConfig(streamingSchema, tuning, 'streaming tuning')
  const release = releaseOf(options.release)
  const { triggerSeconds } = options
  const parallelism = streamParallelism(options)
  const trigger: TunedEntry = {
    scope: 'query',
    key: 'processingTime',
    value: `${triggerSeconds} seconds`,
    reason: 'a minute or more: each micro-batch is a commit, with files of its own',
    source: sources.runBook,
  }
  return tuned(
    [
      trigger,
      ...kafkaSourceEntries(options, parallelism, triggerSeconds, triggerSeconds),
      ...allocationEntries(options, release, parallelism, triggerSeconds),
      ...tableEntries(options, release, 'streaming'),
    ],
    options,
    { profile: 'streaming', idleSeconds: triggerSeconds },
    release,
    streamingFindings(withOverriddenCores(options), release),
  )
}

/**
 * The settings of a job that reads what a topic holds and ends: larger micro-batches, sorted files, no pause between micro-batches.
 *
 * @throws TidewaterError `CONFIG_INVALID` for an option out of bounds, or a release that isn't one
 */
export function tuneBatch(tuning: BatchTuning): TunedConf {
  const options = parseConfig(batchSchema, tuning, 'batch tuning')
  const release = releaseOf(options.release)
  const parallelism = batchParallelism(options)
  return tuned(
    [
      ...kafkaSourceEntries(options, parallelism, options.batchSeconds, undefined),
      ...allocationEntries(options, release, parallelism, undefined),
      ...tableEntries(options, release, 'batch'),
    ],
    options,
    { profile: 'batch', idleSeconds: 0 },
    release,
    [],
  )
}

function tuned(
  recommended: readonly TunedEntry[],
  options: CommonOptions,
  { profile, idleSeconds }: { readonly profile: 'streaming' | 'batch'; readonly idleSeconds: number },
  release: Release,
  profileFindings: TunedConf['findings'],
): TunedConf {
  const { partitionedTable, overrides } = options
  const { entries, overridden, findings } = applyOverrides(recommended, overrides, {
    profile,
    partitionedTable,
    idleSeconds,
  })
  const settings = sparkConfOf({ entries, overridden, findings: [] })
  return {
    entries,
    overridden,
    findings: [
      ...commonFindings(withOverriddenCores(options), release),
      ...conflictFindings(settings),
      ...profileFindings,
      ...findings,
    ],
  }
}

/** The options with the cores that the overrides leave, for what is said of them. */
function withOverriddenCores<O extends CommonOptions>(options: O): O {
  const { executors, overrides } = options
  const given = (key: string, otherwise: number) => {
    const value = Number(overrides[key])
    return Number.isInteger(value) && value > 0 ? value : otherwise
  }
  const max = given('spark.dynamicAllocation.maxExecutors', executors.max)
  return {
    ...options,
    executors: { ...executors, max, cores: given('spark.executor.cores', executors.cores) },
  }
}
