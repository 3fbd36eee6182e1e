import { z } from 'zod'
import { instanceTypes } from './instance-types.js'

const common = {
  /** Partitions of the topic. */
  partitions: z.int().min(1).max(100_000),
  /** Records a second, over all partitions. */
  recordsPerSecond: z.number().min(1).max(1e9),
  /** Bytes of a record's value as it lies in Kafka, before compression. */
  recordBytes: z.int().min(1).max(104_857_600),
  /** Records a second that one core works off, measured with this job. Default: from our measurement, by size. */
  recordsPerSecondPerCore: z.number().min(1).max(10_000_000).optional(),
  /** Cores of an executor. Default 4; on EC2 the instance type's vCPU must be a multiple. */
  executorCores: z.int().min(1).max(128).default(4),
}

const knownTypes = instanceTypes.map(({ instanceType }) => instanceType)

export const ec2Schema = z.strictObject({
  target: z.literal('ec2').optional(),
  ...common,
  /** Of core and task nodes. Default `m6g.xlarge`. */
  instanceType: z.enum(knownTypes, `must be one of ${knownTypes.join(', ')}`).default('m6g.xlarge'),
  /** Instance groups, or fleets, which know several instance types. Default `groups`. */
  capacity: z.enum(['groups', 'fleets']).default('groups'),
  /** Spot capacity for task nodes, which come on top of those for the steady load. Default false. */
  spot: z.boolean().default(false),
})

export const serverlessSchema = z.strictObject({
  target: z.literal('serverless'),
  ...common,
  /** Memory of an executor's worker, GB; AWS has a few sizes. Default 4 for each core. */
  executorMemoryGb: z.int().min(1).optional(),
})

export type SizeInput = z.input<typeof serverlessSchema> | z.input<typeof ec2Schema>
export type Ec2Options = Readonly<z.output<typeof ec2Schema>>
export type ServerlessOptions = Readonly<z.output<typeof serverlessSchema>>
