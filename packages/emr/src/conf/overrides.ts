import { type Finding, TidewaterError } from '@tidewater/core'
import type { OverriddenEntry, TunedEntry, TunedScope } from './tuned-conf.js'

/** What decides whether an override is dangerous. */
export interface OverrideContext {
  readonly profile: 'streaming' | 'batch'
  readonly partitionedTable: boolean
  /** How long an executor may have nothing to do between two micro-batches. */
  readonly idleSeconds: number
}

interface Danger {
  readonly key: string
  readonly id: string
  readonly severity: Finding['severity']
  readonly applies: (value: string, context: OverrideContext) => boolean
  readonly reason: string
  readonly fix: string
}

const isTrue = (value: string) => value.toLowerCase() === 'true'
const inStream = ({ profile }: OverrideContext) => profile === 'streaming'

const dangers: readonly Danger[] = [
  {
    key: 'asyncProgressTrackingEnabled',
    id: 'emr.async-progress',
    severity: 'error',
    applies: isTrue,
    reason: 'Offsets are then written some time after the rows: a restart writes rows a second time.',
    fix: 'Leave it out; the job promises each record exactly once.',
  },
  {
    key: 'failOnDataLoss',
    id: 'emr.data-loss-ignored',
    severity: 'warning',
    applies: (value) => value.toLowerCase() === 'false',
    reason:
      'Records that left the topic before they were read are then missing in the table, and nothing fails.',
    fix: 'Leave it out; set it for one run, when what is lost is known.',
  },
  {
    key: 'spark.dynamicAllocation.executorIdleTimeout',
    id: 'emr.idle-timeout-short',
    severity: 'warning',
    applies: (value, { idleSeconds }) => {
      const seconds = secondsOf(value)
      return seconds !== undefined && seconds <= Math.max(60, idleSeconds)
    },
    reason:
      'Executors are given back in the pause between two micro-batches and started again for the next one.',
    fix: 'Leave it out, or make it longer than both 60 s and the trigger interval.',
  },
  {
    key: 'write.distribution-mode',
    id: 'emr.distribution-shuffles',
    severity: 'warning',
    applies: (value, context) => inStream(context) && value !== 'none',
    reason:
      'Every micro-batch is shuffled before it is written, and all rows of a partition go through one task.',
    fix: 'Leave it at none and let compaction bring the rows together.',
  },
  {
    key: 'write.spark.fanout.enabled',
    id: 'emr.fanout-off',
    severity: 'warning',
    applies: (value, context) => inStream(context) && context.partitionedTable && !isTrue(value),
    reason: 'Every task of every micro-batch sorts its rows by partition before it writes them.',
    fix: 'Leave it on for a stream.',
  },
  {
    key: 'write.spark.fanout.enabled',
    id: 'emr.fanout-in-batch',
    severity: 'warning',
    applies: (value, context) => !inStream(context) && context.partitionedTable && isTrue(value),
    reason:
      'A task then keeps a file and its buffers open for every partition it meets, and a backfill meets many.',
    fix: 'Leave it off for a backfill.',
  },
  {
    key: 'write.format.default',
    id: 'emr.write-format',
    severity: 'warning',
    applies: (value) => value.toLowerCase() !== 'parquet',
    reason: 'Writing Avro was measured not to be faster than Parquet, and it is slower to read.',
    fix: 'Leave it at parquet, or measure it with these records.',
  },
  {
    key: 'spark.streaming.stopGracefullyOnShutdown',
    id: 'emr.setting-without-effect',
    severity: 'warning',
    applies: () => true,
    reason: 'It is for DStreams; a Structured Streaming query is interrupted by a kill whatever it says.',
    fix: 'Stop the job by its stop marker, or by SIGTERM to its Python process.',
  },
]

/**
 * Puts what was given in place of what is recommended.
 *
 * @throws TidewaterError `CONFIG_INVALID` for the trigger, which has an option of its own
 */
export function applyOverrides(
  recommended: readonly TunedEntry[],
  overrides: Readonly<Record<string, string>>,
  context: OverrideContext,
): { entries: TunedEntry[]; overridden: OverriddenEntry[]; findings: Finding[] } {
  if ('processingTime' in overrides) {
    throw new TidewaterError(
      'CONFIG_INVALID',
      `The override processingTime is ${overrides.processingTime}: the trigger decides about other settings`,
      { remedy: 'Give it as triggerSeconds.', details: { key: 'processingTime' } },
    )
  }
  const overridden: OverriddenEntry[] = []
  for (const [key, value] of Object.entries(overrides)) {
    const entry = recommended.find((one) => one.key === key)
    if (entry?.value === value) continue
    overridden.push({
      scope: entry?.scope ?? scopeOf(key),
      key,
      value,
      recommended: entry?.value,
      reason: entry?.reason,
    })
  }
  const replaced = new Set(overridden.map(({ key }) => key))
  return {
    entries: recommended.filter(({ key }) => !replaced.has(key)),
    overridden,
    findings: overridden.flatMap((entry) => findingsOf(entry, context)),
  }
}

function findingsOf({ key, value, recommended }: OverriddenEntry, context: OverrideContext): Finding[] {
  const met = dangers.filter((danger) => danger.key === key && danger.applies(value, context))
  return met.map(({ id, severity, reason, fix }) => ({
    id,
    severity,
    subject: key,
    evidence: `${key} is ${value}${recommended === undefined ? '' : `, recommended is ${recommended}`}`,
    reason,
    fix,
  }))
}

const sourceOptions = new Set([
  'failOnDataLoss',
  'maxOffsetsPerTrigger',
  'maxRecordsPerPartition',
  'maxTriggerDelay',
  'minOffsetsPerTrigger',
  'minPartitions',
])

/** Where a setting goes that nothing is recommended for. */
function scopeOf(key: string): TunedScope {
  if (key.startsWith('spark.')) return 'spark'
  if (key.startsWith('kafka.') || sourceOptions.has(key)) return 'source'
  return key.startsWith('asyncProgress') ? 'query' : 'table'
}

/** Spark's way to write a time, `2min` or `90s`; a bare number is seconds. undefined for anything else. */
function secondsOf(text: string): number | undefined {
  const match = /^\s*(\d+)\s*(us|ms|s|m|min|h|d)?\s*$/.exec(text)
  if (match === null) return undefined
  const perUnit = { us: 1e-6, ms: 1e-3, s: 1, m: 60, min: 60, h: 3_600, d: 86_400 }
  return Number(match[1]) * perUnit[(match[2] ?? 's') as keyof typeof perUnit]
}
