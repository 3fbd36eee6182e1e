import { parseConfig, TidewaterError } from '@tidewater/core'
import { z } from 'zod'
import { healthThresholdsSchema } from '../health/thresholds.js'

const hourMs = 3_600_000
const gibibyte = 2 ** 30
const hours = (min = 0) => z.number().min(min).max(876_000)
/** An operation that is never done is `false`; one whose settings are left out is done by the defaults. */
const operation = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.union([z.literal(false), z.strictObject(shape)]).prefault({} as never)

const operationsSchema = z.strictObject({
  rewriteDataFiles: operation({
    /** Partitions whose newest file is younger than this are left for later. Default 2 hours. */
    hotForHours: hours().default(2),
    /** Fewest files of a partition worth merging. Default 5, Iceberg's own. */
    minInputFiles: z.int().min(2).max(100_000).default(5),
    /** Most partitions of one run, those that gain most first. Default 100, what Athena does in one round. */
    maxPartitions: z.int().min(1).max(1_000).default(100),
    /** Most bytes that one run rewrites of a table. Default 100 GiB. */
    maxBytes: z
      .int()
      .min(1)
      .default(100 * gibibyte),
  }),
  rewritePositionDeleteFiles: operation({
    /** Position delete files from where on they are merged. Default 10. */
    minFiles: z.int().min(1).default(10),
  }),
  rewriteManifests: operation({
    /** Data manifests from where on they are grouped anew, when a partition is in too many. Default 20. */
    minManifests: z.int().min(2).default(20),
  }),
  expireSnapshots: operation({
    /** Younger snapshots are kept. Default 120 hours (5 days), Iceberg's own. */
    maxAgeHours: hours().default(120),
    /** Newest snapshots kept whatever their age. Default 1, Iceberg's own. */
    retainLast: z.int().min(1).max(100_000).default(1),
    /** The newest snapshot of a streaming query is kept while it is younger than this; of the last one always. Default 168 hours. */
    protectStreamsForHours: hours().default(168),
  }),
  removeOrphanFiles: operation({
    /** Younger files are left alone: a running writer has some that no metadata names yet. Default 72 hours; not under 24. */
    minAgeHours: hours(24).default(72),
    /** Lists them only. Default true. */
    dryRun: z.boolean().default(true),
  }),
})

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 22:30')

const windowSchema = z.strictObject({
  /** Days in UTC on which it begins. Default: all. */
  days: z
    .array(z.enum(days))
    .min(1)
    .default([...days]),
  /** UTC. A window whose end is not after its beginning ends on the next day. */
  from: timeOfDay,
  to: timeOfDay,
})

const ruleSchema = z.strictObject({
  /** `database.table`; `*` stands for any number of characters. */
  tables: z.array(z.string().min(1).max(512)).min(1),
  /** Of the rules that match a table, the one of the highest priority holds, alone; of equals the first. Default 0. */
  priority: z.int().default(0),
  /** Whether the tables are maintained at all. Default true. */
  enabled: z.boolean().default(true),
  /** When maintenance may begin. Default: always. */
  windows: z.array(windowSchema).default([]),
  thresholds: healthThresholdsSchema.prefault({}),
  operations: operationsSchema.prefault({}),
})

const policySchema = z.strictObject({
  version: z.literal(1),
  rules: z.array(ruleSchema).min(1),
  /** What one run over many tables may do. */
  budget: z
    .strictObject({
      /** Most bytes rewritten in all. Default 1 TiB. */
      maxBytes: z
        .int()
        .min(1)
        .default(1024 * gibibyte),
      /** Most tables that are changed. Default 100. */
      maxTables: z.int().min(1).default(100),
    })
    .prefault({}),
})

export type MaintenancePolicy = z.infer<typeof policySchema>
export type MaintenancePolicyInput = z.input<typeof policySchema>
export type MaintenanceRule = MaintenancePolicy['rules'][number]

/** Policy for whoever has none: every table, by the defaults. */
export const defaultPolicy: MaintenancePolicyInput = { version: 1, rules: [{ tables: ['*'] }] }

/**
 * Checks a policy, as it is read from JSON or YAML, and fills in the defaults.
 *
 * @throws TidewaterError `CONFIG_INVALID` naming each field that is wrong
 */
export function parsePolicy(policy: unknown): MaintenancePolicy {
  return parseConfig(policySchema, policy, 'maintenance policy')
}

/** The rule that holds for a table; undefined when none does. @param table `database.table` */
export function ruleFor(policy: MaintenancePolicy, table: string): MaintenanceRule | undefined {
  return policy.rules
    .filter(({ tables }) => tables.some((pattern) => matches(pattern, table)))
    .reduce<MaintenanceRule | undefined>(
      (best, rule) => (best === undefined || rule.priority > best.priority ? rule : best),
      undefined,
    )
}

/** Without regular expressions, whose backtracking a pattern of many stars would set off. */
function matches(pattern: string, table: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === table
  const tail = rest.pop() as string
  if (!table.startsWith(head) || !table.endsWith(tail) || table.length < head.length + tail.length)
    return false
  let at = head.length
  for (const part of rest) {
    const found = table.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= table.length - tail.length
}

/** Whether maintenance may begin now. */
export function isInWindow(rule: MaintenanceRule, nowMs: number): boolean {
  if (rule.windows.length === 0) return true
  const now = new Date(nowMs)
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes()
  const today = now.getUTCDay()
  const yesterday = (today + 6) % 7
  return rule.windows.some(({ days: on, from, to }) => {
    const [begin, end] = [minuteOf(from), minuteOf(to)]
    const beginsOn = (day: number) => on.includes(days[day] as (typeof days)[number])
    if (begin < end) return beginsOn(today) && minute >= begin && minute < end
    return (beginsOn(today) && minute >= begin) || (beginsOn(yesterday) && minute < end)
  })
}

function minuteOf(time: string): number {
  const [hour, minute] = time.split(':').map(Number)
  return (hour ?? 0) * 60 + (minute ?? 0)
}

/** @throws TidewaterError `CONFIG_INVALID` when the measurement lies in the future: one of two clocks is wrong */
export function requireClock(measuredAtMs: number, nowMs: number, newestSnapshotMs: number | null): void {
  const latestMs = Math.max(measuredAtMs, newestSnapshotMs ?? 0)
  if (latestMs - nowMs <= hourMs) return
  throw new TidewaterError(
    'CONFIG_INVALID',
    `The clock says ${new Date(nowMs).toISOString()}, and the table was written or measured at ${new Date(latestMs).toISOString()}`,
    {
      remedy: 'Set the clock right: ages of snapshots and files are reckoned from it.',
      details: { nowMs, latestMs },
    },
  )
}
