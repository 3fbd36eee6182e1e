import { z } from 'zod'

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
    /** Port of the Kafka broker on 127.0.0.1. Default: a free one. */
    brokerPort: port.optional(),
    /** Port of the KRaft controller on 127.0.0.1. Default: a free one. */
    controllerPort: port.optional(),
    /** Heap of the Kafka broker. Default 512. */
    brokerHeapMb: z.int().min(256).max(1_048_576).default(512),
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
  })
  .refine(({ brokerPort, controllerPort }) => brokerPort === undefined || brokerPort !== controllerPort, {
    path: ['controllerPort'],
    message: 'must differ from brokerPort',
  })

export type LocalStackInput = z.input<typeof localStackSchema>
export type LocalStackConfig = Readonly<z.output<typeof localStackSchema>>
export type SparkResources = Readonly<z.output<typeof sparkResourcesSchema>>
