import { z } from 'zod'

const count = z.int().min(1).max(100_000)
const memoryMb = z.int().min(384).max(1_048_576)

/** Executors as `sizeJob` finds them: the least and most of them, and what each has. */
const executors = z
  .strictObject({
    /** Enough for the steady load. */
    min: z.int().min(1),
    max: z.int().min(1),
    cores: z.int().min(1).max(128),
    /** Heap of one (`spark.executor.memory`), MiB. */
    memoryMb,
    /** Beside the heap (`spark.executor.memoryOverhead`), MiB. */
    memoryOverheadMb: memoryMb,
  })
  .refine(({ min, max }) => min <= max, { message: 'min must not exceed max', path: ['min'] })

const driver = z.strictObject({ cores: z.int().min(1).max(128), memoryMb, memoryOverheadMb: memoryMb })

const common = {
  /** EMR release label, such as `emr-7.13.0`. */
  release: z.string(),
  /** Where the job runs. Default `ec2`. */
  target: z.enum(['ec2', 'serverless', 'eks']).default('ec2'),
  /** Partitions of the topic. */
  partitions: count,
  /** Bytes of a record's value as it lies in Kafka, before compression. */
  recordBytes: z.int().min(1).max(104_857_600),
  /** Records a second that one core works off, measured with this job. Default: from our measurement, by size. */
  recordsPerSecondPerCore: z.number().min(1).max(10_000_000).optional(),
  executors,
  driver,
  /** Whether the table is partitioned. Default false. */
  partitionedTable: z.boolean().default(false),
  /** How rows are updated and deleted by others, if they are (`write.delete.mode` and its siblings). Default `none`: they aren't. */
  rowLevelChanges: z.enum(['none', 'merge-on-read', 'copy-on-write']).default('none'),
  /** Whether the table has text columns with many different values. Default true. */
  highCardinalityStrings: z.boolean().default(true),
  /** Settings that win over what is recommended, by key. Default none. */
  overrides: z.record(z.string().min(1), z.string()).default({}),
}

export const streamingSchema = z.strictObject({
  ...common,
  /** Records a second, over all partitions. */
  expectedRecordsPerSecond: z.number().min(1).max(1e12),
  /** Seconds between the starts of micro-batches. Default 60. */
  triggerSeconds: z.int().min(1).max(86_400).default(60),
})

export const batchSchema = z.strictObject({
  ...common,
  /** About how long a micro-batch may take, which is what a failure repeats at most, in seconds. Default 600. */
  batchSeconds: z.int().min(1).max(86_400).default(600),
})

export type StreamingTuning = z.input<typeof streamingSchema>
export type BatchTuning = z.input<typeof batchSchema>

export type StreamingOptions = Readonly<z.output<typeof streamingSchema>>
export type BatchOptions = Readonly<z.output<typeof batchSchema>>
/** What both profiles know. */
export type CommonOptions = StreamingOptions | BatchOptions
