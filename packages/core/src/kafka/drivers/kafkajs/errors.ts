import { messageOf, TidewaterError } from '../../../errors.js'
import { brokerError, type ErrorSubject, kafkaCode, unreachable } from '../protocol-errors.js'
import { securityError } from '../security-errors.js'

export interface KafkajsSubject extends ErrorSubject {
  readonly brokers: readonly string[]
}

interface KafkajsShape {
  readonly name?: string
  readonly type?: string
  readonly code?: unknown
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** Names of kafkajs's errors that mean "no answer", whatever the request was. */
const connectionErrors = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSLockTimeout',
])

/** The cluster has no answer yet: leaders are being elected, or a broker that started loads its groups. */
const electionErrors = new Set([
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
])

const wrappers = new Set([
  'KafkaJSError',
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSNonRetriableError',
  // How this driver's codecs stop a consumer.
  'KafkaJSNotImplemented',
])

/** Maps anything kafkajs throws. kafkajs wraps what ended a retry as the cause, so the innermost error decides. */
export function kafkajsError(thrown: unknown, subject: KafkajsSubject): TidewaterError {
  const inner = innermost(thrown)
  if (TidewaterError.isInstance(inner)) return inner
  const { name, type, code } = inner as KafkajsShape
  const text = messageOf(inner)
  // A broker's answer carries the protocol's number.
  if (typeof code === 'number' && type !== undefined) return brokerError(code, text, subject, thrown)
  const refused = securityError(text, subject, thrown)
  if (refused !== undefined) return refused
  if (name === 'KafkaJSSASLAuthenticationError')
    return brokerError(kafkaCode.saslAuthenticationFailed, text, subject, thrown)
  // Nothing answered, or the connection broke: brokers come back, so the same call may work later.
  if (name !== undefined && connectionErrors.has(name)) return unreachable(subject.brokers, text, thrown)
  // Connected, but the first request got no answer: kafkajs only notices that it knows no API version.
  if (text === 'Broker not connected' || text === 'API Versions not supported') {
    return unreachable(subject.brokers, 'the connection is accepted, but no answer comes', thrown)
  }
  if (name !== undefined && electionErrors.has(name)) {
    return new TidewaterError('KAFKA_PROTOCOL', `${subject.action}: ${text}`, {
      retryable: true,
      cause: thrown,
    })
  }
  return new TidewaterError('KAFKA_PROTOCOL', `${subject.action}: ${text}`, { cause: thrown })
}

function innermost(thrown: unknown): unknown {
  let current = thrown
  for (let depth = 0; depth < 8; depth++) {
    if (TidewaterError.isInstance(current) || typeof current !== 'object' || current === null) return current
    const { name, type, cause, errors } = current as KafkajsShape
    // Several topics in one request: this driver asks for one, so the first error is the error.
    if (name === 'KafkaJSAggregateError' && errors?.[0] !== undefined) current = errors[0]
    else if (type === undefined && typeof cause === 'object' && cause !== null && isWrapper(name))
      current = cause
    else return current
  }
  return current
}

function isWrapper(name: string | undefined): boolean {
  return name !== undefined && wrappers.has(name)
}
