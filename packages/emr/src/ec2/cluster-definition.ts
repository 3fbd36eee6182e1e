import { parseConfig } from '@tidewater/core'
import { z } from 'zod'
import {
  clusterName,
  kafka,
  s3Location,
  securityGroupId,
  securityGroupIds,
  subnetIds,
  tags,
} from '../cluster/fields.js'
import type { Ec2Sizing } from '../size/sizing.js'

const instanceType = z
  .string()
  .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be an instance type such as m6g.xlarge')
const capacity = z.int().min(0).max(4_000)

// Groups, fleets and limits are written as RunJobFlow takes them, which is also how `sizeJob` gives them.
const instanceGroups = z
  .array(
    z.strictObject({
      InstanceRole: z.enum(['MASTER', 'CORE', 'TASK']),
      InstanceType: instanceType,
      InstanceCount: z.int().min(1).max(4_000),
      Market: z.enum(['ON_DEMAND', 'SPOT']).default('ON_DEMAND'),
    }),
  )
  .refine(
    (all) => all.filter((one) => one.InstanceRole === 'MASTER').length === 1,
    'must have one group MASTER',
  )
  .refine((all) => all.filter((one) => one.InstanceRole === 'CORE').length === 1, 'must have one group CORE')
  .refine(
    (all) => all.every((one) => one.InstanceRole !== 'MASTER' || [1, 3].includes(one.InstanceCount)),
    'the group MASTER must have 1 instance, or 3',
  )

const instanceFleets = z
  .array(
    z.strictObject({
      InstanceFleetType: z.enum(['MASTER', 'CORE', 'TASK']),
      TargetOnDemandCapacity: capacity.default(0),
      TargetSpotCapacity: capacity.default(0),
      InstanceTypeConfigs: z
        .array(
          z.strictObject({
            InstanceType: instanceType,
            WeightedCapacity: z.int().min(0).max(999).default(1),
          }),
        )
        .min(1)
        .max(30),
    }),
  )
  .refine(
    (all) => new Set(all.map((one) => one.InstanceFleetType)).size === all.length,
    'must have one fleet of a type',
  )
  .refine(
    (all) =>
      all.some((one) => one.InstanceFleetType === 'MASTER') &&
      all.some((one) => one.InstanceFleetType === 'CORE'),
    'must have the fleets MASTER and CORE',
  )
  .refine(
    (all) => all.every((one) => one.TargetOnDemandCapacity + one.TargetSpotCapacity > 0),
    'each must have a capacity above 0',
  )

const computeLimits = z
  .strictObject({
    UnitType: z.enum(['Instances', 'InstanceFleetUnits', 'VCPU']),
    MinimumCapacityUnits: z.int().min(1),
    MaximumCapacityUnits: z.int().min(1),
    MaximumOnDemandCapacityUnits: z.int().min(0).optional(),
    MaximumCoreCapacityUnits: z.int().min(1).optional(),
  })
  .refine(
    (limits) => limits.MinimumCapacityUnits <= limits.MaximumCapacityUnits,
    'MinimumCapacityUnits must be at most MaximumCapacityUnits',
  )

const bootstrapAction = z.strictObject({
  name: z.string().min(1).max(256),
  /** Of the script. */
  location: s3Location,
  arguments: z.array(z.string()).default([]),
})

const classification = z.strictObject({
  classification: z.string().min(1),
  properties: z.record(z.string(), z.string()),
})

