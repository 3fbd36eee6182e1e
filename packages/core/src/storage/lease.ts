import { randomUUID } from 'node:crypto'
import { TidewaterError } from '../errors.js'
import type { Clock } from '../retry/run.js'
import { type Lease, nextLeaseStep } from './lease-plan.js'
import { joinLocation } from './location.js'
import type { ObjectStore } from './port.js'

const retryMs = 1_000

export interface LeaseOptions {
  readonly clock: Clock
  /**
   * How long a lease holds that is not renewed: after a crash others wait so long, and a holder that stalls for longer can be
   * overtaken. So work that has lost its lease, or without `renews` has had half of its life, is told by its signal.
   */
  readonly lifeMs: number
  /** Renews the lease while the work goes on, every fifth of its life. Default false. */
  readonly renews?: boolean
  /** Who the holder is, for those who find the lease held. Never a secret. */
  readonly holder?: string
  /** Called with who holds the lease, each time it is found held; it may throw, and else this one waits. Default: waits. */
  readonly whenHeld?: (holder: string) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Does `work` while nobody else does who uses this folder: one object after the other, each written by a conditional write that
 * one of several writers wins, so that it holds on S3 as on a file system, and between machines.
 *
 * @param folder nothing else may be in it
 * @param work gets a signal that fires when the lease is lost, or half over when it isn't renewed
 * @throws TidewaterError `LEASE_LOST` (retryable) when that came before the work was done, what `whenHeld` and the store throw,
 *   `ABORTED`
 */
export async function underLease<T>(
  store: ObjectStore,
  folder: string,
  work: (signal: AbortSignal) => Promise<T>,
  options: LeaseOptions,
): Promise<T> {
  const { lifeMs, renews = false, signal } = options
  const held = await take(store, folder, options)
  const lost = new AbortController()
  const end = renews
    ? renewing(store, folder, held, options, () => lost.abort())
    : after(lifeMs / 2, () => lost.abort())
  try {
    return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]))
  } catch (thrown) {
    if (lost.signal.aborted && signal?.aborted !== true) throw leaseLost(folder, lifeMs, renews, thrown)
    throw thrown
  } finally {
    await end()
    // Later holders counted on from it, so what is left of a lease that can't be deleted only makes them wait.
    if (!lost.signal.aborted || !renews) await store.delete(held.location).catch(() => undefined)
  }
}

interface HeldLease {
  readonly number: number
  readonly location: string
  readonly bytes: Uint8Array
}

function after(ms: number, act: () => void): () => Promise<void> {
  const timer = setTimeout(act, ms)
  timer.unref()
  return async () => clearTimeout(timer)
}

/** Writes the lease again and again; tells when it can't for as long as it lives, or somebody has passed over it. */
function renewing(
  store: ObjectStore,
  folder: string,
  held: HeldLease,
  { lifeMs, clock }: LeaseOptions,
  onLost: () => void,
): () => Promise<void> {
  const ended = new AbortController()
  const renew = async () => {
    let renewedAtMs = clock.nowMs()
    for (;;) {
      await clock.sleep(lifeMs / 5, ended.signal)
      try {
        const leases = await leasesIn(store, folder, ended.signal)
        if (leases.some(({ number }) => number > held.number)) return onLost()
        await store.put(held.location, held.bytes, { signal: ended.signal })
        renewedAtMs = clock.nowMs()
      } catch {
        if (ended.signal.aborted) return
        // One more try must fit before others take it for abandoned.
        if (clock.nowMs() - renewedAtMs > lifeMs * 0.6) return onLost()
      }
    }
  }
  const running = renew().catch(() => undefined)
  return async () => {
    ended.abort()
    // A renewal under way would bring back the lease that is about to be deleted.
    await running
  }
}

async function take(
  store: ObjectStore,
  folder: string,
  { clock, lifeMs, holder = '', whenHeld, signal }: LeaseOptions,
): Promise<HeldLease> {
  const bytes = new TextEncoder().encode(JSON.stringify({ id: randomUUID(), holder }))
  for (;;) {
    const leases = await leasesIn(store, folder, signal)
    const nowMs = leases.length === 0 ? 0 : await storeClock(store, folder, signal)
    const step = nextLeaseStep(leases, nowMs, lifeMs)
    if (step.step === 'take') {
      const location = joinLocation(folder, String(step.number))
      if (await store.put(location, bytes, { ifAbsent: true, signal }))
        return { number: step.number, location, bytes }
    } else if (whenHeld !== undefined) {
      whenHeld(await holderOf(store, joinLocation(folder, String(step.number)), signal))
    }
    await clock.sleep(retryMs * (0.5 + clock.random()), signal)
  }
}

async function holderOf(
  store: ObjectStore,
  location: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const object = await store.get(location, { signal })
  try {
    const { holder } = JSON.parse(new TextDecoder().decode(object?.bytes)) as { holder?: unknown }
    return typeof holder === 'string' ? holder : ''
  } catch {
    return ''
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

function leaseLost(folder: string, lifeMs: number, renews: boolean, cause: unknown): TidewaterError {
  const why = renews
    ? `The lease could not be renewed within its ${lifeMs} ms`
    : `The work took longer than ${lifeMs / 2} ms, half of its lease`
  return new TidewaterError('LEASE_LOST', why, {
    retryable: true,
    remedy: 'Try again; what was done meanwhile is found.',
    details: { lease: folder, lifeMs },
    cause,
  })
}
