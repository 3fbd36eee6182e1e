import { describeValue } from '../../config/parse.js'
import { type ErrorCode, TidewaterError } from '../../errors.js'

/** Kafka's error codes as the protocol numbers them: https://kafka.apache.org/protocol#protocol_error_codes */
export const kafkaCode = {
  unknownServerError: -1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  requestTimedOut: 7,
  brokerNotAvailable: 8,
  replicaNotAvailable: 9,
  messageTooLarge: 10,
  networkException: 13,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  invalidTopic: 17,
  recordListTooLarge: 18,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  unsupportedSaslMechanism: 33,
  illegalSaslState: 34,
  unsupportedVersion: 35,
  topicAlreadyExists: 36,
  invalidPartitions: 37,
  invalidReplicationFactor: 38,
  invalidReplicaAssignment: 39,
  invalidConfig: 40,
  notController: 41,
  policyViolation: 44,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  concurrentTransactions: 51,
  transactionalIdAuthorizationFailed: 53,
  storageError: 56,
  saslAuthenticationFailed: 58,
  unknownProducerId: 59,
  listenerNotFound: 72,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  fencedInstanceId: 82,
  invalidRecord: 87,
  throttlingQuotaExceeded: 89,
  producerFenced: 90,
  unknownTopicId: 100,
} as const

/** What the error is about, for its message. */
export interface ErrorSubject {
  readonly action: string
  readonly topic?: string
}

/**
 * Maps an error that a broker answered with, and says whether it may go away by itself. What an answer to a batch means for
 * that batch is decided where batches are sent: kafkajs/segment-sender, and the native driver's verdict.
 *
 * @param code the protocol's number
 * @param text the library's words for it
 */
export function brokerError(
  code: number,
  text: string,
  subject: ErrorSubject,
  cause: unknown,
): TidewaterError {
  const topic = subject.topic === undefined ? '' : ` "${subject.topic}"`
  const make = (to: ErrorCode, message: string, retryable: boolean, remedy?: string) =>
    new TidewaterError(to, message, {
      retryable,
      cause,
      details: { kafkaErrorCode: code, ...(subject.topic === undefined ? {} : { topic: subject.topic }) },
      ...(remedy === undefined ? {} : { remedy }),
    })
  switch (code) {
    // Metadata spreads after a topic is made, but a topic that nobody made never appears: the caller has to act.
    case kafkaCode.unknownTopicOrPartition:
    case kafkaCode.invalidTopic:
      return make(
        'TOPIC_NOT_FOUND',
        `Topic${topic} doesn't exist`,
        false,
        `Create topic${topic} or correct its name.`,
      )
    case kafkaCode.topicAlreadyExists:
      return make(
        'TOPIC_EXISTS',
        `Topic${topic} exists already`,
        false,
        'Use another name or plan a change instead.',
      )
    // Fewer or as many partitions as there are, more replicas than brokers, a config the broker refuses or a policy
    // forbids: the same request always fails.
    case kafkaCode.invalidPartitions:
    case kafkaCode.invalidReplicationFactor:
    case kafkaCode.invalidReplicaAssignment:
    case kafkaCode.invalidConfig:
    case kafkaCode.policyViolation:
      return make(
        'TOPIC_CONFLICT',
        `${subject.action} was refused: ${text}`,
        false,
        'Correct the topic definition.',
      )
    case kafkaCode.messageTooLarge:
    case kafkaCode.recordListTooLarge:
      return make('RECORD_TOO_LARGE', `${subject.action}: ${text}`, false, 'Send smaller records.')
    case kafkaCode.topicAuthorizationFailed:
    case kafkaCode.groupAuthorizationFailed:
    case kafkaCode.clusterAuthorizationFailed:
    case kafkaCode.transactionalIdAuthorizationFailed:
      return make(
        'AUTHORIZATION_FAILED',
        `${subject.action} isn't allowed: ${text}`,
        false,
        'Allow the client to do it; with IAM, tidewater iam policy prints what each kind of client needs.',
      )
    case kafkaCode.unsupportedSaslMechanism:
    case kafkaCode.illegalSaslState:
    case kafkaCode.saslAuthenticationFailed:
      return make('AUTHENTICATION_FAILED', `${subject.action}: ${text}`, false, 'Correct the credentials.')
    // Leaders move, replicas catch up and coordinators load: the next attempt goes to the right broker.
    case kafkaCode.leaderNotAvailable:
    case kafkaCode.notLeader:
    case kafkaCode.requestTimedOut:
    case kafkaCode.brokerNotAvailable:
    case kafkaCode.replicaNotAvailable:
    case kafkaCode.networkException:
    case kafkaCode.coordinatorLoading:
    case kafkaCode.coordinatorNotAvailable:
    case kafkaCode.notCoordinator:
    case kafkaCode.notEnoughReplicas:
    case kafkaCode.notEnoughReplicasAfterAppend:
    case kafkaCode.notController:
    case kafkaCode.storageError:
    case kafkaCode.fencedLeaderEpoch:
      return make('KAFKA_PROTOCOL', `${subject.action}: ${text}`, true)
    // A member that was away too long or met a rebalance joins again.
    case kafkaCode.illegalGeneration:
    case kafkaCode.unknownMemberId:
    case kafkaCode.rebalanceInProgress:
      return make('CONSUME_FAILED', `${subject.action}: ${text}`, true)
    // The broker's record of this producer and the producer's own differ: sending on could lose or repeat records.
    case kafkaCode.outOfOrderSequence:
    case kafkaCode.duplicateSequence:
    case kafkaCode.invalidProducerEpoch:
    case kafkaCode.unknownProducerId:
      return make('DELIVERY_FAILED', `${subject.action}: ${text}`, false, 'Create a new producer.')
    default:
      return make('KAFKA_PROTOCOL', `${subject.action}: ${text} (Kafka error ${code})`, false)
  }
}

