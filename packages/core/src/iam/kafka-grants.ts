import { type ClusterArn, kafkaArn } from './arn.js'
import { type KafkaActionOn, type KafkaResourceType, kafkaActionPrefix } from './kafka-actions.js'
import { idPattern, sparkGroupPatterns, topicPattern } from './kafka-names.js'
import type { Grant } from './policy.js'
import { sources } from './sources.js'

// What clients need of a cluster, a statement at a time. The types keep each action on the one type of ARN it matches.

export function connect(cluster: ClusterArn): Grant {
  return {
    sid: 'ConnectToCluster',
    ...onCluster(cluster, ['Connect']),
    why: 'Every other kafka-cluster action requires a connection to the cluster.',
    source: sources.mskActions,
  }
}

export function writeTopics(cluster: ClusterArn, topics: readonly string[]): Grant {
  return {
    sid: 'WriteTopics',
    ...on(cluster, 'topic', topics.map(topicPattern), ['DescribeTopic', 'WriteData']),
    why: 'Producing: the partitions and their leaders are looked up (DescribeTopic), then records are written.',
    source: sources.mskActions,
  }
}

export function writeIdempotently(cluster: ClusterArn): Grant {
  return {
    sid: 'WriteIdempotently',
    ...onCluster(cluster, ['WriteDataIdempotently']),
    why: 'A producer id is given out by the cluster, so this action is only ever checked against the cluster ARN; on a topic ARN it never matches.',
    source: sources.mskActions,
  }
}

export function useTransactions(cluster: ClusterArn, ids: readonly string[]): Grant {
  const patterns = ids.map((id) => idPattern('transactional id', id))
  return {
    sid: 'UseTransactions',
    ...on(cluster, 'transactional-id', patterns, ['DescribeTransactionalId', 'AlterTransactionalId']),
    why: 'Transactions: the coordinator of the transactional id is looked up, then transactions begin and end under it.',
    source: sources.mskActions,
  }
}

export function readTopics(cluster: ClusterArn, topics: readonly string[]): Grant {
  return {
    sid: 'ReadTopics',
    ...on(cluster, 'topic', topics.map(topicPattern), ['DescribeTopic', 'ReadData']),
    why: 'Consuming: partitions and offsets are looked up (DescribeTopic), then records are fetched.',
    source: sources.mskActions,
  }
}

export function joinGroups(cluster: ClusterArn, groups: readonly string[]): Grant {
  const patterns = groups.map((group) => idPattern('group', group))
  return {
    sid: 'JoinGroups',
    ...on(cluster, 'group', patterns, ['DescribeGroup', 'AlterGroup']),
    why: 'Joining the group and committing offsets; MSK lists AlterGroup among what ReadData requires.',
    source: sources.mskActions,
  }
}

export function joinSparkGroups(cluster: ClusterArn, groupIdPrefix: string | undefined): Grant {
  return {
    sid: 'JoinSparkGroups',
    ...on(cluster, 'group', sparkGroupPatterns(groupIdPrefix), ['DescribeGroup', 'AlterGroup']),
    why: "Spark's Kafka source makes up a group of its own for each query, of which only the prefix is known beforehand; MSK lists AlterGroup among what ReadData requires.",
    source: `${sources.sparkKafkaGroups}; ${sources.mskActions}`,
  }
}

export function administerTopics(cluster: ClusterArn, topics: readonly string[]): Grant {
  return {
    sid: 'AdministerTopics',
    ...on(cluster, 'topic', topics.map(topicPattern), [
      'CreateTopic',
      'DescribeTopic',
      'AlterTopic',
      'DescribeTopicDynamicConfiguration',
      'AlterTopicDynamicConfiguration',
    ]),
    why: 'Creating topics, adding partitions (AlterTopic), and reading and changing their configs.',
    source: sources.mskActions,
  }
}

export function deleteTopics(cluster: ClusterArn, topics: readonly string[]): Grant {
  return {
    sid: 'DeleteTopics',
    ...on(cluster, 'topic', topics.map(topicPattern), ['DeleteTopic']),
    why: 'Deleting topics with all their records; a statement of its own because it was asked for explicitly.',
    source: sources.mskActions,
  }
}

function onCluster(
  cluster: ClusterArn,
  actions: readonly KafkaActionOn<'cluster'>[],
): Pick<Grant, 'actions' | 'resources'> {
  return {
    actions: actions.map((action) => `${kafkaActionPrefix}${action}`),
    resources: [kafkaArn(cluster, 'cluster')],
  }
}

function on<T extends Exclude<KafkaResourceType, 'cluster'>>(
  cluster: ClusterArn,
  type: T,
  names: readonly string[],
  actions: readonly KafkaActionOn<T>[],
): Pick<Grant, 'actions' | 'resources'> {
  return {
    actions: actions.map((action) => `${kafkaActionPrefix}${action}`),
    resources: names.map((name) => kafkaArn(cluster, type, name)),
  }
}
