import { z } from 'zod'
import { parseConfig } from '../config/parse.js'
import { messageOf, TidewaterError } from '../errors.js'
import { parseClusterArn } from '../iam/arn.js'
import { type Clock, realClock, throwIfAborted } from '../retry/run.js'
import { retryAfterMsOf } from './aws-failure.js'
import type { MskClient } from './client.js'
import { describeByArn, type NamedCluster } from './clusters.js'
import { decidePoll } from './poll-plan.js'

const waitOptionsSchema = z.strictObject({
  /** When to give up. Default 3,600,000: a cluster takes 15 to 40 minutes, a large one longer. */
  timeoutMs: z.int().min(0).max(86_400_000).default(3_600_000),
  /** Time between two questions. Default 20,000. */
  intervalMs: z.int().min(100).max(600_000).default(20_000),
  /** Longest time between two questions while the service throttles or fails. Default 180,000. */
  maxIntervalMs: z.int().min(100).max(3_600_000).default(180_000),
})

export interface ClusterProgress {
  readonly state: string
  readonly elapsedMs: number
  readonly polls: number
  /** What the last question failed with, when it did; the next one may succeed. */
  readonly error?: TidewaterError
}

export type WaitOptions = z.input<typeof waitOptionsSchema> & {
  readonly signal?: AbortSignal
  /** Called after each question. */
  readonly onProgress?: (progress: ClusterProgress) => void
}

/** Share of the interval that is random. */
const pollJitter = 0.3

/**
 * Waits until the cluster is ACTIVE. The SDK has no waiter for MSK. Throttled and failed questions are asked again later
 * and less often; what can't succeed ends the wait at once.
 *
 * @returns the cluster as it is then
 * @throws TidewaterError `WAIT_TIMEOUT` (retryable: the cluster may become ACTIVE yet), `CLUSTER_FAILED` with what the
 * service says of it, `CLUSTER_NOT_FOUND`, and what else `MskClient.call` rejects with
 */
export async function waitUntilActive(
  client: MskClient,
  clusterArn: string,
  { signal, onProgress, ...options }: WaitOptions = {},
  clock: Clock = realClock,
): Promise<NamedCluster> {
  parseClusterArn(clusterArn)
  const policy = { ...parseConfig(waitOptionsSchema, options, 'wait'), jitter: pollJitter }
  const startedAtMs = clock.nowMs()
  let failuresInARow = 0
  let state = 'unknown'
  for (let polls = 1; ; polls++) {
    throwIfAborted(signal)
    let failure: TidewaterError | undefined
    try {
      const cluster = await describeByArn(client, clusterArn, { signal, maxAttempts: 1 })
      failuresInARow = 0
      state = cluster.State ?? 'unknown'
      onProgress?.({ state, elapsedMs: clock.nowMs() - startedAtMs, polls })
      if (state === 'ACTIVE') return cluster
      refuseDeadEnds(cluster)
    } catch (error) {
      if (!TidewaterError.isInstance(error) || !error.retryable) throw error
      failure = error
      failuresInARow += 1
      onProgress?.({ state, elapsedMs: clock.nowMs() - startedAtMs, polls, error })
    }
    const elapsedMs = clock.nowMs() - startedAtMs
    const retryAfterMs = failure === undefined ? undefined : retryAfterMsOf(failure)
    const decision = decidePoll(policy, { elapsedMs, failuresInARow, retryAfterMs }, clock.random())
    if (!decision.poll) throw timeoutError(clusterArn, state, policy.timeoutMs, failure)
    await clock.sleep(decision.delayMs, signal)
  }
}

/** A cluster that has failed or is being deleted never becomes ACTIVE. */
function refuseDeadEnds({ ClusterArn, State, StateInfo }: NamedCluster): void {
  if (State !== 'FAILED' && State !== 'DELETING') return
  const said = [StateInfo?.Code, StateInfo?.Message].filter((part) => part !== undefined).join(': ')
  const why = said === '' ? '' : `: ${said}`
  throw new TidewaterError('CLUSTER_FAILED', `Cluster ${ClusterArn} is ${State}${why}`, {
    remedy:
      State === 'FAILED'
        ? 'Correct what the service names, delete the cluster and create it again.'
        : 'Create it again when it is gone.',
    details: {
      clusterArn: ClusterArn,
      state: State,
      ...(StateInfo?.Code === undefined ? {} : { stateCode: StateInfo.Code }),
      ...(StateInfo?.Message === undefined ? {} : { stateMessage: StateInfo.Message }),
    },
  })
}

function timeoutError(
  clusterArn: string,
  state: string,
  timeoutMs: number,
  cause: TidewaterError | undefined,
): TidewaterError {
  const last = cause === undefined ? '' : ` (the last question failed: ${messageOf(cause)})`
  return new TidewaterError(
    'WAIT_TIMEOUT',
    `Cluster ${clusterArn} is ${state}, not ACTIVE, after ${timeoutMs} ms${last}`,
    {
      retryable: true,
      remedy: 'Wait again: the cluster is still being worked on. Or raise timeoutMs.',
      details: { clusterArn, state, timeoutMs },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