/** A record that wasn't acknowledged in time. Whether it was written can be unknown: the message says which. */
export function deliveryTimeout(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  deliveryTimeoutMs: number,
  wasSent: boolean,
  cause?: unknown,
): TidewaterError {
  const fate = wasSent ? 'it may have been written' : 'it was not written'
  return new TidewaterError(
    'DELIVERY_TIMEOUT',
    `No acknowledgement from ${topic}-${partition} within ${deliveryTimeoutMs} ms; ${fate}`,
    {
      retryable: true,
      remedy: 'Check that the brokers are reachable, or raise deliveryTimeoutMs.',
      details: { topic, partition, deliveryTimeoutMs, mayBeWritten: wasSent },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

/** The same error, of a record that may have been written nevertheless. */
export function withDoubt(error: TidewaterError): TidewaterError {
  return new TidewaterError(error.code, `${error.message}; it may have been written all the same`, {
    retryable: error.retryable,
    details: { ...error.details, mayBeWritten: true },
    cause: error,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  })
}

export function unreachable(brokers: readonly string[], detail: string, cause: unknown): TidewaterError {
  return new TidewaterError('BROKER_UNREACHABLE', `No broker of ${brokers.join(', ')} answered: ${detail}`, {
    retryable: true,
    remedy: 'Check the bootstrap brokers and that this machine reaches them.',
    details: { brokers },
    cause,
  })
}

export function partitionNotFound(
  topic: string,
  partition: number,
  partitions: readonly number[],
): TidewaterError {
  return new TidewaterError(
    'PARTITION_NOT_FOUND',
    `Topic "${topic}" has no partition ${describeValue(partition)}: it has ${partitions.length} (${partitions[0]} to ${partitions.at(-1)})`,
    {
      remedy: 'Choose an existing partition or add partitions.',
      details: { topic, partition, partitions: partitions.length },
    },
  )
}

export function topicNotFound(topic: string): TidewaterError {
  return brokerError(
    kafkaCode.unknownTopicOrPartition,
    'unknown topic',
    { action: 'Looking up the topic', topic },
    undefined,
  )
}

export function producerClosed(): TidewaterError {
  return new TidewaterError('PRODUCER_CLOSED', 'The producer is closed', { remedy: 'Create a new producer.' })
}
