import { z } from 'zod'
import { parseConfig } from '../config/parse.js'
import { brokerSize, isExpress, knownBrokerTypes } from './broker-sizes.js'
import { isAtLeastVersion, parseKafkaVersion } from './kafka-version.js'

/** Limits of the service that a definition must keep to. Those that AWS raises on request are in {@link MskQuotas}. */
export const clusterLimits = {
  nameCharacters: 64,
  storageGiB: { min: 1, max: 16_384 },
  /** Smallest volume that takes provisioned throughput. */
  provisionedThroughputMinStorageGiB: 10,
  /** What a volume has anyway; less than that can't be provisioned. */
  provisionedThroughputMinMiBps: 250,
  expressAvailabilityZones: 3,
  securityGroups: 16,
  serverlessSecurityGroups: 5,
  tags: 50,
} as const

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/,
    `must be 1 to ${clusterLimits.nameCharacters} letters, digits and hyphens that begin with a letter or digit`,
  )

const subnetId = z.string().regex(/^subnet-[0-9a-z]+$/, 'must be a subnet id such as subnet-0a1b2c3d')
const securityGroupId = z.string().regex(/^sg-[0-9a-z]+$/, 'must be a security group id such as sg-0a1b2c3d')

const different = (ids: readonly string[]) => new Set(ids).size === ids.length

const tags = z
  .record(z.string().min(1).max(128), z.string().max(256))
  .refine(
    (all) => Object.keys(all).length <= clusterLimits.tags,
    `a cluster has at most ${clusterLimits.tags} tags`,
  )
  .refine(
    (all) => Object.keys(all).every((key) => !key.toLowerCase().startsWith('aws:')),
    'the prefix aws: is reserved',
  )
  .default({})

const kafkaVersion = z.string().superRefine((text, context) => {
  const version = parseKafkaVersion(text)
  if (version === undefined) {
    context.addIssue({ code: 'custom', message: 'must be a version such as 3.9.x.kraft', input: text })
  } else if (!version.isKraft) {
    const message =
      'must be a KRaft version such as 3.9.x.kraft: a cluster on ZooKeeper has no way to Kafka 4'
    context.addIssue({ code: 'custom', message, input: text })
  } else if (!isAtLeastVersion(version, 3, 7)) {
    const message = 'must be 3.7 or later: MSK has KRaft from there on'
    context.addIssue({ code: 'custom', message, input: text })
  }
})

const provisioned = z.strictObject({
  type: z.literal('provisioned'),
  /** Unique in account and region. */
  name,
  /** Such as `3.9.x.kraft` (default): MSK applies its patch releases by itself. */
  kafkaVersion: kafkaVersion.default('3.9.x.kraft'),
  /** Such as `kafka.m7g.large` (default) or `express.m7g.large`. */
  brokerType: z
    .string()
    .regex(/^(kafka|express)\.[a-z0-9]+\.[a-z0-9]+$/, 'must be a broker type such as kafka.m7g.large')
    .default('kafka.m7g.large'),
  /** Brokers in each Availability Zone; times the subnets this is the cluster's size. Default 1. */
  brokersPerAvailabilityZone: z.int().min(1).default(1),
  /** One subnet in each of 2 or 3 Availability Zones; Express needs 3. */
  clientSubnetIds: z.array(subnetId).min(2).max(3).refine(different, 'must all be different'),
  /** Default: the VPC's default security group. */
  securityGroupIds: z
    .array(securityGroupId)
    .max(clusterLimits.securityGroups)
    .refine(different, 'must all be different')
    .default([]),
  /** Volume of each broker (`volumeSize`). Default 100; not for Express, which has no volumes. */
  storageGiBPerBroker: z.int().min(clusterLimits.storageGiB.min).max(clusterLimits.storageGiB.max).optional(),
  /** Throughput of each broker's volume (`volumeThroughput`). Default: not provisioned, which is up to 250. */
  provisionedThroughputMiBps: z.int().min(clusterLimits.provisionedThroughputMinMiBps).optional(),
  tags,
})

