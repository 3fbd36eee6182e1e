import type { SparkJob } from '../job/job-document.gen.js'
import { stableJson } from './identity.js'

/** A difference between the job that runs and the one that is to follow it. */
export interface JobChange {
  /** JSON Pointer into the document. */
  readonly path: string
  /** Whether the checkpoint means the same to the new job. */
  readonly effect: 'carries-over' | 'invalidates-checkpoint'
  readonly reason: string
}

interface Rule {
  readonly path: string
  readonly reason: string
  /** The part that counts. Default: all of it. */
  part?(value: unknown): unknown
}

const ofTheTable =
  'the checkpoint goes with its table: another one lacks what was committed before, and knows none of the micro-batches that may be repeated'
const ofTheDecoding =
  'dead letters may stand behind the table, and a record between them would land in both tables or in none; stop the job, run the old document as a backfill to its end, then submit the new one'

const invalidating: readonly Rule[] = [
  { path: '/source/topic', reason: 'the checkpoint holds offsets of the other topic' },
  { path: '/table/catalog', reason: ofTheTable, part: withoutName },
  { path: '/table/namespace', reason: ofTheTable },
  { path: '/table/name', reason: ofTheTable },
  { path: '/decoding/deadLetterTable', reason: ofTheTable },
  { path: '/decoding/schema', reason: ofTheDecoding, part: judgedBy },
  { path: '/decoding/framing', reason: ofTheDecoding },
  { path: '/decoding/maxValueBytes', reason: ofTheDecoding },
  { path: '/decoding/maxCollectionItems', reason: ofTheDecoding },
  {
    path: '/checkpointLocation',
    reason: 'another checkpoint is another query, which reads the topic from startingOffsets',
  },
]

const notable: readonly Rule[] = [
  {
    path: '/source/bootstrapBrokers',
    reason: 'the offsets stay valid as long as these are brokers of the same cluster',
  },
  { path: '/source/startingOffsets', reason: 'a job with a checkpoint goes on from there' },
  {
    path: '/decoding/onDecodeError',
    reason: 'the dead letters stand still while it is "fail", and go on from where they stood',
  },
]

// Said anew for every run.
const ownOfTheRun = new Set(['runId'])

/**
 * What changes from one version of a streaming job to the next, and whether the new one may go on from the checkpoint. Both as
 * they were, or would be, submitted. Pure.
 */
export function compareJobs(running: SparkJob, next: SparkJob): JobChange[] {
  const changed = (path: string, part: (value: unknown) => unknown = (value) => value) =>
    stableJson(part(at(running, path))) !== stableJson(part(at(next, path)))
  const ruled = [
    ...invalidating.map((rule) => ({ ...rule, effect: 'invalidates-checkpoint' as const })),
    ...notable.map((rule) => ({ ...rule, effect: 'carries-over' as const })),
  ].filter(({ path, part }) => changed(path, part))
  // What no rule speaks of is read at each start: settings of source, trigger, table and stop.
  const others = [...new Set([...places(running), ...places(next)])]
    .filter((path) => ![...invalidating, ...notable].some((rule) => rule.path === path))
    .filter((path) => changed(path))
    .map((path): JobChange => ({ path, effect: 'carries-over', reason: 'it is read at each start' }))
  return [...ruled.map(({ path, effect, reason }): JobChange => ({ path, effect, reason })), ...others]
}

export function invalidates({ effect }: JobChange): boolean {
  return effect === 'invalidates-checkpoint'
}

/** What starting over means for exactly-once. */
export function explainReset(
  job: Pick<SparkJob, 'source'>,
  endOffsets: Readonly<Record<string, number>> | undefined,
): string {
  const from = JSON.stringify(job.source.startingOffsets ?? 'earliest')
  const exact =
    endOffsets === undefined || Object.keys(endOffsets).length === 0
      ? 'the offsets the job ended at'
      : JSON.stringify(endOffsets)
  return (
    `Without its checkpoint the job reads the topic from startingOffsets (${from}) as a new query, and the table can't tell what it ` +
    'has already: with "earliest" records land in it twice, with "latest" those in between never do. ' +
    `For each exactly once in the same table from the same topic, give ${exact} as startingOffsets.`
  )
}

/** Of a catalog all but what Spark SQL calls it. */
function withoutName(catalog: unknown): unknown {
  return typeof catalog === 'object' && catalog !== null ? { ...catalog, name: undefined } : catalog
}

/** Of an Avro schema what decides which bytes are a record; as `decoding_of` in job_state.py. */
function judgedBy(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(judgedBy)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => !['doc', 'aliases', 'order', 'default'].includes(name))
      .map(([name, value]) => [name, judgedBy(value)]),
  )
}

/** Pointers to the fields of the document, two levels deep: what a rule or a reader speaks of. */
function places(job: SparkJob): string[] {
  return Object.entries(job)
    .filter(([name]) => !ownOfTheRun.has(name))
    .flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? Object.keys(value).map((inner) => `/${name}/${inner}`)
        : [`/${name}`],
    )
}

function at(job: SparkJob, path: string): unknown {
  return path
    .slice(1)
    .split('/')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], job)
}
