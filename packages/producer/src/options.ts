import {
  type AvroSchema,
  acksLevels,
  compressions,
  type DriverName,
  defaultTransactionTimeoutMs,
  deliveryTimeoutBoundsMs,
  driverNames,
  kafkaConnectionSchema,
  parseConfig,
  TidewaterError,
} from '@tidewater/core'
import { z } from 'zod'
import type { Partitioner } from './batch/partitioner.js'
import type { DeliveryReport, RecordRejection, UndeliveredRecords } from './delivery/hooks.js'
import { defaultDriver, driverLimits } from './driver-limits.js'
import type { SchemaRegistry } from './registry/framing.js'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** Defaults, in bytes, that a fleet divides its memory by. */
export const byteDefaults = {
  batchBytes: 1_000_000,
  maxRecordBytes: 1_000_000,
  maxBufferedBytes: 64 * mebibyte,
} as const
/** `maxBufferedBytes` is at least this many times the largest batch, and the largest record. */
export const leastBuffersFor = 4

const callback = <F>() => z.custom<F>((value) => typeof value === 'function', 'must be a function')

/**
 * Everything `createProducer` takes, but for the parts whose type depends on the schema (`schema`, `partitioner` and the
 * hooks), which are typed in {@link ProducerOptions}. Names in brackets are librdkafka's.
 */
