import { parseConfig, TidewaterError } from '@tidewater/core'
import { z } from 'zod'
import { clusterName, kafka, s3Location, securityGroupIds, subnetIds, tags } from '../cluster/fields.js'
import { workerDiskGb, workerOf } from '../size/serverless-workers.js'
import type { ServerlessSizing } from '../size/sizing.js'

/** Workers that stand ready: as `sizeJob` gives them, with their number. */
const readyWorkers = z
  .strictObject({
    count: z.int().min(1).max(1_000_000),
    vCpus: z.int(),
    memoryGb: z.int(),
    /** Default 20, which is free of charge. */
    diskGb: z.int().min(workerDiskGb).max(200).default(workerDiskGb),
  })
  .superRefine(({ vCpus, memoryGb }, context) => {
    try {
      workerOf(vCpus, memoryGb)
    } catch (thrown) {
      if (!TidewaterError.isInstance(thrown)) throw thrown
      context.addIssue({ code: 'custom', message: thrown.message, input: { vCpus, memoryGb } })
    }
  })

// As the service takes it, which is also how `sizeJob` gives it.
const maximumCapacity = z.strictObject({
  cpu: z.string().regex(/^\d+ vCPU$/, 'must be such as "16 vCPU"'),
  memory: z.string().regex(/^\d+ GB$/, 'must be such as "64 GB"'),
  disk: z
    .string()
    .regex(/^\d+ GB$/, 'must be such as "200 GB"')
    .optional(),
})

export const applicationSchema = z
  .strictObject({
    /** Not unique to the service: with our tag it is what the application is found by. */
    name: clusterName,
    /** Such as `emr-7.13.0`. */
    release: z.string(),
    /** Default `x86_64`. */
    architecture: z.enum(['x86_64', 'arm64']).default('x86_64'),
    /** Belongs to the application, not to its runs; without it no run reaches MSK. Default: none. */
    network: z.strictObject({ subnetIds, securityGroupIds: securityGroupIds.min(1).max(5) }).optional(),
    /** Workers that stand ready while the application is started, and are billed then. Default: none. */
    initialCapacity: z
      .strictObject({ driver: readyWorkers.optional(), executor: readyWorkers.optional() })
      .optional(),
    /** Of all workers together. Default: the account's quota. */
    maximumCapacity: maximumCapacity.optional(),
    /** Idle time after which it stops, and with it its ready workers. Default 15. */
    autoStopAfterIdleMinutes: z.int().min(1).max(10_080).default(15),
    /** Folder for the logs of runs that name none. Default: kept by the service for 30 days. */
    logLocation: s3Location.optional(),
    /** The brokers that jobs read; with it the inbound rules are checked. */
    kafka: kafka.optional(),
    tags,
  })
  .superRefine((definition, context) => {
    const { initialCapacity, maximumCapacity: maximum } = definition
    const initial = sumOf(initialCapacity)
    if (maximum === undefined || initial === undefined) return
    for (const [path, needed, limit] of [
      ['cpu', initial.vCpus, Number.parseInt(maximum.cpu, 10)],
      ['memory', initial.memoryGb, Number.parseInt(maximum.memory, 10)],
    ] as const) {
      if (needed <= limit) continue
      const message = `must be at least that of initialCapacity, which is ${needed}`
      context.addIssue({ code: 'custom', path: ['maximumCapacity', path], message, input: maximum[path] })
    }
  })

export type ApplicationInput = z.input<typeof applicationSchema>
export type ApplicationDefinition = Readonly<z.output<typeof applicationSchema>>

/** @throws TidewaterError `CONFIG_INVALID` naming each wrong field, its value and the limit */
export function applicationDefinition(input: unknown): ApplicationDefinition {
  return parseConfig(applicationSchema, input, 'EMR Serverless application')
}

/** vCPU and memory of the workers that stand ready; undefined when there are none. */
export function sumOf(
  capacity: ApplicationDefinition['initialCapacity'],
): { readonly vCpus: number; readonly memoryGb: number } | undefined {
  const workers = [capacity?.driver, capacity?.executor].filter((one) => one !== undefined)
  if (workers.length === 0) return undefined
  return {
    vCpus: workers.reduce((sum, one) => sum + one.count * one.vCpus, 0),
    memoryGb: workers.reduce((sum, one) => sum + one.count * one.memoryGb, 0),
  }
}

/**
 * The fields of a definition that `sizeJob` has decided.
 *
 * @param options.ready whether driver and least executors stand ready. Default false
 */
export function serverlessShapeOf(
  { executors, executorWorker, driverWorker, maximumCapacity: maximum }: ServerlessSizing,
  { ready = false }: { readonly ready?: boolean } = {},
): Pick<ApplicationInput, 'initialCapacity' | 'maximumCapacity'> {
  return {
    maximumCapacity: maximum,
    ...(ready
      ? {
          initialCapacity: {
            driver: { count: 1, ...driverWorker },
            executor: { count: executors.min, ...executorWorker },
          },
        }
      : {}),
  }
}
