import { type ErrorCode, errorCodes, TidewaterError } from '@tidewater/core'
import type { SparkEvent } from './types.js'

/** The event in a line of standard output; undefined for anything else. */
export function parseEvent(line: string): SparkEvent | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isEvent(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isEvent(value: unknown): value is SparkEvent {
  return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string'
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

/** The error a `failed` event stands for; undefined for another event. Its further fields become details. */
export function failureOf(event: SparkEvent, module: string, logFile: string): TidewaterError | undefined {
  if (event.event !== 'failed') return undefined
  const { event: _, code, message, remedy, ...fields } = event
  const sparkCode = typeof code === 'string' ? code : 'unknown'
  return new TidewaterError(
    codeOfSparkCode[sparkCode] ?? ownCode(sparkCode) ?? 'JOB_FAILED',
    typeof message === 'string' ? message : `${module} failed without saying why`,
    {
      remedy: typeof remedy === 'string' ? remedy : `Read the log: ${logFile}`,
      details: { ...fields, sparkCode, module, logFile },
    },
  )
}

function ownCode(code: string): ErrorCode | undefined {
  return errorCodes.find((known) => known === code)
}