export const producerOptionsSchema = z
  .strictObject({
    ...kafkaConnectionSchema.shape,
    /**
     * Who speaks to Kafka: `native` (our own, the fastest), or a client library whose package is an optional peer:
     * `kafkajs` or `confluent` (librdkafka). Default `native`.
     */
    driver: z.enum(driverNames, `must be one of ${driverNames.join(', ')}`).default(defaultDriver),
    topic: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 letters, digits, dots, dashes or underscores'),
    schema: z.custom<AvroSchema>(
      (value) =>
        typeof value === 'object' && value !== null && 'definition' in value && 'fingerprint' in value,
      'must be what avroSchema() returns',
    ),
    /**
     * Says in each record which schema it is of, in the format of `confluentRegistry()` or `glueRegistry()`. Default:
     * values are plain Avro.
     */
    registry: z
      .custom<SchemaRegistry>(
        (value) => typeof (value as Partial<SchemaRegistry> | null)?.framing === 'function',
        'must be what confluentRegistry() or glueRegistry() returns',
      )
      .optional(),
    /**
     * Who has to have a record before it counts as delivered (`acks`): `all` in-sync replicas, the `leader`, or `none`
     * (not awaited: a lost record is not noticed, and offsets are -1). Default `all`.
     */
    acks: z.enum(acksLevels).default('all'),
    /**
     * No duplicates and no reordering through the library's retries (`enable.idempotence`). Needs `acks: 'all'`.
     * Default: true with `acks: 'all'`, else false.
     */
    idempotent: z.boolean().optional(),
    /** Compression of a batch (`compression.type`); what a driver offers differs. Default `snappy`. */
    compression: z.enum(compressions).default('snappy'),
    /**
     * How long a batch waits for more records when its partition could send already (`linger.ms`). Under load batches
     * fill while the one before is on its way, whatever this is. Default 5, 0 to 60,000.
     */
    lingerMs: z.number().min(0).max(60_000).default(5),
    /**
     * A batch is closed before it would exceed this, uncompressed (`batch.size`); a single larger record makes a batch
     * of its own. Keep it under the topic's `max.message.bytes`. Default 1,000,000 (the broker's own default limit is
     * 1,048,588), 1 KiB to 64 MiB.
     */
    batchBytes: z
      .int()
      .min(kibibyte)
      .max(64 * mebibyte)
      .default(byteDefaults.batchBytes),
    /** A batch is closed at this many records (`batch.num.messages`). Default 500 (kafkajs), 2,000 (confluent), 1,000,000 (native). */
    batchRecords: z.int().min(1).max(1_000_000).optional(),
    /**
     * Bound on the memory of records that wait for delivery (`queue.buffering.max.kbytes`). From a quarter of it
     * on `write` returns a promise to await; at the bound it throws `BUFFER_FULL`. Default 64 MiB, 1 MiB to 16 GiB; at least four times `batchBytes` and `maxRecordBytes`.
     */
    maxBufferedBytes: z
      .int()
      .min(mebibyte)
      .max(16 * 1024 * mebibyte)
      .default(byteDefaults.maxBufferedBytes),
    /**
     * Batches of one partition handed to the driver at once (`max.in.flight`). More than 1 pays where the way to the
     * broker is long. With confluent the records of a batch that the broker found too large, sent again in parts, may then
     * land behind those of the next. Most: 1 (kafkajs), 5 (native, confluent). Default 5 (native), 1 (the others).
     */
    maxInFlightBatchesPerPartition: z.int().min(1).max(5).optional(),
    /**
     * Largest record: key, value and headers (`message.max.bytes`). Raise it together with the topic's
     * `max.message.bytes`. Default 1,000,000, 1 to 256 MiB.
     */
    maxRecordBytes: z
      .int()
      .min(1)
      .max(256 * mebibyte)
      .default(byteDefaults.maxRecordBytes),
    /**
     * Writes in transactions under this name (`transactional.id`), which one producer has at a time: a later one fences
     * the one before. Needs driver `native` and `idempotent`. Default: none.
     */
    transactionalId: z.string().min(1).max(249).optional(),
    /**
     * How long a transaction may be open before the broker aborts it (`transaction.timeout.ms`). Default 60,000; the
     * broker's own limit is 900,000.
     */
    transactionTimeoutMs: z.int().min(1_000).max(900_000).default(defaultTransactionTimeoutMs),
    /**
     * How long a batch may wait in the buffer, and then how long the driver may take with it, retries included
     * (`delivery.timeout.ms`). Past either its records have failed with `DELIVERY_TIMEOUT`. A request to the coordinator of a
     * transaction, or of a group in one, is tried as long. Default 120,000, 1,000 to 900,000.
     */
    deliveryTimeoutMs: z
      .int()
      .min(deliveryTimeoutBoundsMs.min)
      .max(deliveryTimeoutBoundsMs.max)
      .default(120_000),
    /**
     * On SIGTERM stop taking records, deliver what is buffered, close, and end the process as the signal would have, if
     * nothing else listens for it. One listener serves all producers of the process. Default true.
     */
    drainOnSigterm: z.boolean().default(true),
    /** Longest drain on SIGTERM; what is not delivered then is reported as failed. Default 25,000. */
    drainTimeoutMs: z.int().min(0).max(3_600_000).default(25_000),
    /** How often the topic's partitions are looked up again (`topic.metadata.refresh.interval.ms`). Default 300,000. */
    partitionsMaxAgeMs: z.int().min(1_000).max(86_400_000).default(300_000),
    /** Aborting stops at once: what is not delivered is reported as failed with `ABORTED`. */
    signal: z
      .custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal')
      .optional(),
    /** Chooses the partition of a record; undefined leaves it to the default (murmur2 as in Java, or sticky). */
    partitioner: callback<Partitioner<never>>().optional(),
    onDelivery: callback<(report: DeliveryReport) => void>().optional(),
    onDeliveryError: callback<(failure: UndeliveredRecords) => void>().optional(),
    deadLetter: callback<(rejection: RecordRejection<never>) => void>().optional(),
  })
  .superRefine((options, context) => {
    const problem = (path: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: [path], message, input })
    if (options.idempotent === true && options.acks !== 'all') {
      problem('idempotent', `needs acks 'all', but acks is '${options.acks}'`, options.idempotent)
    }
    if (options.transactionalId !== undefined && (options.acks !== 'all' || options.idempotent === false)) {
      problem('transactionalId', "needs acks 'all' and idempotence", options.transactionalId)
    }
    for (const other of ['batchBytes', 'maxRecordBytes'] as const) {
      const leastBytes = leastBuffersFor * options[other]
      if (options.maxBufferedBytes < leastBytes) {
        problem(
          'maxBufferedBytes',
          `must be at least four times ${other} (${leastBytes})`,
          options.maxBufferedBytes,
        )
      }
    }
  })

