import { availableParallelism } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { kafkaConnection, mskIam, TidewaterError, throwIfAborted } from '@tidewater/core'
import { resolveProducerOptions } from '../options.js'
import { netflowSchema } from '../sample/index.js'
import { Fleet, type FleetResult } from './fleet.js'
import { type FleetOptions, splitFleetOptions } from './options.js'
import { planFleet } from './plan.js'
import { registryOf } from './registry.js'
import { WorkerCounters } from './worker-counters.js'

/**
 * Runs many producers of one topic, spread over worker threads, until each has delivered its share, the time is over, or
 * `signal` stops it.
 *
 * Every planned record is counted exactly once: delivered + failed + uncertain + unwritten = `records`, and the topic has
 * gained at least the delivered and at most the delivered and the uncertain ones. A worker counts a record before it hands
 * it over, in memory that outlives its thread. When the thread ends unexpectedly, what was handed over and not answered is
 * uncertain and is not written again; the worker starts anew, after a pause, at the next record. A worker that fails five
 * times without a minute of work between, or in a way that can't pass (a topic that doesn't exist), is given up: the others
 * go on, its rest is `unwrittenRecords`, and `failure` says why. A thread's end counts for all workers in it.
 *
 * @returns the counts, also of a fleet that was stopped or gave workers up
 * @throws TidewaterError, nothing started: `CONFIG_INVALID` naming option, value and limit, `DRIVER_UNSUPPORTED_OPTION`,
 * `REGION_MISMATCH`, `ABORTED` when `signal` has fired already
 */
export async function runFleet(options: FleetOptions): Promise<FleetResult> {
  const { signal, abandonSignal, onProgress } = options
  const { config, workers, producer, auth, registry } = prepare(options)
  throwIfAborted(signal)
  const fleet = new Fleet(workers, {
    producer,
    auth,
    registry,
    source: sourceUrl(options.source),
    drainTimeoutMs: config.drainTimeoutMs,
    counters: WorkerCounters.memory(workers.length),
  })
  const onDrain = () => fleet.drain()
  const onAbandon = () => fleet.abandon()
  signal?.addEventListener('abort', onDrain, { once: true })
  abandonSignal?.addEventListener('abort', onAbandon, { once: true })
  try {
    return await fleet.run(config.durationMs, onProgress)
  } finally {
    signal?.removeEventListener('abort', onDrain)
    abandonSignal?.removeEventListener('abort', onAbandon)
  }
}

/**
 * Checks options as `runFleet` does, and starts nothing: for whoever hands them on to other machines.
 *
 * @throws TidewaterError as `runFleet`, but for `ABORTED`
 */
export function checkFleetOptions(options: FleetOptions): void {
  prepare(options)
}

function prepare(options: FleetOptions) {
  const { config, producer, auth, registry } = splitFleetOptions(options)
  const { workers, buffer } = planFleet(config, availableParallelism())
  const whole = { ...buffer, ...producer }
  requireProducerOptions(options, whole)
  if (registry !== undefined) registryOf(registry)
  return { config, workers, producer: whole, auth, registry }
}

/** What each worker would find out for itself, before there are a hundred of them. */
function requireProducerOptions(options: FleetOptions, producer: object): void {
  const checked = resolveProducerOptions({
    ...(producer as FleetOptions),
    schema: netflowSchema,
    auth: undefined,
    drainOnSigterm: false,
  } as unknown as Parameters<typeof resolveProducerOptions<unknown>>[0])
  const { brokers, auth } = options
  if (auth !== undefined) kafkaConnection({ brokers, auth: mskIam(auth) })
  if (checked.driver !== 'confluent') return
  throw new TidewaterError(
    'DRIVER_UNSUPPORTED_OPTION',
    'The confluent driver can’t run in a fleet: its native binary does not load in worker threads',
    { remedy: 'Use another driver for the fleet.', details: { driver: checked.driver } },
  )
}

function sourceUrl(source: URL | string | undefined): string | undefined {
  if (source === undefined) return undefined
  if (source instanceof URL || source.startsWith('file:')) return String(source)
  return pathToFileURL(isAbsolute(source) ? source : resolve(source)).href
}
