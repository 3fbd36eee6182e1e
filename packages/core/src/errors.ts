/**
 * Every failure Tidewater reports is a {@link TidewaterError} with a code from this closed list. The list is grouped by
 * what the caller can do about it; `retryable` on the error says whether the same call may succeed later.
 */
export const errorCodes = [
  // The caller's input.
  'CONFIG_INVALID',
  'SCHEMA_INVALID',
  'RECORD_INVALID',
  'RECORD_TOO_LARGE',
  'BUFFER_FULL',
  'JOB_INVALID',
  'PLAN_INVALID',
  'USAGE',
  // Kafka.
  'BROKER_UNREACHABLE',
  'TOPIC_NOT_FOUND',
  'TOPIC_EXISTS',
  'TOPIC_CONFLICT',
  'PARTITION_NOT_FOUND',
  'AUTHENTICATION_FAILED',
  'AUTHORIZATION_FAILED',
  // Who may connect: TLS, credentials, IAM.
  'TLS_UNTRUSTED',
  'TLS_MISMATCH',
  'CREDENTIALS_UNAVAILABLE',
  'CREDENTIALS_INVALID',
  'CREDENTIALS_EXPIRED',
  'CLOCK_SKEWED',
  'REGION_MISMATCH',
  'SESSION_TOO_SHORT',
  'TOO_MANY_CONNECTIONS',
  'DELIVERY_TIMEOUT',
  'DELIVERY_FAILED',
  'CONSUME_FAILED',
  'PRODUCER_CLOSED',
  'PRODUCER_FENCED',
  // Called out of turn, and: something in it failed, so that it has to be aborted.
  'TRANSACTION_INVALID',
  'TRANSACTION_FAILED',
  'KAFKA_PROTOCOL',
  // Schema registries.
  'REGISTRY_REQUEST_FAILED',
  'SCHEMA_NOT_REGISTERED',
  // AWS's control planes.
  'AWS_REQUEST_FAILED',
  'AWS_THROTTLED',
  'CLUSTER_NOT_FOUND',
  'CLUSTER_CONFLICT',
  'CLUSTER_FAILED',
  'WAIT_TIMEOUT',
  // Objects and files.
  'STORAGE_FAILED',
  // What was done under a lease took longer than the lease held.
  'LEASE_LOST',
  // Drivers and other optional packages.
  'PACKAGE_NOT_INSTALLED',
  'DRIVER_NOT_INSTALLED',
  'DRIVER_UNSUPPORTED_OPTION',
  // The machine and its processes.
  'PREREQUISITE_MISSING',
  'PREREQUISITE_TOO_OLD',
  'PORT_IN_USE',
  'FOLDER_NOT_WRITABLE',
  'DOWNLOAD_FAILED',
  'PROCESS_FAILED',
  'PROCESS_START_TIMEOUT',
  'STACK_NOT_RUNNING',
  'STACK_ALREADY_RUNNING',
  // Spark jobs and tables.
  'JOB_FAILED',
  // Ended from outside: its cluster ended, or somebody cancelled it while it was waited for.
  'JOB_INTERRUPTED',
  'JOB_NOT_FOUND',
  // Another run of the job is in the way.
  'JOB_CONFLICT',
  // A change that the job's checkpoint can't be carried over.
  'CHECKPOINT_INVALIDATED',
  'QUERY_FAILED',
  'MAINTENANCE_FAILED',
  // What is asked for has no words in that engine, or in that version of it.
  'UNSUPPORTED_BY_ENGINE',
  'AUDIT_FAILED',
  'TABLE_IN_USE',
  // Catalogs and the metadata of tables.
  'CATALOG_REQUEST_FAILED',
  'TABLE_NOT_FOUND',
  // There, but of another kind: Glue's catalog has Hive tables and views too.
  'TABLE_NOT_ICEBERG',
  'SNAPSHOT_NOT_FOUND',
  // A file that the table refers to isn't there.
  'METADATA_MISSING',
  // Truncated, overwritten or no such file at all; `details.damage` tells which.
  'METADATA_CORRUPT',
  // A format version, codec, encryption or size that isn't read here.
  'METADATA_UNSUPPORTED',
  // Control flow.
  'ABORTED',
  'INTERNAL',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface TidewaterErrorOptions {
  /** Whether the same call, unchanged, may succeed later. Default false. */
  readonly retryable?: boolean
  /** What the reader can do about it, as one imperative sentence. */
  readonly remedy?: string
  /** Machine-readable context: the value, the limit, the subject. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

// A brand from the global symbol registry survives two copies of this package in one process (ESM beside CommonJS, or
// two versions in one dependency tree), where `instanceof` does not.
const brand = Symbol.for('tidewater.error')

/** The one error type. `message` names the value and the limit; `remedy` says what to do. */
export class TidewaterError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly remedy: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: TidewaterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TidewaterError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.remedy = options.remedy
    this.details = options.details ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  static isInstance(error: unknown): error is TidewaterError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true
  }

  /** The shape `--json` prints; `cause` is reduced to its message so that no foreign object leaks into output. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
      ...(this.cause === undefined ? {} : { cause: messageOf(this.cause) }),
    }
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Passes a TidewaterError through and wraps anything else, so that callers see one error type. */
export function toTidewaterError(thrown: unknown, fallbackCode: ErrorCode = 'INTERNAL'): TidewaterError {
  if (TidewaterError.isInstance(thrown)) return thrown
  return new TidewaterError(fallbackCode, messageOf(thrown), { cause: thrown })
}
