import { messageOf, TidewaterError } from '@tidewater/core'

/** Why a query ended as FAILED, as GetQueryExecution has it. */
export interface QueryFailure {
  /** Of StateChangeReason and ErrorMessage. */
  readonly message: string
  /** 1: the system's, 2: the user's, 3: others'. */
  readonly category: 1 | 2 | 3
  /** Default: none is named. */
  readonly type?: number
  /** Default false. */
  readonly retryable?: boolean
}

// Both numbers are seen on the service, not documented.
const moreRunsType = 233
const timedOutType = 206

/** A round of OPTIMIZE or VACUUM that left something for another. */
export function moreRunsNeeded(
  round: { readonly partitions: number } | { readonly files: number },
): QueryFailure {
  const [name, progress] =
    'partitions' in round
      ? ['OPTIMIZE', `Processed ${round.partitions} partitions in this round`]
      : ['VACUUM', `Removed ${round.files} files in this round`]
  const message = `ICEBERG_${name}_MORE_RUNS_NEEDED: ${progress}. Run ${name} again to process what is left.`
  return { message, category: 2, type: moreRunsType }
}

export const timedOut: QueryFailure = { message: 'Query timeout', category: 1, type: timedOutType }

/** Names of Athena's errors by what is in the chain of Spark's exceptions; the first that fits. */
const names: readonly (readonly [RegExp, string])[] = [
  [/CommitFailedException|ValidationException/, 'ICEBERG_COMMIT_ERROR'],
  [/NoSuchTableException|TABLE_OR_VIEW_NOT_FOUND/, 'TABLE_NOT_FOUND'],
  [/NoSuchNamespaceException|SCHEMA_NOT_FOUND/, 'SCHEMA_NOT_FOUND'],
  [/UNRESOLVED_COLUMN/, 'COLUMN_NOT_FOUND'],
  [/ParseException|AnalysisException/, 'SYNTAX_ERROR'],
]

/** A failure of Spark's, under Athena's name where one is known. */
export function failureOf(thrown: unknown): QueryFailure {
  const message = messageOf(thrown)
  if (!TidewaterError.isInstance(thrown) || thrown.code !== 'QUERY_FAILED')
    return { message: `GENERIC_INTERNAL_ERROR: ${message}`, category: 1 }
  // What our own Python refuses has its name already.
  if (/^[A-Z_]+: /.test(message)) return { message, category: 2 }
  const causes = `${message}\n${thrown.details.causes ?? ''}`
  const known = names.find(([pattern]) => pattern.test(causes))
  return known === undefined
    ? { message: `GENERIC_INTERNAL_ERROR: ${message}`, category: 3 }
    : { message: `${known[1]}: ${message}`, category: 2 }
}
