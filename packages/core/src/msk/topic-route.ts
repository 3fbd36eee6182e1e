import type { Cluster } from '@aws-sdk/client-kafka'
import type { TidewaterError } from '../errors.js'
import { awsErrorName } from './aws-failure.js'
import { isAtLeastVersion, parseKafkaVersion } from './kafka-version.js'

/** The way to the topics of a cluster. */
export interface TopicRoute {
  /** `msk-api`: MSK's topic operations, which need no way to the brokers. `kafka-admin`: the Kafka protocol. */
  readonly way: 'msk-api' | 'kafka-admin'
  readonly reason: string
}

/**
 * Which way the topics of a cluster are reached. MSK's topic operations are for provisioned clusters of Kafka 3.6 and later
 * that are ACTIVE: https://docs.aws.amazon.com/msk/latest/developerguide/msk-topic-operations-information.html
 */
export function chooseTopicRoute(cluster: Cluster): TopicRoute {
  if (cluster.Serverless !== undefined) {
    return { way: 'kafka-admin', reason: "MSK's topic operations don't exist for Serverless clusters" }
  }
  const text = cluster.Provisioned?.CurrentBrokerSoftwareInfo?.KafkaVersion
  const version = text === undefined ? undefined : parseKafkaVersion(text)
  // What isn't known is tried: the service says so when it can't.
  if (version !== undefined && !isAtLeastVersion(version, 3, 6)) {
    return {
      way: 'kafka-admin',
      reason: `MSK's topic operations need Kafka 3.6 or later; the cluster has ${text}`,
    }
  }
  if (cluster.State !== undefined && cluster.State !== 'ACTIVE') {
    return {
      way: 'kafka-admin',
      reason: `MSK's topic operations need an ACTIVE cluster; this one is ${cluster.State}`,
    }
  }
  return {
    way: 'msk-api',
    reason: `MSK's topic operations, as the cluster is provisioned${text === undefined ? '' : ` with Kafka ${text}`}`,
  }
}

/**
 * The other way, when the service refuses the first one; undefined when the failure isn't about the way. A caller without
 * permission for the service's operations may have it for Kafka's.
 */
export function fallBackRoute(error: TidewaterError): TopicRoute | undefined {
  const said = error.cause instanceof Error ? error.cause.message : error.message
  if (error.code === 'AUTHORIZATION_FAILED') {
    return { way: 'kafka-admin', reason: `MSK's topic operations are forbidden (${said})` }
  }
  const name = awsErrorName(error) ?? ''
  const unsupported =
    /^(BadRequest|UnsupportedOperation|NotImplemented|UnknownOperation)/.test(name) &&
    /not supported|unsupported|not available|serverless|cannot be performed/i.test(said)
  return unsupported
    ? { way: 'kafka-admin', reason: `MSK's topic operations don't serve this cluster (${said})` }
    : undefined
}
