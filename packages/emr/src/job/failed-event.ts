import { type ErrorCode, errorCodes, TidewaterError } from '@tidewater/core'

/** What a Spark module says last when it fails. */
export interface FailedEvent {
  readonly event: string
  readonly [field: string]: unknown
}

// The codes of tidewater_spark/errors.py; what is not here is a JOB_FAILED.
const codeOfSparkCode: Readonly<Record<string, ErrorCode>> = {
  'bad-document': 'JOB_INVALID',
  'broker-unreachable': 'BROKER_UNREACHABLE',
  'tls-untrusted': 'TLS_UNTRUSTED',
  'tls-mismatch': 'TLS_MISMATCH',
  'region-mismatch': 'REGION_MISMATCH',
  'region-unknown': 'CONFIG_INVALID',
  'trust-store-unreadable': 'CONFIG_INVALID',
  'credentials-unavailable': 'CREDENTIALS_UNAVAILABLE',
  'session-too-short': 'SESSION_TOO_SHORT',
  'too-many-connections': 'TOO_MANY_CONNECTIONS',
  'authentication-failed': 'AUTHENTICATION_FAILED',
  'authorization-failed': 'AUTHORIZATION_FAILED',
  'topic-not-found': 'TOPIC_NOT_FOUND',
  'partition-not-found': 'PARTITION_NOT_FOUND',
  'checkpoint-not-writable': 'FOLDER_NOT_WRITABLE',
  'warehouse-not-writable': 'FOLDER_NOT_WRITABLE',
  'table-in-use': 'TABLE_IN_USE',
  'query-failed': 'QUERY_FAILED',
  'not-a-read': 'QUERY_FAILED',
  'too-many-rows': 'QUERY_FAILED',
  'operation-failed': 'MAINTENANCE_FAILED',
  'rewrite-achieved-nothing': 'MAINTENANCE_FAILED',
  'retention-conflict': 'MAINTENANCE_FAILED',
}

/**
 * The error a `failed` event stands for; its further fields become details.
 *
 * @param subject what failed, for an event that doesn't say why
 * @param context further details, and the remedy for an event that has none
 */
export function errorOfFailedEvent(
  { event: _, code, message, remedy, ...fields }: FailedEvent,
  subject: string,
  context: { readonly remedy: string; readonly details: Readonly<Record<string, unknown>> },
): TidewaterError {
  const sparkCode = typeof code === 'string' ? code : 'unknown'
  return new TidewaterError(
    codeOfSparkCode[sparkCode] ?? errorCodes.find((known) => known === sparkCode) ?? 'JOB_FAILED',
    typeof message === 'string' ? message : `${subject} failed without saying why`,
    {
      remedy: typeof remedy === 'string' ? remedy : context.remedy,
      details: { ...fields, sparkCode, ...context.details },
    },
  )
}
