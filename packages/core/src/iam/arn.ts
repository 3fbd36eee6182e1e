import { describeValue } from '../config/parse.js'
import { TidewaterError } from '../errors.js'
import type { KafkaResourceType } from './kafka-actions.js'

export const partitions = ['aws', 'aws-cn', 'aws-us-gov'] as const

export type Partition = (typeof partitions)[number]

/** Where a resource lives; every ARN but those of S3 names it. */
export interface ArnScope {
  readonly partition: Partition
  /** Such as `us-east-1`; belongs to `partition`. */
  readonly region: string
  /** 12 digits. */
  readonly accountId: string
}

export interface Arn extends ArnScope {
  readonly service: string
  /** Everything behind the account, such as `cluster/demo/…`. */
  readonly resource: string
}

export interface ClusterArn extends ArnScope {
  readonly clusterName: string
  /** With the suffix MSK appends: `-<digits>`, or `-s<digits>` on a Serverless cluster. */
  readonly clusterUuid: string
  readonly isServerless: boolean
}

/** @throws TidewaterError `CONFIG_INVALID` naming the value, what was expected and what to do */
export function refuse(what: string, value: unknown, expected: string, remedy: string): never {
  throw new TidewaterError(
    'CONFIG_INVALID',
    `Invalid ${what} ${describeValue(value)}: expected ${expected}`,
    {
      remedy,
      details: { value: describeValue(value) },
    },
  )
}

/**
 * @param what the value's role in messages, such as `cluster ARN`
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function parseArn(text: string, what: string): Arn {
  const [prefix, partition = '', service = '', region = '', accountId = '', ...rest] = text.split(':')
  const resource = rest.join(':')
  const remedy = 'Copy it from the AWS console or from the describe call of the service.'
  if (prefix !== 'arn' || rest.length === 0) {
    refuse(what, text, 'arn:<partition>:<service>:<region>:<account>:<resource>', remedy)
  }
  if (!isPartition(partition)) {
    refuse(
      what,
      text,
      `one of the partitions ${partitions.join(', ')}, got ${describeValue(partition)}`,
      remedy,
    )
  }
  if (!/^[a-z0-9-]+$/.test(service)) refuse(what, text, 'the name of a service behind the partition', remedy)
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    refuse(what, text, `a region such as us-east-1, got ${describeValue(region)}`, remedy)
  }
  if (partitionOf(region) !== partition) {
    const expected = `a region of partition ${partition}, but ${region} is of ${partitionOf(region)}`
    refuse(what, text, expected, `Write arn:${partitionOf(region)}:… or name a region of ${partition}.`)
  }
  if (!/^\d{12}$/.test(accountId)) {
    refuse(what, text, `an account of 12 digits, got ${describeValue(accountId)}`, remedy)
  }
  if (resource === '') refuse(what, text, 'a resource behind the account', remedy)
  return { partition, service, region, accountId, resource }
}

export function formatArn({ partition, service, region, accountId, resource }: Arn): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`
}

/**
 * An ARN that must belong to one service.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function parseArnOf(service: string, text: string, what: string, example: string): Arn {
  const arn = parseArn(text, what)
  if (arn.service === service) return arn
  return refuse(
    what,
    text,
    `an ARN of service ${service}, got one of ${arn.service}`,
    `Give one such as ${example}.`,
  )
}

const clusterExample =
  'arn:aws:kafka:us-east-1:123456789012:cluster/demo/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2'

// MSK appends the number of a shard, with an `s` before it on Serverless clusters; a local broker has no shard.
const clusterResource =
  /^cluster\/([A-Za-z0-9._-]{1,64})\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-(s)?\d+)?)$/

/** @throws TidewaterError `CONFIG_INVALID` */
export function parseClusterArn(text: string): ClusterArn {
  const what = 'cluster ARN'
  const { resource, partition, region, accountId } = parseArnOf('kafka', text, what, clusterExample)
  const match = clusterResource.exec(resource)
  const [, clusterName, clusterUuid, serverless] = match ?? []
  if (clusterName === undefined || clusterUuid === undefined) {
    return refuse(
      what,
      text,
      `cluster/<name>/<uuid> behind the account, got ${describeValue(resource)}`,
      `Give the ARN that "aws kafka list-clusters-v2" prints, such as ${clusterExample}.`,
    )
  }
  return { partition, region, accountId, clusterName, clusterUuid, isServerless: serverless === 's' }
}

/** The ARN of the cluster itself, or of a topic, group or transactional id of it. */
export function kafkaArn(cluster: ClusterArn, type: 'cluster'): string
export function kafkaArn(
  cluster: ClusterArn,
  type: Exclude<KafkaResourceType, 'cluster'>,
  name: string,
): string
export function kafkaArn(cluster: ClusterArn, type: KafkaResourceType, name?: string): string {
  const { clusterName, clusterUuid } = cluster
  const path = [type, clusterName, clusterUuid, ...(name === undefined ? [] : [name])]
  return formatArn({ ...cluster, service: 'kafka', resource: path.join('/') })
}

function isPartition(text: string): text is Partition {
  return (partitions as readonly string[]).includes(text)
}

/** The partition a region belongs to. */
export function partitionOf(region: string): Partition {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
