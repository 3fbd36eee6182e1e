import { describeValue, TidewaterError } from '@tidewater/core'

/**
 * An integer column of a result row, exact: engines hand 64-bit integers over as strings.
 *
 * @throws TidewaterError `QUERY_FAILED` when the column is missing or no integer.
 */
export function integerColumn(row: Readonly<Record<string, unknown>> | undefined, column: string): bigint {
  const value = row?.[column]
  const isInteger =
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isSafeInteger(value)) ||
    (typeof value === 'string' && /^-?\d+$/.test(value))
  if (isInteger) return BigInt(value)
  throw new TidewaterError('QUERY_FAILED', `Column ${column} is ${describeValue(value)}, not an integer`, {
    remedy: 'The statement and the engine disagree; report it with the statement.',
  })
}