type Parsed = z.output<typeof producerOptionsSchema>
type GenericOption = 'schema' | 'partitioner' | 'onDelivery' | 'onDeliveryError' | 'deadLetter'

/** Whose default depends on other options. */
type Defaulted = 'idempotent' | 'batchRecords' | 'maxInFlightBatchesPerPartition'

/** The validated configuration, defaults filled in. */
export type ProducerConfig<T> = Readonly<
  Omit<Parsed, GenericOption | Defaulted> & { [Option in Defaulted]: NonNullable<Parsed[Option]> }
> &
  ProducerHooks<T> & { readonly schema: AvroSchema<unknown, T> }

interface ProducerHooks<T> {
  /** Chooses the partition of a record; undefined leaves it to the default (murmur2 as in Java, or sticky). */
  readonly partitioner?: Partitioner<T>
  /** Called for each run of records that was acknowledged. Keep it short: it runs in the producer's way. */
  readonly onDelivery?: (report: DeliveryReport) => void
  /**
   * Called with the records themselves for every run of records that was not delivered, so that none is lost unseen.
   * Of records that were already on their way it is not always known that they did not arrive: see `error`.
   */
  readonly onDeliveryError?: (failure: UndeliveredRecords) => void
  /**
   * Takes the records `write` refuses: not matching the schema, or too large. Without it `write` throws. `send` rejects
   * either way.
   */
  readonly deadLetter?: (rejection: RecordRejection<T>) => void
}

/** Options of `createProducer`; `T` comes from `schema`. Documented at {@link producerOptionsSchema}. */
export type ProducerOptions<T> = Omit<z.input<typeof producerOptionsSchema>, GenericOption> &
  ProducerHooks<T> & {
    /** What `avroSchema()` returns: the records' type is inferred from it. */
    readonly schema: AvroSchema<unknown, T>
  }

/**
 * @throws TidewaterError `CONFIG_INVALID` naming option, value and limit; `DRIVER_UNSUPPORTED_OPTION` for what this
 * driver can't do.
 */
export function resolveProducerOptions<T>(options: ProducerOptions<T>): ProducerConfig<T> {
  const parsed = parseConfig(producerOptionsSchema, options, 'producer options')
  const driver = driverLimits[parsed.driver]
  const inFlight = parsed.maxInFlightBatchesPerPartition ?? driver.inFlightBatchesPerPartition
  if (inFlight > driver.maxInFlightBatchesPerPartition) {
    throw unsupportedOption(
      parsed.driver,
      'maxInFlightBatchesPerPartition',
      inFlight,
      `at most ${driver.maxInFlightBatchesPerPartition}`,
    )
  }
  if (parsed.transactionalId !== undefined && parsed.driver !== 'native')
    throw unsupportedOption(parsed.driver, 'transactionalId', parsed.transactionalId, 'only native does')
  return Object.freeze({
    ...parsed,
    idempotent: parsed.idempotent ?? parsed.acks === 'all',
    batchRecords: parsed.batchRecords ?? driver.batchRecords,
    maxInFlightBatchesPerPartition: inFlight,
  }) as unknown as ProducerConfig<T>
}

function unsupportedOption(driver: DriverName, option: string, value: unknown, can: string): TidewaterError {
  return new TidewaterError(
    'DRIVER_UNSUPPORTED_OPTION',
    `The ${driver} driver can't do ${option} ${value}: ${can}`,
    {
      remedy: `Choose another value for ${option}, or another driver.`,
      details: { driver, option, value },
    },
  )
}
