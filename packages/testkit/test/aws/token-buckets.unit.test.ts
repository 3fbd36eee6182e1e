import { expect, it } from 'vitest'
import { TokenBuckets } from '../../src/aws/token-buckets.js'

const limits = {
  operations: { Slow: { burst: 2, refillPerSecond: 0.5 } },
  account: { burst: 4, refillPerSecond: 1 },
}

it('lets a burst pass, then one for each refill', () => {
  const buckets = new TokenBuckets(limits)
  const at = (seconds: number) => buckets.take('Slow', seconds * 1_000)
  expect([at(0), at(0), at(0), at(1.9), at(2), at(2)]).toEqual([true, true, false, false, true, false])
})

it('counts all operations against the account, and refusals against nothing', () => {
  const buckets = new TokenBuckets(limits)
  const take = (operation: string) => buckets.take(operation, 0)
  expect([take('Slow'), take('Slow'), take('Slow'), take('Fast'), take('Fast'), take('Fast')]).toEqual([
    true,
    true,
    false,
    true,
    true,
    false,
  ])
})
