import { acksLevels, compressions, driverNames, parseConfig, TidewaterError } from '@tidewater/core'
import { defaultDriver } from '@tidewater/producer'
import { z } from 'zod'
import { count, seconds } from '../terminal/format.js'

/**
 * What `tidewater produce` takes. `topicName`, `cycle`, `count`, `clientId` and `broker` are the run book's arguments;
 * the others are Tidewater's own.
 */
const produceOptionsSchema = z.strictObject({
  topicName: z.string().min(1),
  /** Bootstrap brokers, `host:port,...`. */
  broker: z.string().min(1),
  // What these mean is `connectionInput`'s business.
  tls: z.boolean().optional(),
  caFile: z.string().min(1).optional(),
  iam: z.boolean().optional(),
  region: z.string().min(1).optional(),
  profile: z.string().min(1).optional(),
  roleArn: z.string().min(1).optional(),
  // And these `plainRegistry`'s.
  registryUrl: z.string().min(1).optional(),
  registryAuth: z.boolean().optional(),
  glueRegistry: z.string().min(1).optional(),
  /** How many times `count` records are produced; -1 goes on until it is stopped. Default 1. */
  cycle: z
    .int()
    .min(-1)
    .refine((cycle) => cycle !== 0, 'must be at least 1, or -1 to go on until stopped')
    .default(1),
  /** Records per cycle. Default 1,000. */
  count: z.int().min(1).max(1_000_000_000).default(1_000),
  /** Name of the producer, for the broker's logs. Default `tidewater-produce`. */
  clientId: z.string().min(1).max(255).default('tidewater-produce'),
  driver: z.enum(driverNames, `must be one of ${driverNames.join(', ')}`).default(defaultDriver),
  /** The `writer_id` of the records; with `export_proto_seqno` it names a record. Default: the client id. */
  writerId: z.string().min(1).optional(),
  /** The same seed gives the same flows. Default 1. */
  seed: z.int().min(0).max(0xffffffff).default(1),
  /** `export_proto_seqno` of the first record: where an earlier run of the same writer ended. Default 1. */
  firstSequenceNumber: z.int().min(0).default(1),
  /** Most records a second. Default: as many as go. */
  ratePerSecond: z.int().min(1).max(100_000_000).optional(),
  // Bounds and defaults of the following are the producer's own.
  acks: z.enum(acksLevels).optional(),
  compression: z.enum(compressions).optional(),
  lingerMs: z.number().optional(),
  batchBytes: z.int().optional(),
  maxBufferedBytes: z.int().optional(),
  /** Producers that share the records and the rate, each a client of its own. Default 1. */
  workers: z.int().min(1).max(10_000).default(1),
  /** Be one of so many producers, each a process of its own. Default: none. */
  workerCount: z.int().min(1).max(10_000).optional(),
  /** Which one of `workerCount`, from 0. Default: what Kubernetes says in `JOB_COMPLETION_INDEX`. */
  workerIndex: z.int().min(0).optional(),
  /** Ends after this long; excludes `cycle` and `count`. Default: their product ends it. */
  durationMs: z.int().min(1).optional(),
  /** Print the manifest of a Kubernetes Job instead, whose pods are the workers. */
  manifest: z.literal('k8s', 'must be k8s').optional(),
  /** Container image of the manifest's pods. */
  image: z.string().min(1).optional(),
  /** Say what would be produced, connect to nothing. */
  dryRun: z.boolean().default(false),
  json: z.boolean().default(false),
})

export type ProduceOptionsInput = z.input<typeof produceOptionsSchema>
export type ProduceOptions = Readonly<z.output<typeof produceOptionsSchema>>

/** @throws TidewaterError `USAGE` naming option, value and limit */
export function parseProduceOptions(input: unknown): ProduceOptions {
  const options = parseConfig(produceOptionsSchema, input, 'options of tidewater produce', 'USAGE')
  const given = input as ProduceOptionsInput
  if (options.durationMs !== undefined && (given.cycle ?? given.count) !== undefined)
    throw excludes('--duration', '--cycle and --count')
  if (options.workerCount !== undefined && (given.workers ?? options.manifest) !== undefined)
    throw excludes('--worker-count', '--workers and --manifest')
  if ((isFleet(options) || options.manifest !== undefined) && options.writerId !== undefined)
    throw excludes('--writer-id', 'several workers: each is the writer of its records, under its client id')
  if (options.registryUrl !== undefined && options.glueRegistry !== undefined)
    throw excludes('--registry-url', '--glue-registry')
  if (options.registryAuth && options.registryUrl === undefined)
    throw new TidewaterError('USAGE', '--registry-auth does not say to which registry', {
      remedy: 'Add --registry-url.',
    })
  if (options.workerIndex !== undefined && options.workerCount === undefined)
    throw new TidewaterError('USAGE', '--worker-index does not say of how many', {
      remedy: 'Add --worker-count.',
    })
  if ((options.image === undefined) !== (options.manifest === undefined))
    throw new TidewaterError('USAGE', '--manifest and --image need each other', {
      remedy: 'Give both: the manifest of what, and the image its pods run.',
    })
  return options
}

function excludes(option: string, others: string): TidewaterError {
  return new TidewaterError('USAGE', `${option} excludes ${others}`, { remedy: 'Leave one of them out.' })
}

/** Whether the records come from a fleet, or from one worker of one. */
export function isFleet({ workers, workerCount }: Pick<ProduceOptions, 'workers' | 'workerCount'>): boolean {
  return workers > 1 || workerCount !== undefined
}

/** Records in all; undefined when time or only a signal ends it. */
export function totalRecords({
  cycle,
  count,
  durationMs,
}: Pick<ProduceOptions, 'cycle' | 'count' | 'durationMs'>): number | undefined {
  return cycle === -1 || durationMs !== undefined ? undefined : cycle * count
}

/** How long to wait so that `written` records in `elapsedMs` are not more than the rate allows. */
export function pacingDelayMs(written: number, elapsedMs: number, ratePerSecond: number | undefined): number {
  if (ratePerSecond === undefined) return 0
  return Math.max(0, (written * 1_000) / ratePerSecond - elapsedMs)
}

/** Records written before the clock is looked at again: about 20 ms' worth, so that a low rate is even. */
export function recordsPerSlice(ratePerSecond: number | undefined): number {
  const most = 2_000
  return ratePerSecond === undefined ? most : Math.min(most, Math.max(1, Math.floor(ratePerSecond / 50)))
}

/** What a dry run says. */
export function describePlan(options: ProduceOptions, who: string): string {
  const total = totalRecords(options)
  const { durationMs, ratePerSecond } = options
  const end = durationMs === undefined ? 'until it is stopped' : `for ${seconds(durationMs / 1_000)}`
  const amount = total === undefined ? `records ${end}` : `${count(total)} records`
  const rate = ratePerSecond === undefined ? '' : `, at most ${count(ratePerSecond)} a second`
  return `would produce ${amount} to ${options.topicName} at ${options.broker} ${who}${rate}`
}
