import {
  type Clock,
  decidePoll,
  parseConfig,
  realClock,
  retryAfterMsOf,
  TidewaterError,
  throwIfAborted,
} from '@tidewater/core'
import { z } from 'zod'
import { isPassing } from '../run/wait-plan.js'
import type { ActualCluster, ClusterService } from './service.js'

const waitOptionsSchema = z.strictObject({
  /** When to give up. Default: never; a cluster that ends while it starts ends the wait too. */
  timeoutMs: z.int().min(0).optional(),
  /** Time between two questions. Default: the service's pace, 15,000 for EMR on EC2. */
  intervalMs: z.int().min(10).max(600_000).optional(),
})

export interface EmrClusterProgress {
  readonly state: string
  readonly elapsedMs: number
  /** What the last question failed with, when it did; the next one may succeed. */
  readonly error?: TidewaterError
}

export type WaitForClusterOptions = z.input<typeof waitOptionsSchema> & {
  readonly signal?: AbortSignal | undefined
  /** Called after each question. */
  readonly onProgress?: ((progress: EmrClusterProgress) => void) | undefined
}

/** Share of the interval that is random, so that waiters that began together don't ask together. */
const jitter = 0.3

/**
 * Waits until the cluster takes jobs. Throttled and failed questions are asked again later and less often.
 *
 * @returns the cluster as it is then
 * @throws TidewaterError `CLUSTER_FAILED` with the service's reason for a cluster that ends, `WAIT_TIMEOUT` (retryable),
 *   `CLUSTER_NOT_FOUND`, `ABORTED`, and what else the service says that can't pass
 */
export function waitUntilReady(
  service: ClusterService,
  id: string,
  options: WaitForClusterOptions = {},
  clock: Clock = realClock,
): Promise<ActualCluster> {
  return waitFor(service, id, 'ready', options, clock)
}

/**
 * Waits until the cluster has ended, for whatever reason.
 *
 * @throws TidewaterError as {@link waitUntilReady}, but not `CLUSTER_FAILED`
 */
export function waitUntilEnded(
  service: ClusterService,
  id: string,
  options: WaitForClusterOptions = {},
  clock: Clock = realClock,
): Promise<ActualCluster> {
  return waitFor(service, id, 'ended', options, clock)
}

async function waitFor(
  service: ClusterService,
  id: string,
  aim: 'ready' | 'ended',
  { signal, onProgress, ...options }: WaitForClusterOptions,
  clock: Clock,
): Promise<ActualCluster> {
  const { timeoutMs = Number.POSITIVE_INFINITY, intervalMs = service.pace.intervalMs } = parseConfig(
    waitOptionsSchema,
    options,
    'wait',
  )
  const policy = {
    timeoutMs,
    intervalMs,
    maxIntervalMs: Math.max(intervalMs, service.pace.maxIntervalMs),
    jitter,
  }
  const startedAtMs = clock.nowMs()
  let failuresInARow = 0
  let state: string | undefined
  for (;;) {
    throwIfAborted(signal)
    let failure: TidewaterError | undefined
    try {
      const cluster = await service.describe(id, { signal, maxAttempts: 1 })
      failuresInARow = 0
      state = cluster.state
      onProgress?.({ state, elapsedMs: clock.nowMs() - startedAtMs })
      if (isThere(cluster, aim)) return cluster
    } catch (error) {
      if (!TidewaterError.isInstance(error) || !isPassing(error, state !== undefined)) throw error
      failure = error
      failuresInARow += 1
      onProgress?.({ state: state ?? 'unknown', elapsedMs: clock.nowMs() - startedAtMs, error })
    }
    const elapsedMs = clock.nowMs() - startedAtMs
    const retryAfterMs = failure === undefined ? undefined : retryAfterMsOf(failure)
    const decision = decidePoll(policy, { elapsedMs, failuresInARow, retryAfterMs }, clock.random())
    if (!decision.poll) throw timeoutError(id, state ?? 'unknown', aim, timeoutMs, failure)
    await clock.sleep(decision.delayMs, signal)
  }
}

function isThere(cluster: ActualCluster, aim: 'ready' | 'ended'): boolean {
  const { phase } = cluster
  const hasEnded = phase === 'ended' || phase === 'failed'
  if (aim === 'ended') return hasEnded
  // One that is ending is waited for: EMR adds the details of a failure by its end.
  if (hasEnded || phase === 'stuck') throw failedError(cluster)
  return phase === 'ready'
}

function failedError({ id, name, state, reason }: ActualCluster): TidewaterError {
  return new TidewaterError(
    'CLUSTER_FAILED',
    `Cluster "${name}" (${id}) is ${state}${reason === '' ? '' : `: ${reason}`}`,
    {
      remedy:
        'Correct what the service names, terminate the cluster if it is still there, and create it again.',
      details: { id, name, state, reason },
    },
  )
}

function timeoutError(
  id: string,
  state: string,
  aim: string,
  timeoutMs: number,
  cause: TidewaterError | undefined,
): TidewaterError {
  const last = cause === undefined ? '' : ` (the last question failed: ${cause.message})`
  return new TidewaterError(
    'WAIT_TIMEOUT',
    `Cluster ${id} is ${state}, not ${aim}, after ${timeoutMs} ms${last}`,
    {
      retryable: true,
      remedy: 'Wait again: the cluster is still being worked on. Or raise timeoutMs.',
      details: { id, state, timeoutMs },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
