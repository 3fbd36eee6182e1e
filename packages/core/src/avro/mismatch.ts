import avsc, { type Type } from 'avsc'
import { describeValue } from '../config/parse.js'
import { messageOf, TidewaterError } from '../errors.js'
import { expectedBy } from './converted-type.js'

/**
 * Why a record can't be encoded. avsc's write error knows neither the field nor its place, so the record is checked once
 * more, with a path; this runs only for a record that has already failed.
 */
export function explainMismatch(type: Type, record: unknown, failure: unknown): TidewaterError {
  const found = firstMismatch(type, record)
  if (found !== undefined) {
    const expected = expectedBy(found.type)
    return recordInvalid(type.name ?? '', found.path, found.value, expected, failure)
  }
  return new TidewaterError('RECORD_INVALID', `Can't encode the record: ${messageOf(failure)}`, {
    cause: failure,
  })
}

/** Fields that the schema doesn't know; avsc would drop their values. */
export function findUnknownField(type: Type, record: unknown): TidewaterError | undefined {
  let found: TidewaterError | undefined
  type.isValid(record, {
    noUndeclaredFields: true,
    errorHook: (path, value, at) => {
      if (found !== undefined || !(at instanceof avsc.types.RecordType) || typeof value !== 'object') return
      const unknown = Object.keys(value ?? {}).find((key) => !at.fields.some(({ name }) => name === key))
      if (unknown === undefined) return
      const place = [...path, unknown].join('.')
      found = recordInvalid(at.name ?? '', place, value[unknown], `no field of this name in ${at.name}`)
    },
  })
  return found
}

function firstMismatch(
  type: Type,
  record: unknown,
): { path: string; value: unknown; type: Type } | undefined {
  let found: { path: string; value: unknown; type: Type } | undefined
  try {
    type.isValid(record, {
      errorHook: (path, value, at) => {
        found ??= { path: path.join('.'), value, type: at }
      },
    })
  } catch {
    // A getter of the record threw while being checked: the write error says so.
  }
  return found
}

function recordInvalid(
  schemaName: string,
  path: string,
  value: unknown,
  expected: string,
  cause?: unknown,
): TidewaterError {
  const isUnsafeLong = expected === 'long' && (typeof value === 'bigint' || Number.isInteger(value))
  return new TidewaterError(
    'RECORD_INVALID',
    `${path || '(root)'}: expected ${expected}, got ${describeValue(value)}`,
    {
      remedy: isUnsafeLong
        ? 'Use an integer within ±9007199254740991, or create the schema with { longs: "bigint" } and use bigints.'
        : `Give ${path || 'the record'} a value that fits ${schemaName || 'the schema'}.`,
      details: { path, value: describeValue(value), expected },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
