import { expect, test } from 'vitest'
import { CredentialsCache } from '../../src/auth/credentials-cache.js'
import type { AwsCredentials } from '../../src/auth/options.js'

const policy = { refreshAheadMs: 300_000, minSessionMs: 60_000, credentialsTimeoutMs: 10_000 }
const hourMs = 3_600_000

class Source {
  nowMs = 1_800_000_000_000
  calls: unknown[] = []
  lifeMs: number | undefined = hourMs
  failure: Error | undefined
  /** Answers come when the test says so. */
  private waiting: (() => void)[] = []
  isSlow = false

  readonly cache = new CredentialsCache(
    async (options) => {
      this.calls.push(options)
      if (this.isSlow) await new Promise<void>((resolve) => this.waiting.push(resolve))
      if (this.failure) throw this.failure
      return this.credentials(this.calls.length)
    },
    policy,
    { nowMs: () => this.nowMs, random: () => 0 },
  )

  credentials(number: number): AwsCredentials {
    return {
      accessKeyId: `ASIA${number}`,
      secretAccessKey: 'not-printed',
      ...(this.lifeMs === undefined ? {} : { expiration: new Date(this.nowMs + this.lifeMs) }),
    }
  }

  answer(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

const keys = async (...asked: Promise<AwsCredentials>[]) =>
  (await Promise.all(asked)).map(({ accessKeyId }) => accessKeyId)

test('however many brokers ask, the source is asked once', async () => {
  const source = new Source()
  source.isSlow = true
  const asked = Array.from({ length: 100 }, () => source.cache.current())
  await Promise.resolve()
  source.answer()
  expect(new Set(await keys(...asked))).toEqual(new Set(['ASIA1']))
  expect(source.calls).toHaveLength(1)
  expect(await keys(source.cache.current())).toEqual(['ASIA1'])
  expect(source.calls).toHaveLength(1)
})

test('ahead of their end credentials are refreshed beside their use, with a forced refresh', async () => {
  const source = new Source()
  await source.cache.current()
  source.nowMs += hourMs - 290_000
  source.isSlow = true
  expect(await keys(source.cache.current(), source.cache.current())).toEqual(['ASIA1', 'ASIA1'])
  expect(source.calls).toEqual([undefined, { forceRefresh: true }])
  source.answer()
  source.isSlow = false
  await new Promise(setImmediate)
  expect(await keys(source.cache.current())).toEqual(['ASIA2'])
})

test('with less than a session left, the refresh comes first', async () => {
  const source = new Source()
  await source.cache.current()
  source.nowMs += hourMs - 59_000
  expect(await keys(source.cache.current(), source.cache.current())).toEqual(['ASIA2', 'ASIA2'])
  expect(source.calls).toHaveLength(2)
})

test('a source that is away is bridged while the credentials last, asked again with growing pauses, then it is an error', async () => {
  const source = new Source()
  await source.cache.current()
  source.nowMs += hourMs - 290_000
  source.failure = new Error('metadata away')
  for (let second = 0; second < 100; second++) {
    expect(await keys(source.cache.current())).toEqual(['ASIA1'])
    await new Promise(setImmediate)
    source.nowMs += 1_000
  }
  // Not one call a second: 1, 2, 4, 8, 15, then every 15 seconds (half of 30, with the jitter at 0).
  expect(source.calls.length).toBeGreaterThan(5)
  expect(source.calls.length).toBeLessThan(14)
  source.nowMs += 190_500
  await expect(source.cache.current()).rejects.toMatchObject({
    code: 'CREDENTIALS_UNAVAILABLE',
    retryable: true,
    message: expect.stringContaining('metadata away'),
  })
  source.failure = undefined
  expect((await keys(source.cache.current()))[0]).toMatch(/^ASIA/)
})

test('credentials that have ended already are an error of their own', async () => {
  const source = new Source()
  source.lifeMs = -1_000
  await expect(source.cache.current()).rejects.toMatchObject({
    code: 'CREDENTIALS_EXPIRED',
    retryable: false,
  })
})

test('a source without newer credentials is not asked at each connection', async () => {
  let calls = 0
  let nowMs = 1_800_000_000_000
  const only = { accessKeyId: 'ASIA', secretAccessKey: 's', expiration: new Date(nowMs + hourMs) }
  const cache = new CredentialsCache(
    async () => {
      calls += 1
      return only
    },
    policy,
    { nowMs: () => nowMs, random: () => 0.5 },
  )
  await cache.current()
  nowMs += hourMs - 30_000
  for (let asked = 0; asked < 20; asked++) await cache.current()
  expect(calls).toBe(2)
})

test('what does not expire is asked for once', async () => {
  const source = new Source()
  source.lifeMs = undefined
  await source.cache.current()
  source.nowMs += 100 * hourMs
  await source.cache.current()
  expect(source.calls).toHaveLength(1)
})

test('renewed asks at once, whatever is held', async () => {
  const source = new Source()
  await source.cache.current()
  expect(await keys(source.cache.renewed())).toEqual(['ASIA2'])
})

test('a source that never answers is given up', async () => {
  const cache = new CredentialsCache(
    () => new Promise(() => {}),
    { ...policy, credentialsTimeoutMs: 20 },
    { nowMs: Date.now, random: () => 0 },
  )
  await expect(cache.current()).rejects.toMatchObject({
    code: 'CREDENTIALS_UNAVAILABLE',
    message: expect.stringContaining('20 ms'),
  })
})
