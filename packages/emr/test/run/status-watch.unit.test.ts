import { type Clock, TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import type { JobState, JobStatus, JobTarget } from '../../src/run/port.js'
import { StatusWatch } from '../../src/run/status-watch.js'

type Answer = Readonly<Record<string, JobState>> | TidewaterError

/** A target that gives one answer after another; the last one is repeated. */
function scriptedTarget(answers: readonly Answer[]) {
  const questions: (readonly string[])[] = []
  const target = {
    place: 'nowhere',
    pace: { intervalMs: 1_000, maxIntervalMs: 8_000 },
    statuses: async (ids: readonly string[]) => {
      const answer = answers[Math.min(questions.length, answers.length - 1)] ?? {}
      questions.push([...ids])
      if (TidewaterError.isInstance(answer)) throw answer
      const known = Object.entries(answer).filter(([id]) => ids.includes(id))
      return new Map(known.map(([id, state]): [string, JobStatus] => [id, { state, serviceState: state }]))
    },
  } as unknown as JobTarget
  return { target, questions }
}

/** Time that passes only by sleeping. */
function fakeClock() {
  let nowMs = 0
  const sleeps: number[] = []
  const clock: Clock = {
    nowMs: () => nowMs,
    random: () => 0,
    sleep: async (delayMs) => {
      sleeps.push(delayMs)
      nowMs += delayMs
    },
  }
  return { clock, sleeps }
}

const passing = (details: object = {}) =>
  new TidewaterError('AWS_THROTTLED', 'slow down', { retryable: true, details: { ...details } })

describe('StatusWatch', () => {
  it('asks once for all who wait, and on for those whose runs have not ended', async () => {
    const { target, questions } = scriptedTarget([
      { a: 'running', b: 'running', c: 'succeeded' },
      { a: 'running', b: 'failed' },
      { a: 'interrupted' },
    ])
    const { clock, sleeps } = fakeClock()
    const watch = new StatusWatch(target, clock)
    const ends = await Promise.all(['a', 'b', 'c', 'a'].map((id) => watch.untilEnd(id)))
    expect(ends.map(({ state }) => state)).toEqual(['interrupted', 'failed', 'succeeded', 'interrupted'])
    expect(questions).toEqual([['a', 'b', 'c'], ['a', 'b'], ['a']])
    expect(sleeps).toEqual([1_000, 1_000])
  })

  it('steps back while it is throttled or cut off, for as long as it takes, and comes back', async () => {
    const cutOff = new TidewaterError('AWS_REQUEST_FAILED', 'no route', { retryable: true })
    const trouble = [passing(), passing(), passing({ retryAfterMs: 20_000 }), ...Array(500).fill(cutOff)]
    const { target } = scriptedTarget([{ a: 'running' }, ...trouble, { a: 'running' }, { a: 'succeeded' }])
    const { clock, sleeps } = fakeClock()
    const seen: (string | undefined)[] = []
    await new StatusWatch(target, clock).untilEnd('a', {
      onStatus: (status, error) => seen.push(error?.code ?? status?.state),
    })
    expect(sleeps.slice(0, 5)).toEqual([1_000, 2_000, 4_000, 20_000, 8_000])
    expect(sleeps).toHaveLength(505)
    expect(sleeps.at(-1)).toBe(1_000)
    expect(seen.slice(0, 3)).toEqual(['running', 'AWS_THROTTLED', 'AWS_THROTTLED'])
  })

  it('ends at once with what can not pass, and with a run nobody knows', async () => {
    const denied = new TidewaterError('AUTHORIZATION_FAILED', 'no')
    const watch = new StatusWatch(scriptedTarget([denied]).target, fakeClock().clock)
    await expect(watch.untilEnd('a')).rejects.toBe(denied)
    const unknown = new StatusWatch(scriptedTarget([{}]).target, fakeClock().clock)
    await expect(unknown.untilEnd('a')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
  })

  it('asks a last time at the time-out of one, and goes on for the other', async () => {
    const { target } = scriptedTarget([...Array(5).fill({ a: 'running', b: 'running' }), { b: 'succeeded' }])
    const { clock, sleeps } = fakeClock()
    const watch = new StatusWatch(target, clock)
    const other = watch.untilEnd('b')
    await expect(watch.untilEnd('a', { timeoutMs: 2_500 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: 'Run a is running after 2500 ms',
    })
    expect(sleeps.slice(0, 3)).toEqual([1_000, 1_000, 500])
    expect((await other).state).toBe('succeeded')
  })

  it("gives a callback's error to its own waiter only", async () => {
    const { target } = scriptedTarget([{ a: 'running', b: 'running' }, { b: 'succeeded' }])
    const watch = new StatusWatch(target, fakeClock().clock)
    const other = watch.untilEnd('b')
    const onStatus = () => {
      throw new TidewaterError('USAGE', 'mine')
    }
    await expect(watch.untilEnd('a', { onStatus })).rejects.toMatchObject({ code: 'USAGE' })
    expect((await other).state).toBe('succeeded')
  })
})
