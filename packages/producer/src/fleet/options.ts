import { describeValue, type MskIamOptions, parseConfig, TidewaterError } from '@tidewater/core'
import { z } from 'zod'
import type { ProducerOptions } from '../options.js'
import type { FleetRegistry } from './registry.js'
import type { FleetReport } from './report.js'

const mebibyte = 1024 * 1024

/** What a fleet is, apart from how each of its producers sends: that is {@link ProducerOptions}' business. */
export const fleetOptionsSchema = z
  .strictObject({
    /** Producers, each with a client id and a writer of its own. 1 to 10,000. */
    workers: z.int().min(1).max(10_000),
    /**
     * Run this worker alone, from 0, with the share it has of a fleet of `workers`: what one pod of many does. Default:
     * all of them.
     */
    workerIndex: z.int().min(0).optional(),
    /** Records in all, at least one per worker; the fleet ends with the last. Excludes `durationMs`. Default: no end. */
    records: z.int().min(1).optional(),
    /** The fleet ends this long after its first producer has connected. 1 to 2,147,483,647. Default: no end. */
    durationMs: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional(),
    /** Most records a second, all workers together. 1 to 100,000,000. Default: as many as go. */
    ratePerSecond: z.int().min(1).max(100_000_000).optional(),
    /** What client ids begin with; it is followed by the worker's number. Default `Kafka-P`. */
    clientIdPrefix: z.string().min(1).max(200).default('Kafka-P'),
    /** Number of the first worker. Default 101: `Kafka-P101`, `Kafka-P102`, … */
    firstClientNumber: z.int().min(0).max(1_000_000_000).default(101),
    /** Worker threads the workers are spread over, at most one each. Default: the number of cores. */
    threads: z.int().min(1).max(1_024).optional(),
    /**
     * Bound on the memory of records that wait for delivery, all workers of the process together; each has an equal part,
     * at least 1 MiB and at most 64 MiB. Default 1 GiB, or 1 MiB for each worker where that is more.
     */
    maxBufferedBytes: z
      .int()
      .min(mebibyte)
      .max(1024 * 1024 * mebibyte)
      .optional(),
    /** Seed of the first worker's source; the others count up. Default 1. */
    seed: z.int().min(0).max(0xffffffff).default(1),
    /** Sequence number of each worker's first record. Default 1. */
    firstSequenceNumber: z
      .int()
      .min(0)
      .max(2 ** 52)
      .default(1),
    /** Longest wait, once stopped, for what was written to be delivered. Default 10,000, 0 to 3,600,000. */
    drainTimeoutMs: z.int().min(0).max(3_600_000).default(10_000),
  })
  .superRefine((options, context) => {
    const { workers, workerIndex, records, durationMs, maxBufferedBytes } = options
    const problem = (path: keyof typeof options, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message, input: options[path] })
    if (workerIndex !== undefined && workerIndex >= workers)
      problem('workerIndex', `must be less than workers (${workers})`)
    if (records !== undefined && durationMs !== undefined)
      problem('durationMs', 'excludes records: give one of them')
    if (records !== undefined && records < workers)
      problem('records', `must be at least one for each of the ${workers} workers`)
    const here = workerIndex === undefined ? workers : 1
    if (maxBufferedBytes !== undefined && maxBufferedBytes < here * mebibyte)
      problem(
        'maxBufferedBytes',
        `must be at least 1 MiB for each of the ${here} workers (${here * mebibyte})`,
      )
  })

export type FleetConfig = Readonly<z.output<typeof fleetOptionsSchema>>

/** The options of `createProducer` that are each worker's own, or can't cross into a worker thread. */
type NotAWorkers =
  | 'schema'
  | 'registry'
  | 'auth'
  | 'clientId'
  | 'signal'
  | 'maxBufferedBytes'
  | 'drainOnSigterm'
  | 'drainTimeoutMs'
  | 'partitioner'
  | 'onDelivery'
  | 'onDeliveryError'
  | 'deadLetter'

/** How every worker's producer connects and sends; as for `createProducer`. */
export type FleetProducerOptions = Omit<ProducerOptions<never>, NotAWorkers>

/** Options of `runFleet`. Documented at {@link fleetOptionsSchema} and, those of the producers, at `createProducer`. */
export type FleetOptions = z.input<typeof fleetOptionsSchema> &
  FleetProducerOptions & {
    /** Options for `mskIam()`, which each thread calls itself: credentials may be an object here, but no provider function. */
    readonly auth?: MskIamOptions
    /**
     * Options for `confluentRegistry()` or `glueRegistry()`, which each thread calls itself and asks once for its workers.
     * Default: values are plain Avro.
     */
    readonly registry?: FleetRegistry
    /**
     * Module that exports a {@link FleetSource}, as a URL or a path (relative ones from the working folder). Default: the
     * NetFlow sample.
     */
    readonly source?: URL | string
    /** Called about once a second, with what went on since the call before. */
    readonly onProgress?: (report: FleetReport) => void
    /** Aborting stops the writing; what was written is delivered within `drainTimeoutMs`, and the result counts it. */
    readonly signal?: AbortSignal
    /** Aborting gives up what is not delivered; the result still counts it. */
    readonly abandonSignal?: AbortSignal
  }

/** Fleet options apart from the producers'. @throws TidewaterError `CONFIG_INVALID` naming option, value and limit */
export function splitFleetOptions(options: FleetOptions): {
  config: FleetConfig
  producer: FleetProducerOptions
  auth: MskIamOptions | undefined
  registry: FleetRegistry | undefined
} {
  const { auth, registry, source: _, onProgress: __, signal: ___, abandonSignal: ____, ...rest } = options
  const own: Record<string, unknown> = {}
  const producer: Record<string, unknown> = {}
  const names = fleetOptionsSchema.shape
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) (name in names ? own : producer)[name] = value
  }
  requireCloneable('auth', auth && ('token' in auth ? auth.token : auth.credentials))
  requireCloneable('registry', registry?.glue?.credentials)
  return {
    config: parseConfig(fleetOptionsSchema, own, 'fleet options'),
    producer: producer as FleetProducerOptions,
    auth,
    registry,
  }
}

function requireCloneable(option: 'auth' | 'registry', value: unknown): void {
  if (typeof value !== 'function') return
  throw new TidewaterError(
    'CONFIG_INVALID',
    `${option} of a fleet must be made of plain values, got ${describeValue(value)}: functions can't cross into a worker thread`,
    { remedy: remedies[option], details: { option } },
  )
}

const remedies = {
  auth: 'Pass the options of mskIam() rather than its result, and credentials as an object, a profile or a role.',
  registry: 'Pass credentials as an object, or leave them to the SDK.',
} as const
