import { type ErrorCode, TidewaterError } from '../../errors.js'

/** Kafka's error codes as the protocol numbers them: https://kafka.apache.org/protocol#protocol_error_codes */
export const kafkaCode = {
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  notLeader: 6,
  messageTooLarge: 10,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  topicAlreadyExists: 36,
  invalidPartitions: 37,
  recordListTooLarge: 18,
  notEnoughReplicas: 19,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  unknownProducerId: 59,
  invalidRecord: 87,
  producerFenced: 90,
} as const

/** What the error is about, for its message. */
export interface ErrorSubject {
  readonly action: string
  readonly topic?: string
}

/**
 * Maps an error that a broker answered with. The one place that says which of them may go away by itself.
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
    case 3:
    case 17:
      return make(
        'TOPIC_NOT_FOUND',
        `Topic${topic} doesn't exist`,
        false,
        `Create topic${topic} or correct its name.`,
      )
    case 36:
      return make(
        'TOPIC_EXISTS',
        `Topic${topic} exists already`,
        false,
        'Use another name or plan a change instead.',
      )
    // Fewer or as many partitions as there are, more replicas than brokers, a config the broker refuses or a policy
    // forbids: the same request always fails.
    case 37:
    case 38:
    case 39:
    case 40:
    case 44:
      return make(
        'TOPIC_CONFLICT',
        `${subject.action} was refused: ${text}`,
        false,
        'Correct the topic definition.',
      )
    case 10:
    case 18:
      return make('RECORD_TOO_LARGE', `${subject.action}: ${text}`, false, 'Send smaller records.')
    case 29:
    case 30:
    case 31:
    case 53:
      return make(
        'AUTHORIZATION_FAILED',
        `${subject.action} isn't allowed: ${text}`,
        false,
        'Allow the client to do it; with IAM, tidewater iam policy prints what each kind of client needs.',
      )
    case 33:
    case 34:
    case 58:
      return make('AUTHENTICATION_FAILED', `${subject.action}: ${text}`, false, 'Correct the credentials.')
    // Leaders move, replicas catch up and coordinators load: the next attempt goes to the right broker.
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 13:
    case 14:
    case 15:
    case 16:
    case 19:
    case 20:
    case 41:
    case 56:
    case 74:
      return make('KAFKA_PROTOCOL', `${subject.action}: ${text}`, true)
    // A member that was away too long or met a rebalance joins again.
    case 22:
    case 25:
    case 27:
      return make('CONSUME_FAILED', `${subject.action}: ${text}`, true)
    // The broker's record of this producer and the producer's own differ: sending on could lose or repeat records.
    case 45:
    case 46:
    case 47:
    case 59:
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
  const last = partitions[partitions.length - 1]
  return new TidewaterError(
    'PARTITION_NOT_FOUND',
    `Topic "${topic}" has no partition ${partition}: it has ${partitions.length} (0 to ${last})`,
    {
      remedy: 'Choose an existing partition or add partitions.',
      details: { topic, partition, partitions: partitions.length },
    },
  )
}

export function topicNotFound(topic: string): TidewaterError {
  return brokerError(3, 'unknown topic', { action: 'Looking up the topic', topic }, undefined)
}

export function producerClosed(): TidewaterError {
  return new TidewaterError('PRODUCER_CLOSED', 'The producer is closed', { remedy: 'Create a new producer.' })
}
