import { parseConfig } from '@tidewater/core'
import { z } from 'zod'

const demoOptionsSchema = z
  .strictObject({
    /** Records produced in all. Default 1,000,000. */
    records: z.int().min(0).max(1_000_000_000).default(1_000_000),
    /** Producers that share them. Default 4. */
    producers: z.int().min(1).max(64).default(4),
    /** Partitions of the topic. Default 3, as in the run book. */
    partitions: z.int().min(1).max(1_000).default(3),
    /** Micro-batches the streaming job takes; each leaves a snapshot and its files. Default 8. */
    microBatches: z.int().min(1).max(1_000).default(8),
    /** Seed of the generated records: the same seed makes the same records. Default 1. */
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1),
    /** Heap of Spark's driver, which is all of Spark here. Default 2048. */
    sparkMemoryMb: z.int().min(512).max(65_536).default(2_048),
    /** Over TLS with IAM: producers, topic and Spark job authenticate, under policies made for them. Default false. */
    iam: z.boolean().default(false),
    /** As steps of an EMR cluster, tables in Glue and S3, all of them local. Default false. */
    aws: z.boolean().default(false),
    /** Leave the stack up and its folder in place. Default false. */
    keep: z.boolean().default(false),
    /** Folder for Kafka's data, the tables and the logs; it must not exist or be empty. Default: a new temporary folder. */
    stateFolder: z.string().min(1).optional(),
    /** File the summary is written to as JSON. */
    jsonFile: z.string().min(1).optional(),
  })
  .refine(({ aws, keep }) => !(aws && keep), {
    path: ['keep'],
    error: 'cannot go with aws: the local AWS services end with the demo',
  })
  .refine(({ aws, iam }) => !(aws && iam), {
    path: ['iam'],
    error: 'cannot go with aws: the steps would need a role the broker knows',
  })

export type DemoOptions = Readonly<z.output<typeof demoOptionsSchema>>

/** @throws TidewaterError `CONFIG_INVALID` naming the option, its value and the limit. */
export function parseDemoOptions(input: unknown): DemoOptions {
  return parseConfig(demoOptionsSchema, input, 'demo options')
}

/** How many of `records` each producer writes: as even as it goes, the first ones take the remainder. */
export function shareRecords(records: number, producers: number): readonly number[] {
  const each = Math.floor(records / producers)
  const remainder = records % producers
  return Array.from({ length: producers }, (_, index) => each + (index < remainder ? 1 : 0))
}
