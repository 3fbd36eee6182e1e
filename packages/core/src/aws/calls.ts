import type { TidewaterError } from '../errors.js'
import { awsFailure, retryAfterMsOf } from '../msk/aws-failure.js'
import type { RetryPolicy } from '../retry/policy.js'
import { type Clock, realClock, runWithRetry } from '../retry/run.js'

const callPolicy: RetryPolicy = {
  maxAttempts: 6,
  initialDelayMs: 500,
  maxDelayMs: 20_000,
  maxElapsedMs: 120_000,
  jitter: 0.5,
}

export interface AwsCallOptions {
  /** What the call is for, in its error: `Creating cluster "demo"`. */
  readonly action: string
  readonly signal?: AbortSignal | undefined
  /** Attempts in all. Default 6; 1 for callers that poll anyway. */
  readonly maxAttempts?: number | undefined
}

/** Where the calls go, for their errors. */
export interface AwsCallSite {
  /** Such as `EMR`. */
  readonly service: string
  readonly endpoint?: string | undefined
  /** Of the client, as it resolved it. */
  region(): Promise<string>
  /** What this service means by an error of a general name. Default: what `awsFailure` says. */
  refine?(error: TidewaterError): TidewaterError
}

/**
 * Runs one call of an AWS client, with its errors typed and what may pass tried again.
 *
 * @param attempt sends the request and reads all of the answer: what breaks off in between is tried again too
 * @throws TidewaterError as `awsFailure` says, or `ABORTED`
 */
export function callAws<T>(
  site: AwsCallSite,
  attempt: (number: number) => Promise<T>,
  { action, signal, maxAttempts }: AwsCallOptions,
  clock: Clock = realClock,
): Promise<T> {
  return runWithRetry(
    async (number) => {
      try {
        return await attempt(number)
      } catch (thrown) {
        const region = await site.region().catch(() => 'unknown')
        const { service, endpoint } = site
        const subject = { action, service, region, ...(endpoint === undefined ? {} : { endpoint }) }
        const failure = awsFailure(thrown, subject, Date.now())
        throw site.refine?.(failure) ?? failure
      }
    },
    {
      policy: { ...callPolicy, ...(maxAttempts === undefined ? {} : { maxAttempts }) },
      retryAfterMs: retryAfterMsOf,
      clock,
      ...(signal === undefined ? {} : { signal }),
    },
  )
}
