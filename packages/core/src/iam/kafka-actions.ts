/** What a `kafka-cluster` action is allowed on. */
export const kafkaResourceTypes = ['cluster', 'topic', 'group', 'transactional-id'] as const

export type KafkaResourceType = (typeof kafkaResourceTypes)[number]

interface KafkaAction {
  /** The only type of ARN the action is ever checked against. */
  readonly resource: KafkaResourceType
  /** Actions that have to be allowed together with this one. */
  readonly requires: readonly string[]
  readonly onServerless: boolean
}

/**
 * Every `kafka-cluster` action. Resource types and dependent actions: Service Authorization Reference, "Apache Kafka
 * APIs for Amazon MSK clusters"; Serverless: MSK Developer Guide, "Semantics of IAM authorization policy actions and
 * resources".
 */
export const kafkaActions = {
  Connect: { resource: 'cluster', requires: [], onServerless: true },
  DescribeCluster: { resource: 'cluster', requires: ['Connect'], onServerless: true },
  AlterCluster: { resource: 'cluster', requires: ['Connect', 'DescribeCluster'], onServerless: false },
  DescribeClusterDynamicConfiguration: { resource: 'cluster', requires: ['Connect'], onServerless: false },
  AlterClusterDynamicConfiguration: {
    resource: 'cluster',
    requires: ['Connect', 'DescribeClusterDynamicConfiguration'],
    onServerless: false,
  },
  WriteDataIdempotently: { resource: 'cluster', requires: ['Connect', 'WriteData'], onServerless: true },
  CreateTopic: { resource: 'topic', requires: ['Connect'], onServerless: true },
  DescribeTopic: { resource: 'topic', requires: ['Connect'], onServerless: true },
  AlterTopic: { resource: 'topic', requires: ['Connect', 'DescribeTopic'], onServerless: true },
  DeleteTopic: { resource: 'topic', requires: ['Connect', 'DescribeTopic'], onServerless: true },
  DescribeTopicDynamicConfiguration: { resource: 'topic', requires: ['Connect'], onServerless: true },
  AlterTopicDynamicConfiguration: {
    resource: 'topic',
    requires: ['Connect', 'DescribeTopicDynamicConfiguration'],
    onServerless: true,
  },
  ReadData: { resource: 'topic', requires: ['Connect', 'DescribeTopic', 'AlterGroup'], onServerless: true },
  WriteData: { resource: 'topic', requires: ['Connect', 'DescribeTopic'], onServerless: true },
  DescribeGroup: { resource: 'group', requires: ['Connect'], onServerless: true },
  AlterGroup: { resource: 'group', requires: ['Connect', 'DescribeGroup'], onServerless: true },
  DeleteGroup: { resource: 'group', requires: ['Connect', 'DescribeGroup'], onServerless: true },
  DescribeTransactionalId: { resource: 'transactional-id', requires: ['Connect'], onServerless: true },
  AlterTransactionalId: {
    resource: 'transactional-id',
    requires: ['Connect', 'DescribeTransactionalId', 'WriteData'],
    onServerless: true,
  },
} as const satisfies Record<string, KafkaAction>

export type KafkaActionName = keyof typeof kafkaActions

/** The actions that can match an ARN of type `T`: with it, an action on the wrong type of ARN doesn't compile. */
export type KafkaActionOn<T extends KafkaResourceType> = {
  [Name in KafkaActionName]: (typeof kafkaActions)[Name]['resource'] extends T ? Name : never
}[KafkaActionName]

export const kafkaActionNames = Object.keys(kafkaActions) as KafkaActionName[]

export const kafkaActionPrefix = 'kafka-cluster:'
