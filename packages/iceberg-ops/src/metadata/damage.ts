import { type ErrorCode, messageOf, TidewaterError, toTidewaterError } from '@tidewater/core'

/** What is wrong with a metadata file. */
export type Damage =
  /** It doesn't begin as an Avro container file does. */
  | 'magic'
  /** Its header can't be read. */
  | 'header'
  /** It ends before it should. */
  | 'truncated'
  /** A block doesn't end in the file's own sync marker: bytes are missing, added or overwritten. */
  | 'sync-marker'
  /** A block's checksum is another. */
  | 'checksum'
  /** A block can't be decompressed. */
  | 'compression'
  /** The schema in its header is none, or has no such fields as manifests have. */
  | 'schema'
  /** A block's bytes are not the records that its schema describes. */
  | 'record'
  /** No JSON. */
  | 'json'
  /** A field of the JSON is missing or of another type. */
  | 'field'

const restore = 'Restore the file from a backup or an earlier version of the object, or roll the table back.'

/** An error of a metadata file whose location is added by {@link located}. */
export function damaged(
  damage: Damage,
  message: string,
  details: Record<string, unknown> = {},
  cause?: unknown,
) {
  return new TidewaterError('METADATA_CORRUPT', message, {
    remedy: restore,
    details: { damage, ...details },
    ...(cause === undefined ? {} : { cause }),
  })
}

export function unsupported(message: string, remedy: string, details: Record<string, unknown> = {}) {
  return new TidewaterError('METADATA_UNSUPPORTED', message, { remedy, details })
}

export function missing(location: string, referrer: string) {
  return new TidewaterError('METADATA_MISSING', `${location} isn't there, though ${referrer}`, {
    remedy: 'Check whether somebody deleted it; restore it, or roll the table back to before it was needed.',
    details: { location },
  })
}

const withoutLocation: readonly ErrorCode[] = ['METADATA_CORRUPT', 'METADATA_UNSUPPORTED']

/** The error with the file it is about. Records nested beyond any sense, and lengths, break out of decoding as RangeError. */
export function located(location: string, thrown: unknown): TidewaterError {
  if (thrown instanceof RangeError) {
    return located(location, damaged('record', messageOf(thrown), {}, thrown))
  }
  const error = toTidewaterError(thrown)
  if (!withoutLocation.includes(error.code) || error.details.location !== undefined) return error
  return new TidewaterError(error.code, `${location}: ${error.message}`, {
    retryable: error.retryable,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    details: { location, ...error.details },
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  })
}
