import { messageOf, TidewaterError } from '../../../errors.js'
import { brokerError, type ErrorSubject, kafkaCode, unreachable } from '../protocol-errors.js'
import { securityError } from '../security-errors.js'

export interface ConfluentSubject extends ErrorSubject {
  readonly brokers: readonly string[]
  /** librdkafka's last words about a connection. */
  readonly detail?: string | undefined
  /** Why librdkafka gave up for good, if it did: the errors of single records only say that it did. */
  readonly fatalCause?: string | undefined
}

/** librdkafka's own error numbers, below the protocol's: rdkafka.h, rd_kafka_resp_err_t. */
export const localCode = {
  transport: -195,
  resolve: -193,
  messageTimedOut: -192,
  unknownPartition: -190,
  unknownTopic: -188,
  allBrokersDown: -187,
  timedOut: -185,
  queueFull: -184,
  ssl: -181,
  state: -172,
  authentication: -169,
  timedOutInQueue: -166,
  purgedInQueue: -152,
  fatal: -150,
  maxPollExceeded: -147,
  assignmentLost: -142,
} as const

/** Maps anything the library throws, passes to a callback, or puts in a delivery report. */
export function confluentError(thrown: unknown, subject: ConfluentSubject): TidewaterError {
  if (TidewaterError.isInstance(thrown)) return thrown
  const code = codeOf(thrown)
  const text = messageOf(thrown)
  switch (code) {
    case undefined:
      return new TidewaterError('KAFKA_PROTOCOL', `${subject.action}: ${text}`, { cause: thrown })
    // Nothing answered, or the connection broke. librdkafka goes on trying, so the same call may work later.
    case localCode.transport:
    case localCode.resolve:
    case localCode.allBrokersDown:
    case localCode.timedOut:
    case localCode.timedOutInQueue:
      // It goes on trying after a refusal as well, and says in the end that the time is up.
      return (
        securityError(subject.detail ?? text, subject, thrown) ??
        unreachable(subject.brokers, subject.detail ?? text, thrown)
      )
    case localCode.ssl:
    case localCode.authentication:
      return (
        securityError(subject.detail ?? text, subject, thrown) ??
        brokerError(58, subject.detail ?? text, subject, thrown)
      )
    // Found out locally from the metadata, with the meaning of the broker's own code 3.
    case localCode.unknownTopic:
    case localCode.unknownPartition:
      return brokerError(3, text, subject, thrown)
    // Another member has the partitions now; this one joins again.
    case localCode.maxPollExceeded:
    case localCode.assignmentLost:
      return new TidewaterError('CONSUME_FAILED', `${subject.action}: ${text}`, {
        retryable: true,
        cause: thrown,
      })
    case localCode.fatal:
    case localCode.purgedInQueue:
      return fatalError(subject.fatalCause ?? text, subject, thrown)
    default:
      if (code > 0) return brokerError(code, text, subject, thrown)
      return new TidewaterError('KAFKA_PROTOCOL', `${subject.action}: ${text} (librdkafka error ${code})`, {
        cause: thrown,
      })
  }
}

/** Of an idempotent producer that met a gap it can't close, or isn't allowed to be one: it takes no record any more. */
export function fatalError(text: string, subject: ErrorSubject, cause: unknown): TidewaterError {
  if (/authorization failed/i.test(text))
    return brokerError(kafkaCode.clusterAuthorizationFailed, text, subject, cause)
  return new TidewaterError('DELIVERY_FAILED', `${subject.action}: ${text}`, {
    remedy: 'Close this producer and create a new one.',
    cause,
  })
}

/** Whether a record's error stands for librdkafka's fatal one, which also empties its queue. */
export function isEndedByFatal(thrown: unknown): boolean {
  const code = codeOf(thrown)
  return code === localCode.fatal || code === localCode.purgedInQueue
}

export function codeOf(thrown: unknown): number | undefined {
  const code = (thrown as { code?: unknown } | null)?.code
  return typeof code === 'number' ? code : undefined
}
