import { z } from 'zod'
import { type AwsOptions, awsOptionsSchema } from '../aws/aws-options.js'
import { type IamOptions, iamOptionsSchema } from './iam/options.js'
import { kafkaVersions } from './kafka-releases.js'
import { firstNodeId, listenerRequests, mostBrokers, portConflict } from './listeners.js'

const port = z.int().min(1).max(65_535)

/** How Spark runs on this machine. */
export const sparkResourcesSchema = z.strictObject({
  /** Heap of Spark's driver, which on one machine is also its executor (`spark.driver.memory`). Default 2,048. */
  driverMemoryMb: z.int().min(512).max(1_048_576).default(2_048),
  /** Threads that run tasks (`local[cores]`). Default 2. */
  cores: z.int().min(1).max(1_024).default(2),
})

/** What a caller may say about a local stack. */
export const localStackSchema = z
  .strictObject({
    /**
     * Kafka brokers, each a KRaft controller as well. Default 1. With 3 the cluster goes on when any one is lost: topics
     * get three replicas and `min.insync.replicas` 2 unless they say otherwise.
     */
    brokers: z.literal([1, 3]).default(1),
    /**
     * Release of Kafka. Default 3.9. 4.1 is fetched when it is first asked for. On a state folder of 3.9 either goes on; one
     * that 4.1 has made is refused to 3.9.
     */
    kafkaVersion: z.enum(kafkaVersions).default('3.9'),
    /** Port of the first Kafka broker on 127.0.0.1. Default: a free one. */
    brokerPort: port.optional(),
    /** Port of the first KRaft controller on 127.0.0.1. Default: a free one. */
    controllerPort: port.optional(),
    /** Heap of each Kafka broker. Default 512; 256 with three brokers. */
    brokerHeapMb: z.int().min(256).max(1_048_576).optional(),
    /**
     * Clients reach each broker through a proxy of this process, which can break, hold and refuse their connections:
     * `stack.brokers[i].proxy`. Brokers reach each other directly. Default false.
     */
    proxied: z.boolean().default(false),
    /**
     * Gives one broker a second log directory on a file system of that size, which fills: partitions go to the directory
     * that has fewer of them, and appends to one on a full directory fail with KAFKA_STORAGE_ERROR while the broker goes
     * on. In memory, and gone with each end of the broker's process. Linux only, as root. Default: none.
     */
    smallLogDir: z
      .strictObject({
        /** The broker's `id`. */
        brokerId: z.int().min(firstNodeId).max(mostBrokers),
        /** At least 4: Kafka makes index files ahead of the records. */
        sizeMb: z.int().min(4).max(65_536),
      })
      .optional(),
    /** Folder for data, logs and configuration. Default: a new one in the system's temporary folder. */
    stateFolder: z.string().min(1).optional(),
    /** Keep the state folder after the stop. Default: true for a folder the caller named, false for a temporary one. */
    keep: z.boolean().optional(),
    /** Longest wait for the broker to answer metadata. Default 60,000. */
    readyTimeoutMs: z.int().min(1_000).max(3_600_000).default(60_000),
    /** Longest wait for the broker's clean stop; then it is killed. Default 20,000. */
    stopTimeoutMs: z.int().min(1_000).max(3_600_000).default(20_000),
    /** Spark's share of the machine. */
    spark: sparkResourcesSchema.prefault({}),
    /** A second listener that authenticates and authorizes as MSK with IAM does. Default false; true: all its defaults. */
    iam: z.preprocess(
      (value) => (value === true ? {} : value === false ? undefined : value),
      iamOptionsSchema.optional(),
    ),
    /** AWS's services: S3, Glue, IAM, STS, EMR, EMR Serverless, EMR on EKS, Athena. Default false; true: all their defaults. */
    aws: z.preprocess(
      (value) => (value === true ? {} : value === false ? undefined : value),
      awsOptionsSchema.optional(),
    ),
  })
  .superRefine((config, context) => {
    const refuse = (path: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: [path], message, input })
    const { smallLogDir } = config
    if (smallLogDir !== undefined && smallLogDir.brokerId > config.brokers)
      refuse('smallLogDir', `must name one of ${config.brokers} brokers`, smallLogDir.brokerId)
    if (config.iam !== undefined) {
      if (config.brokers !== 1) refuse('brokers', 'must be 1 with iam', config.brokers)
      // The plugin is built for it.
      if (config.kafkaVersion !== '3.9') refuse('kafkaVersion', 'must be 3.9 with iam', config.kafkaVersion)
      if (config.proxied) refuse('proxied', 'must be false with iam', config.proxied)
    }
    const conflict = portConflict(listenerRequests(config))
    if (conflict === undefined) return
    const { first, second } = conflict
    context.addIssue({
      code: 'custom',
      path: second.option.split('.'),
      message: `must differ from ${first.option}`,
      input: second.port,
    })
  })
  .transform((config) => ({
    ...config,
    brokerHeapMb: config.brokerHeapMb ?? (config.brokers === 1 ? 512 : 256),
  }))

export type LocalStackInput = Omit<z.input<typeof localStackSchema>, 'iam' | 'aws'> & {
  readonly iam?: boolean | IamOptions | undefined
  readonly aws?: boolean | AwsOptions | undefined
}
export type LocalStackConfig = Readonly<z.output<typeof localStackSchema>>
export type SparkResources = Readonly<z.output<typeof sparkResourcesSchema>>
