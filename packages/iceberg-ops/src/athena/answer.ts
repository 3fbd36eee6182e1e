/** What is used of a QueryExecution (Athena API reference). */
export interface QueryAnswer {
  readonly Status?:
    | {
        readonly State?: string | undefined
        readonly StateChangeReason?: string | undefined
        readonly AthenaError?:
          | {
              readonly ErrorCategory?: number | undefined
              readonly ErrorType?: number | undefined
              readonly Retryable?: boolean | undefined
              readonly ErrorMessage?: string | undefined
            }
          | undefined
      }
    | undefined
  readonly Statistics?:
    | {
        readonly DataScannedInBytes?: number | undefined
        readonly TotalExecutionTimeInMillis?: number | undefined
      }
    | undefined
}

/** Where a query of Athena stands. */
export type QueryStanding =
  | { readonly state: 'running' }
  | { readonly state: 'done' }
  /** It did a part, and says so by failing: the same statement goes on with the rest. */
  | { readonly state: 'more-runs'; readonly progress: string }
  /** The 30 minutes, or what the quota allows, were over; what was committed stays. */
  | { readonly state: 'timed-out'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string; readonly retryable: boolean }
  | { readonly state: 'cancelled'; readonly reason: string }

const moreRuns = /ICEBERG_(OPTIMIZE|VACUUM)_MORE_RUNS_NEEDED/
/** Of the error's type: a statement that ran longer than it may (seen on the service, not documented). */
const timedOutType = 206

/**
 * Reads what Athena says of a query. That more runs are needed comes as a failure with `Retryable: false`: only its text tells.
 */
export function standingOf({ Status = {} }: QueryAnswer): QueryStanding {
  const { State: state, StateChangeReason, AthenaError } = Status
  const reason = StateChangeReason ?? AthenaError?.ErrorMessage ?? 'Athena gave no reason'
  if (state === 'SUCCEEDED') return { state: 'done' }
  if (state === 'CANCELLED') return { state: 'cancelled', reason }
  if (state !== 'FAILED') return { state: 'running' }
  if (moreRuns.test(reason)) return { state: 'more-runs', progress: progressIn(reason) }
  if (AthenaError?.ErrorType === timedOutType || /query timeout|timed? ?out/i.test(reason))
    return { state: 'timed-out', reason }
  return { state: 'failed', reason, retryable: AthenaError?.Retryable === true || isConflict(reason) }
}

/** `Processed 100 partitions in this round`, of a longer text. */
function progressIn(reason: string): string {
  return /(?:Processed|Removed) [\d,]+ [a-z ]+?in this round/i.exec(reason)?.[0] ?? reason
}

/** Two committed at once; the loser has changed nothing and may try again. */
function isConflict(reason: string): boolean {
  return /ICEBERG_COMMIT_ERROR|ICEBERG_CONFLICT|CommitFailedException|ConcurrentModification/i.test(reason)
}

/** What a statement cost. */
export interface AthenaCost {
  readonly scannedBytes: number
  readonly executionMs: number
}

export function costOf({ Statistics = {} }: QueryAnswer): AthenaCost {
  return {
    scannedBytes: Statistics.DataScannedInBytes ?? 0,
    executionMs: Statistics.TotalExecutionTimeInMillis ?? 0,
  }
}
