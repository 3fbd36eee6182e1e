import { randomUUID } from 'node:crypto'
import { type Clock, TidewaterError } from '@tidewater/core'
import { joinLocation, type ObjectStore } from '@tidewater/core/storage'
import { type Lease, nextLeaseStep } from './lease-plan.js'

/**
 * How long a submitter may take between its look at what runs and its submission. One that stalls for longer can't be kept from
 * submitting a second run, since EMR's steps know no token: so it gives up by itself at half of it.
 */
const lifeMs = 120_000
const retryMs = 1_000

/**
 * Does `work` while no other submitter that uses this folder does: one that looks, and submits when it finds nothing, must not
 * be overtaken in between.
 *
 * @param work gets a signal that fires when the lease is half over
 * @throws TidewaterError `JOB_CONFLICT` (retryable) when the lease was half over before the work was done
 */
export async function underLease<T>(
  store: ObjectStore,
  folder: string,
  work: (signal: AbortSignal) => Promise<T>,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const held = await take(store, folder, clock, signal)
  const overdue = new AbortController()
  const timer = setTimeout(() => overdue.abort(), lifeMs / 2)
  timer.unref()
  try {
    return await work(signal === undefined ? overdue.signal : AbortSignal.any([signal, overdue.signal]))
  } catch (thrown) {
    if (overdue.signal.aborted && signal?.aborted !== true) throw tooSlow(folder, thrown)
    throw thrown
  } finally {
    clearTimeout(timer)
    // Later holders counted on from it, so what is left of a lease that can't be deleted only makes them wait.
    await store.delete(held).catch(() => undefined)
  }
}

async function take(
  store: ObjectStore,
  folder: string,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<string> {
  const holder = new TextEncoder().encode(JSON.stringify({ holder: randomUUID() }))
  for (;;) {
    const leases = await leasesIn(store, folder, signal)
    const step = nextLeaseStep(
      leases,
      leases.length === 0 ? 0 : await storeClock(store, folder, signal),
      lifeMs,
    )
    if (step.step === 'take') {
      const location = joinLocation(folder, String(step.number))
      if (await store.put(location, holder, { ifAbsent: true, signal })) return location
    }
    await clock.sleep(retryMs * (0.5 + clock.random()), signal)
  }
}

async function leasesIn(store: ObjectStore, folder: string, signal: AbortSignal | undefined) {
  const leases: Lease[] = []
  for await (const { location, modifiedAtMs } of store.list(folder, { signal })) {
    const name = location.slice(location.lastIndexOf('/') + 1)
    if (/^\d+$/.test(name)) leases.push({ number: Number(name), modifiedAtMs })
  }
  return leases
}

/** Now, by the clock that stamps the leases: this machine's may be minutes off. */
async function storeClock(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const location = joinLocation(folder, `clock-${randomUUID()}`)
  await store.put(location, new Uint8Array(), { signal })
  try {
    return (await store.head(location, { signal }))?.modifiedAtMs ?? 0
  } finally {
    await store.delete(location, { signal }).catch(() => undefined)
  }
}

function tooSlow(folder: string, cause: unknown): TidewaterError {
  return new TidewaterError(
    'JOB_CONFLICT',
    `Submitting took longer than ${lifeMs / 2} ms, half of its lease`,
    {
      retryable: true,
      remedy: 'Submit again; when a run has been started meanwhile, it is found.',
      details: { lease: folder, lifeMs },
      cause,
    },
  )
}
