import { TidewaterError } from '@tidewater/core'
import type { TableOperationName } from './operation.js'

/**
 * An engine, or this version of it, has no words for an operation. Code `UNSUPPORTED_BY_ENGINE`; the remedy is the
 * alternative.
 *
 * @param what is missing: the operation, or one of its options
 */
export function unsupportedByEngine(
  engine: string,
  operation: TableOperationName,
  what: string,
  alternative: string,
): TidewaterError {
  return new TidewaterError('UNSUPPORTED_BY_ENGINE', `${engine} has no ${what}`, {
    remedy: alternative,
    details: { engine, operation },
  })
}
