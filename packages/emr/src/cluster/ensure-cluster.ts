import {
  type Clock,
  type RetryPolicy,
  realClock,
  retryAfterMsOf,
  runWithRetry,
  TidewaterError,
} from '@tidewater/core'
import { type AccessReader, accessFindings } from './check-access.js'
import { type EmrClusterPlan, planEmrCluster } from './cluster-plan.js'
import type { ClusterService, DesiredCluster } from './service.js'

export interface EnsureEmrClusterOptions {
  /** Only plan; nothing is created and a conflict isn't thrown. Default false. */
  readonly dryRun?: boolean
  /** With it roles and security groups are checked first, and an error among the findings is a conflict. Default: no check. */
  readonly access?: AccessReader | undefined
  readonly signal?: AbortSignal | undefined
}

const creationPolicy: RetryPolicy = {
  maxAttempts: 6,
  initialDelayMs: 2_000,
  maxDelayMs: 30_000,
  maxElapsedMs: 180_000,
  jitter: 0.5,
}

/**
 * Makes the cluster exist as desired: creates it, or finds that it is there, by its name and our tag. RunJobFlow takes no token, so
 * before each repetition of a request whose answer got lost it is looked for what that request has made. It doesn't wait; see
 * `waitUntilReady`.
 *
 * @returns the plan it carried out, with the cluster's id
 * @throws TidewaterError `CLUSTER_CONFLICT`, and what the service says: `AUTHORIZATION_FAILED`, `AWS_THROTTLED`,
 *   `AWS_REQUEST_FAILED`, `CREDENTIALS_…`, `ABORTED`
 */
export async function ensureEmrCluster<Input>(
  service: ClusterService<Input>,
  desired: DesiredCluster<Input>,
  { dryRun = false, access, signal }: EnsureEmrClusterOptions = {},
  clock: Clock = realClock,
): Promise<EmrClusterPlan<Input>> {
  const checked = access === undefined ? [] : await accessFindings(desired.access, access, { signal })
  let isCreating = false
  return runWithRetry(
    async () => {
      isCreating = false
      const plan = planEmrCluster(desired, await service.list(desired.name, { signal }), checked)
      if (dryRun || plan.action === 'none' || plan.action === 'wait') return plan
      if (plan.action === 'conflict') throw conflictError(plan)
      isCreating = true
      return {
        ...plan,
        id: await service.create(desired.input, plan.clientToken, { signal, maxAttempts: 1 }),
      }
    },
    {
      policy: creationPolicy,
      // What was only looked at has been tried again already.
      isRetryable: (error) => isCreating && error.retryable,
      retryAfterMs: retryAfterMsOf,
      clock,
      ...(signal === undefined ? {} : { signal }),
    },
  )
}

function conflictError({ name, id, reasons, changes }: EmrClusterPlan): TidewaterError {
  return new TidewaterError(
    'CLUSTER_CONFLICT',
    `Cluster "${name}" can't become as desired: ${reasons.join('; ')}`,
    {
      remedy:
        id === undefined
          ? 'Correct what the message names, and create it again.'
          : 'Use another name, change the definition to match, or terminate the cluster and create it again.',
      details: { cluster: name, changes, ...(id === undefined ? {} : { id }) },
    },
  )
}
