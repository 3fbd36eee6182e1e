export { type Clock, realClock } from '../retry/run.js'
export {
  type BrokerNetwork,
  brokerNetworks,
  type ChosenBrokers,
  chooseBootstrapBrokers,
} from './bootstrap-brokers.js'
export { type BrokerSize, brokerSize, knownBrokerTypes } from './broker-sizes.js'
export {
  createMskClient,
  type MskCallOptions,
  type MskClient,
  type MskClientOptions,
  type MskOperation,
} from './client.js'
export type { ClusterChange } from './cluster-comparison.js'
export {
  type ClusterDefinition,
  type ClusterDefinitionInput,
  clusterDefinition,
  clusterLimits,
} from './cluster-definition.js'
export {
  type ActualClusters,
  type ClusterPlan,
  defaultMskQuotas,
  type MskQuotas,
  planCluster,
} from './cluster-plan.js'
export {
  bootstrapBrokers,
  type DeletedCluster,
  deleteCluster,
  describeCluster,
  type EnsureClusterOptions,
  ensureCluster,
  findCluster,
  type NamedCluster,
} from './clusters.js'
export { listMskTopics, type TopicCall } from './topic-api.js'
export { chooseTopicRoute, type TopicRoute } from './topic-route.js'
export { type EnsureMskTopicOptions, ensureMskTopic, type MskTopicPlan } from './topics.js'
export { type ClusterProgress, type WaitOptions, waitUntilActive } from './wait-until-active.js'
