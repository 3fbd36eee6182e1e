import type { KafkaAdmin } from '@tidewater/core'
import { clusterNotFound, KafkaClusters, type Transition, type WireCluster } from './kafka-clusters.js'
import { KafkaTopics, page } from './kafka-topics.js'
import { restJson } from './rest-json.js'
import { firstOf, type Route, route } from './rest-route.js'
import { type AwsFault, type AwsOutcome, type AwsService, fault, result } from './service.js'
import { wireBody } from './wire-values.js'

/** Fields of GetBootstrapBrokers in the service's wire form, such as `bootstrapBrokerStringSaslIam`. */
export type WireBootstrapBrokers = Readonly<Record<string, string>>

export interface KafkaServiceOptions {
  /** Default `us-east-1`; the endpoint's. */
  readonly region?: string
  /** Default `123456789012`. */
  readonly accountId?: string
  /** When CREATING becomes ACTIVE, and DELETING the end. Default after 1 describe. */
  readonly transition?: Transition
  /** Makes every cluster that is created end as FAILED with this. Default: none. */
  readonly failCreationWith?: { readonly code: string; readonly message: string }
  /** Clusters that are there from the start, such as the local broker. */
  readonly clusters?: readonly WireCluster[]
  /** The brokers of an ACTIVE cluster. Default: none. */
  readonly bootstrapBrokers?: (cluster: WireCluster) => WireBootstrapBrokers
  /** Opens a client of the broker on which topics are made. Default: none, and topic operations say so. */
  readonly kafkaAdmin?: () => Promise<KafkaAdmin>
  /** How many descriptions of a topic still show it as it was before a change. Default 0. */
  readonly staleDescribes?: number
  /** Largest page of a list. Default 100. */
  readonly pageSize?: number
}

/** Amazon MSK's control plane: clusters that come and go, and topics on a real broker. */
export function kafkaService(options: KafkaServiceOptions = {}): AwsService {
  const {
    region = 'us-east-1',
    accountId = '123456789012',
    transition = { afterDescribes: 1 },
    failCreationWith,
    kafkaAdmin,
    staleDescribes = 0,
    pageSize = 100,
    bootstrapBrokers = () => ({}),
  } = options
  const clusters = new KafkaClusters({
    region,
    accountId,
    transition,
    ...(failCreationWith === undefined ? {} : { failCreationWith }),
  })
  for (const cluster of options.clusters ?? []) clusters.put(cluster, Date.now())
  const topics = new KafkaTopics({
    staleDescribes,
    pageSize,
    ...(kafkaAdmin === undefined ? {} : { kafkaAdmin }),
  })

  const operations: readonly Route[] = [
    route('CreateClusterV2', 'POST', '/api/v2/clusters', ({ request, nowMs }) => {
      const created = clusters.create(wireBody(request.body), nowMs)
      if (isFault(created)) return created
      const { clusterArn, clusterName, clusterType, state } = created
      return result({ clusterArn, clusterName, clusterType, state })
    }),
    route('ListClustersV2', 'GET', '/api/v2/clusters', ({ request: { query }, nowMs }) => {
      const prefix = query.get('clusterNameFilter') ?? ''
      const type = query.get('clusterTypeFilter')
      const found = clusters.list(nowMs).filter(({ clusterName, clusterType }) => {
        return clusterName.startsWith(prefix) && (type === null || type === clusterType)
      })
      return page('clusterInfoList', found, query, pageSize)
    }),
    route('DescribeClusterV2', 'GET', '/api/v2/clusters/*', ({ nowMs }, [arn = '']) => {
      const cluster = clusters.describe(arn, nowMs)
      return cluster === undefined ? clusterNotFound() : result({ clusterInfo: cluster })
    }),
    route('DeleteCluster', 'DELETE', '/v1/clusters/*', ({ request, nowMs }, [arn = '']) => {
      const deleted = clusters.delete(arn, request.query.get('currentVersion'), nowMs)
      return isFault(deleted) ? deleted : result({ clusterArn: arn, state: deleted.state })
    }),
    route('GetBootstrapBrokers', 'GET', '/v1/clusters/*/bootstrap-brokers', ({ nowMs }, [arn = '']) => {
      const cluster = clusters.find(arn, nowMs)
      if (cluster === undefined) return clusterNotFound()
      return result(cluster.state === 'ACTIVE' ? bootstrapBrokers(cluster) : {})
    }),
    route('CreateTopic', 'POST', '/v1/clusters/*/topics', ({ request, nowMs }, [arn = '']) =>
      onTopics(arn, nowMs, () => topics.create(arn, wireBody(request.body))),
    ),
    route('ListTopics', 'GET', '/v1/clusters/*/topics', ({ request, nowMs }, [arn = '']) =>
      onTopics(arn, nowMs, () => topics.list(arn, request.query)),
    ),
    route('DescribeTopic', 'GET', '/v1/clusters/*/topics/*', ({ nowMs }, [arn = '', topic = '']) =>
      onTopics(arn, nowMs, () => topics.describe(arn, topic)),
    ),
    route('UpdateTopic', 'PUT', '/v1/clusters/*/topics/*', ({ request, nowMs }, [arn = '', topic = '']) =>
      onTopics(arn, nowMs, () => topics.update(arn, topic, wireBody(request.body))),
    ),
    route('DeleteTopic', 'DELETE', '/v1/clusters/*/topics/*', ({ nowMs }, [arn = '', topic = '']) =>
      onTopics(arn, nowMs, () => topics.delete(arn, topic)),
    ),
    route(
      'DescribeTopicPartitions',
      'GET',
      '/v1/clusters/*/topics/*/partitions',
      ({ request, nowMs }, [arn = '', topic = '']) =>
        onTopics(arn, nowMs, () => topics.partitions(arn, topic, request.query)),
    ),
  ]

  /** The conditions under which a cluster's topics are to be had from the service. */
  const onTopics = async (
    arn: string,
    nowMs: number,
    work: () => Promise<AwsOutcome>,
  ): Promise<AwsOutcome> => {
    const cluster = clusters.find(arn, nowMs)
    if (cluster === undefined) return clusterNotFound()
    if (cluster.clusterType === 'SERVERLESS') {
      return fault('BadRequestException', 400, 'This operation is not supported for Serverless clusters.')
    }
    if (cluster.state !== 'ACTIVE') {
      return fault('BadRequestException', 400, `The cluster must be ACTIVE; it is ${cluster.state}.`)
    }
    return work()
  }

  return {
    signingName: 'kafka',
    protocol: restJson,
    route: (request) => firstOf(operations, request),
  }
}

function isFault(value: WireCluster | AwsFault): value is AwsFault {
  return 'kind' in value
}
