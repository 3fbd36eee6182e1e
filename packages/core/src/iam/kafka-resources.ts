import {
  type KafkaActionName,
  type KafkaResourceType,
  kafkaActionNames,
  kafkaActionPrefix,
  kafkaResourceTypes,
} from './kafka-actions.js'
import { covers, intersects } from './pattern.js'

/** What stands behind the account in every ARN of a type. */
const shapes: Readonly<Record<KafkaResourceType, string>> = {
  cluster: 'cluster/*/*',
  topic: 'topic/*/*/*',
  group: 'group/*/*/*',
  'transactional-id': 'transactional-id/*/*/*',
}

/** The types of which the resource of a statement matches at least one ARN. */
export function typesMatchedBy(resource: string): readonly KafkaResourceType[] {
  // Part by part, because in an ARN a wildcard doesn't reach across a colon before the resource (IAM User Guide,
  // "Resource"): otherwise the wildcard of `topic/demo/…/a*` could be made to contain a cluster's ARN.
  const [arn = '', partition = '*', service = '*', , , ...rest] = resource.split(':')
  if (!intersects(arn, 'arn') || !intersects(service, 'kafka') || partition === '') return []
  if (rest.length === 0) return resource.endsWith('*') ? kafkaResourceTypes : []
  const path = rest.join(':')
  return kafkaResourceTypes.filter((type) => {
    // The wildcards of a shape reach across slashes, of which a cluster has two and no more.
    const isTooLong = type === 'cluster' && path.startsWith('cluster/') && path.split('/').length > 3
    return intersects(path, shapes[type]) && !isTooLong
  })
}

/** The `kafka-cluster` actions an `Action` element stands for; IAM compares actions without regard to case. */
export function actionsMatchedBy(action: string): readonly KafkaActionName[] {
  const pattern = action.toLowerCase()
  return kafkaActionNames.filter((name) => covers(pattern, `${kafkaActionPrefix}${name}`.toLowerCase()))
}

/** Whether an `Action` element is written for `kafka-cluster` alone. */
export function isKafkaAction(action: string): boolean {
  return action.toLowerCase().startsWith(kafkaActionPrefix)
}

/** A kafka ARN taken apart; wildcards stay as they are. */
export interface KafkaResourceParts {
  readonly partition: string
  readonly region: string
  readonly accountId: string
  readonly type: string
  readonly clusterName: string
  /** Undefined when a wildcard before it reaches this far. */
  readonly clusterUuid: string | undefined
  readonly name: string | undefined
}

/** Undefined for a pattern whose wildcards leave open where its parts begin, such as `*`. */
export function partsOf(resource: string): KafkaResourceParts | undefined {
  const [arn, partition, service, region, accountId, ...rest] = resource.split(':')
  const [type, clusterName, clusterUuid, ...name] = rest.join(':').split('/')
  if (arn !== 'arn' || service !== 'kafka' || partition === undefined || region === undefined)
    return undefined
  if (accountId === undefined || type === undefined || clusterName === undefined) return undefined
  return {
    partition,
    region,
    accountId,
    type,
    clusterName,
    clusterUuid,
    name: name.length === 0 ? undefined : name.join('/'),
  }
}

/** The resources of another type on the cluster, or clusters, a resource belongs to. */
export function siblingResource(resource: string, type: KafkaResourceType): string {
  const parts = partsOf(resource)
  if (parts === undefined) return resource
  const cluster = `arn:${parts.partition}:kafka:${parts.region}:${parts.accountId}:${type}/${parts.clusterName}`
  // `topic/demo/*`: the wildcard stands for the uuid too.
  const uuid = parts.clusterUuid ?? '*'
  return type === 'cluster' ? `${cluster}/${uuid}` : `${cluster}/${uuid}/*`
}

/** Whether a resource of a statement matches nothing but a Serverless cluster. */
export function isServerless(resource: string): boolean {
  return /-s\d+$/.test(partsOf(resource)?.clusterUuid ?? '')
}