const serverless = z.strictObject({
  type: z.literal('serverless'),
  name,
  /** Subnets of one VPC in at least 2 Availability Zones. */
  subnetIds: z.array(subnetId).min(2).max(10).refine(different, 'must all be different'),
  /** Default: the VPC's default security group. */
  securityGroupIds: z
    .array(securityGroupId)
    .max(clusterLimits.serverlessSecurityGroups)
    .refine(different, 'must all be different')
    .default([]),
  tags,
})

type RawProvisioned = z.output<typeof provisioned>

const defaultStorageGiB = 100

/**
 * A cluster as it should be. IAM authentication is on and clients connect over TLS in every one of them; that isn't an
 * option.
 */
export const clusterDefinitionSchema = z
  .discriminatedUnion('type', [provisioned, serverless])
  .superRefine((definition, context) => {
    if (definition.type === 'serverless') return
    for (const { path, message } of crossFieldProblems(definition)) {
      context.addIssue({ code: 'custom', path: [path], message, input: definition[path] })
    }
  })
  .transform((definition) =>
    definition.type === 'provisioned' && !isExpress(definition.brokerType)
      ? { ...definition, storageGiBPerBroker: definition.storageGiBPerBroker ?? defaultStorageGiB }
      : definition,
  )

export type ClusterDefinitionInput = z.input<typeof clusterDefinitionSchema>
export type ClusterDefinition = Readonly<z.output<typeof clusterDefinitionSchema>>
export type ProvisionedDefinition = Extract<ClusterDefinition, { type: 'provisioned' }>
export type ServerlessDefinition = Extract<ClusterDefinition, { type: 'serverless' }>

/** @throws TidewaterError `CONFIG_INVALID` naming each wrong field, its value and the limit */
export function clusterDefinition(input: unknown): ClusterDefinition {
  return parseConfig(clusterDefinitionSchema, input, 'cluster')
}

/** MSK spreads the same number of brokers over every zone, so the size is a multiple of the subnets. */
export function brokerCount(definition: ProvisionedDefinition): number {
  return definition.brokersPerAvailabilityZone * definition.clientSubnetIds.length
}

interface CrossFieldProblem {
  readonly path: keyof RawProvisioned
  readonly message: string
}

function crossFieldProblems(definition: RawProvisioned): CrossFieldProblem[] {
  const { brokerType, clientSubnetIds, storageGiBPerBroker, provisionedThroughputMiBps } = definition
  const problems: CrossFieldProblem[] = []
  if (isExpress(brokerType)) {
    if (clientSubnetIds.length !== clusterLimits.expressAvailabilityZones) {
      problems.push({
        path: 'clientSubnetIds',
        message: `${brokerType} needs ${clusterLimits.expressAvailabilityZones} subnets, one in each of 3 Availability Zones`,
      })
    }
    if (storageGiBPerBroker !== undefined) {
      problems.push({
        path: 'storageGiBPerBroker',
        message: `must be left out: ${brokerType} has no volumes, its storage grows by itself`,
      })
    }
  }
  if (provisionedThroughputMiBps === undefined) return problems
  const limit = brokerSize(brokerType)?.maxProvisionedThroughputMiBps
  if (limit === undefined) {
    const able = knownBrokerTypes.filter(
      (type) => brokerSize(type)?.maxProvisionedThroughputMiBps !== undefined,
    )
    problems.push({
      path: 'provisionedThroughputMiBps',
      message: `can't be provisioned on ${brokerType}; it can on ${able.join(', ')}`,
    })
  } else if (provisionedThroughputMiBps > limit) {
    problems.push({
      path: 'provisionedThroughputMiBps',
      message: `must be at most ${limit} MiB/s on ${brokerType}`,
    })
  }
  const storage = storageGiBPerBroker ?? defaultStorageGiB
  if (storage < clusterLimits.provisionedThroughputMinStorageGiB) {
    problems.push({
      path: 'storageGiBPerBroker',
      message: `must be at least ${clusterLimits.provisionedThroughputMinStorageGiB} GiB with provisioned throughput`,
    })
  }
  return problems
}