export const ec2ClusterSchema = z
  .strictObject({
    /** Not unique to EMR: with our tag it is what the cluster is found by. */
    name: clusterName,
    /** Such as `emr-7.13.0`. */
    release: z.string(),
    /** Either these or `instanceFleets`, as `sizeJob` gives them. */
    instanceGroups: instanceGroups.optional(),
    instanceFleets: instanceFleets.optional(),
    /** Of the managed scaling policy, as `sizeJob` gives them. Default: the cluster keeps its size. */
    computeLimits: computeLimits.optional(),
    /** How long a fleet waits for Spot capacity before it takes On-Demand instead. Default 15. */
    spotTimeoutMinutes: z.int().min(5).max(1_440).default(15),
    /** One; with instance fleets several, of which EMR chooses one. */
    subnetIds,
    /** Folder for logs. Default: none, and then a failure leaves no log behind. */
    logLocation: s3Location.optional(),
    /** The role by which EMR acts. */
    serviceRole: z.string().min(1),
    /** Of the nodes: name or ARN. */
    instanceProfile: z.string().min(1),
    /**
     * Each step may have a role of its own (`executionRoleArn` of the step target): needs a security configuration, which is made
     * when `securityConfiguration` names none. Default false.
     */
    runtimeRoles: z.boolean().default(false),
    /** An existing security configuration. Default: none. */
    securityConfiguration: z.string().min(1).optional(),
    /** Default: EMR makes its own in the VPC, about which nothing can be said before. */
    securityGroups: z
      .strictObject({
        primary: securityGroupId,
        coreAndTask: securityGroupId,
        /** In a private subnet. */
        serviceAccess: securityGroupId.optional(),
        /** Beside those, on all nodes. */
        additional: securityGroupIds.default([]),
      })
      .optional(),
    /** The brokers that jobs read; with it the inbound rules are checked. */
    kafka: kafka.optional(),
    bootstrapActions: z.array(bootstrapAction).max(16).default([]),
    /** Steps that run at the same time. Default 10. */
    stepConcurrency: z.int().min(1).max(256).default(10),
    /** Idle time after which the cluster ends. Default: never. */
    autoTerminateAfterIdleMinutes: z.int().min(1).max(10_080).optional(),
    /** Default false. */
    terminationProtection: z.boolean().default(false),
    /** Configurations of applications; these win over our own. */
    configurations: z.array(classification).default([]),
    tags,
  })
  .superRefine((definition, context) => {
    const {
      instanceGroups: groups,
      instanceFleets: fleets,
      subnetIds: subnets,
      computeLimits: limits,
    } = definition
    const problem = (path: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: [path], message, input })
    if ((groups === undefined) === (fleets === undefined))
      problem('instanceGroups', 'either instanceGroups or instanceFleets must be given', groups)
    if (groups !== undefined && subnets.length > 1)
      problem('subnetIds', 'must be one with instance groups; several go with instance fleets', subnets)
    const unit = fleets === undefined ? 'Instances' : 'InstanceFleetUnits'
    if (limits !== undefined && limits.UnitType !== unit && !(groups && limits.UnitType === 'VCPU'))
      problem('computeLimits', `UnitType must be ${unit}`, limits.UnitType)
  })

export type Ec2ClusterInput = z.input<typeof ec2ClusterSchema>
export type Ec2ClusterDefinition = Readonly<z.output<typeof ec2ClusterSchema>>

/** @throws TidewaterError `CONFIG_INVALID` naming each wrong field, its value and the limit */
export function ec2ClusterDefinition(input: unknown): Ec2ClusterDefinition {
  return parseConfig(ec2ClusterSchema, input, 'EMR cluster')
}

/** The fields of a definition that `sizeJob` has decided. */
export function ec2ShapeOf({
  instanceGroups: groups,
  instanceFleets: fleets,
  computeLimits: limits,
}: Ec2Sizing): Pick<Ec2ClusterInput, 'instanceGroups' | 'instanceFleets' | 'computeLimits'> {
  return {
    ...(groups === undefined ? {} : { instanceGroups: [...groups] }),
    ...(fleets === undefined
      ? {}
      : {
          instanceFleets: fleets.map((fleet) => ({
            ...fleet,
            InstanceTypeConfigs: [...fleet.InstanceTypeConfigs],
          })),
        }),
    computeLimits: limits,
  }
}
