import { describe, expect, it } from 'vitest'
import { type Clock, TidewaterError } from '../../src/index.js'
import { underLease } from '../../src/storage/index.js'
import { nextLeaseStep } from '../../src/storage/lease-plan.js'
import type { ObjectStore } from '../../src/storage/port.js'

const folder = '/leases'
const lifeMs = 10_000

/** A store and a clock of one time, which passes only when everybody sleeps. */
function stage() {
  let nowMs = 1_000_000
  const objects = new Map<string, { bytes: Uint8Array; modifiedAtMs: number }>()
  const sleepers: { wakeAtMs: number; wake: () => void }[] = []
  let isAway = false
  const reached = () => {
    if (isAway) throw new TidewaterError('STORAGE_FAILED', 'away')
  }
  const facts = ({ bytes, modifiedAtMs }: { bytes: Uint8Array; modifiedAtMs: number }) => ({
    sizeBytes: bytes.length,
    etag: '',
    modifiedAtMs,
  })
  const store = {
    async head(location: string) {
      reached()
      const object = objects.get(location)
      return object && facts(object)
    },
    async get(location: string) {
      reached()
      const object = objects.get(location)
      return object && { ...facts(object), bytes: object.bytes }
    },
    async put(location: string, bytes: Uint8Array, { ifAbsent = false } = {}) {
      reached()
      if (ifAbsent && objects.has(location)) return false
      objects.set(location, { bytes, modifiedAtMs: nowMs })
      return true
    },
    async *list() {
      reached()
      for (const [location, object] of [...objects].sort()) yield { location, ...facts(object) }
    },
    async delete(location: string) {
      reached()
      objects.delete(location)
    },
    close() {},
  } satisfies Partial<ObjectStore> as unknown as ObjectStore
  const clock: Clock = {
    nowMs: () => nowMs,
    random: () => 0.5,
    sleep: (delayMs, signal) =>
      new Promise((wake, fail) => {
        const aborted = () => fail(new TidewaterError('ABORTED', 'aborted'))
        if (signal?.aborted) return aborted()
        signal?.addEventListener('abort', aborted, { once: true })
        const awake = () => {
          signal?.removeEventListener('abort', aborted)
          wake()
        }
        sleepers.push({ wakeAtMs: nowMs + delayMs, wake: awake })
      }),
  }
  /** Lets this much time pass, and everybody do what they do meanwhile. */
  const pass = async (ms: number) => {
    const untilMs = nowMs + ms
    for (;;) {
      for (let turn = 0; turn < 50; turn++) await Promise.resolve()
      const next = sleepers
        .filter(({ wakeAtMs }) => wakeAtMs <= untilMs)
        .sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0]
      if (next === undefined) break
      sleepers.splice(sleepers.indexOf(next), 1)
      nowMs = Math.max(nowMs, next.wakeAtMs)
      next.wake()
    }
    nowMs = untilMs
  }
  return { store, clock, pass, objects, away: (is: boolean) => (isAway = is) }
}

/** Work that lasts until it is told to end, or its signal fires. */
function longWork() {
  let end = () => {}
  const state = { started: false, told: false }
  const work = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      state.started = true
      end = () => resolve('done')
      signal.addEventListener('abort', () => {
        state.told = true
        reject(new Error('told to stop'))
      })
    })
  return { work, state, end: () => end() }
}

describe('a lease', () => {
  it('is held by one at a time, and given back', async () => {
    const { store, clock, pass, objects } = stage()
    const order: string[] = []
    const one = (name: string) =>
      underLease(
        store,
        folder,
        async () => {
          order.push(`${name} in`)
          await clock.sleep(3_000)
          order.push(`${name} out`)
        },
        { clock, lifeMs, renews: true },
      )
    const all = Promise.all([one('a'), one('b'), one('c')])
    await pass(60_000)
    await all
    expect(order).toHaveLength(6)
    for (const at of [0, 2, 4]) expect(order[at + 1]).toBe(order[at]?.replace('in', 'out'))
    expect([...objects.keys()]).toEqual([])
  })

  it('that is renewed is held for as long as the work takes, and who comes meanwhile may be told', async () => {
    const { store, clock, pass } = stage()
    const { work, state, end } = longWork()
    const held = underLease(store, folder, work, { clock, lifeMs, renews: true, holder: 'host 1' })
    await pass(10 * lifeMs)
    const whenHeld = (holder: string) => {
      throw new TidewaterError('TABLE_IN_USE', `held by ${holder}`)
    }
    const other = underLease(store, folder, async () => 'mine', { clock, lifeMs, whenHeld })
    await expect(other).rejects.toMatchObject({ code: 'TABLE_IN_USE', message: 'held by host 1' })
    expect(state).toEqual({ started: true, told: false })
    end()
    await expect(held).resolves.toBe('done')
    await expect(underLease(store, folder, async () => 'mine', { clock, lifeMs, whenHeld })).resolves.toBe(
      'mine',
    )
  })

  it('of a holder that died is passed over when its life is over, and not before', async () => {
    const { store, clock, pass } = stage()
    await store.put(`${folder}/4`, new TextEncoder().encode('{'))
    let isTaken = false
    const next = underLease(store, folder, async () => (isTaken = true), { clock, lifeMs })
    await pass(lifeMs - 2_000)
    expect(isTaken).toBe(false)
    await pass(3_000)
    await next
    expect(isTaken).toBe(true)
  })

  it('that can not be renewed is lost before others may take it, and the work is told', async () => {
    const { store, clock, pass, away } = stage()
    const { work, state } = longWork()
    const held = underLease(store, folder, work, { clock, lifeMs, renews: true })
    const lost = expect(held).rejects.toMatchObject({ code: 'LEASE_LOST', retryable: true })
    await pass(lifeMs)
    away(true)
    await pass(lifeMs * 0.5)
    expect(state.told).toBe(false)
    await pass(lifeMs * 0.49)
    expect(state.told).toBe(true)
    away(false)
    await lost
  })

  it('that somebody has passed over is lost, and stays that other one’s', async () => {
    const { store, clock, pass, objects } = stage()
    const { work } = longWork()
    const held = underLease(store, folder, work, { clock, lifeMs, renews: true })
    const lost = expect(held).rejects.toMatchObject({ code: 'LEASE_LOST' })
    await pass(1)
    await store.put(`${folder}/1`, new Uint8Array())
    await pass(lifeMs)
    await lost
    expect([...objects.keys()]).toContain(`${folder}/1`)
  })

  it('brings back what the work failed with, and is given back', async () => {
    const { store, clock, objects } = stage()
    const failing = underLease(store, folder, () => Promise.reject(new Error('no')), {
      clock,
      lifeMs,
      renews: true,
    })
    await expect(failing).rejects.toThrow('no')
    expect([...objects.keys()]).toEqual([])
  })
})

describe('nextLeaseStep', () => {
  it('takes what is free or dead, and waits for what is held', () => {
    expect(nextLeaseStep([], 0, 100)).toEqual({ step: 'take', number: 0 })
    const leases = [
      { number: 3, modifiedAtMs: 1_000 },
      { number: 10, modifiedAtMs: 2_000 },
    ]
    expect(nextLeaseStep(leases, 2_099, 100)).toEqual({ step: 'wait', number: 10 })
    expect(nextLeaseStep(leases, 2_100, 100)).toEqual({ step: 'take', number: 11 })
  })
})
