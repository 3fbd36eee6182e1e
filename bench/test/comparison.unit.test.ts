import { describe, expect, it } from 'vitest'
import { comparisons, cpuLimits } from '../produce/comparison/goals.js'
import { ratiosOf } from '../produce/comparison/ratios.js'
import { rotated } from '../produce/comparison/rotation.js'
import { rowOf } from '../produce/comparison/rows.js'
import { spread } from '../produce/comparison/spread.js'
import { peerContenders } from '../produce/contenders/peers.js'
import { tidewaterContenders } from '../produce/contenders/tidewater.js'
import { measured } from './measured.js'

describe('spread', () => {
  it('takes the middle one of an odd number, whatever their order', () => {
    expect(spread([9, 1, 4, 30, 2])).toEqual({ median: 4, min: 1, max: 30 })
  })
  it('takes the middle between the middle two of an even number', () => {
    expect(spread([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 })
  })
})

describe('rotated', () => {
  it('begins further on in each round and loses nobody', () => {
    const list = ['a', 'b', 'c', 'd', 'e', 'f']
    expect(rotated(list, 0, 3)).toEqual(list)
    expect(rotated(list, 1, 3)).toEqual(['c', 'd', 'e', 'f', 'a', 'b'])
    expect(rotated(list, 2, 3)).toEqual(['e', 'f', 'a', 'b', 'c', 'd'])
    expect(rotated(list, 3, 3)).toEqual(list)
  })
  it('moves a short list as well, when there are more rounds than contenders', () => {
    const firsts = [0, 1, 2, 3].map((round) => rotated(['a', 'b'], round, 4)[0])
    expect(firsts).toEqual(['a', 'a', 'b', 'b'])
  })
})

describe('ratiosOf', () => {
  const comparison = { ours: 'ours', peer: 'peer', goal: { rateAtLeast: 1.5, cpuAtMost: 0.5 } }

  it('divides within a round: a slow round of both is none', () => {
    const [ratio] = ratiosOf(
      [comparison],
      new Map([
        ['ours', [measured(1, 200, 4), measured(2, 20, 40), measured(3, 300, 4)]],
        ['peer', [measured(1, 100, 10), measured(2, 10, 100), measured(3, 100, 10)]],
      ]),
    )
    expect(ratio?.recordsPerSecond).toEqual({ median: 2, min: 2, max: 3 })
    expect(ratio?.cpuMicrosPerRecord.median).toBeCloseTo(0.4)
    expect(ratio).toMatchObject({ rounds: 3, verdict: { rate: 'met', cpu: 'met' }, peerAhead: [] })
  })

  it('pairs by round, not by place: a round that only one of them finished is left out', () => {
    const [ratio] = ratiosOf(
      [comparison],
      new Map([
        ['ours', [measured(1, 900, 1), measured(2, 100, 1)]],
        ['peer', [measured(2, 100, 1)]],
      ]),
    )
    expect(ratio).toMatchObject({ rounds: 1, recordsPerSecond: { median: 1 } })
  })

  it('says in what the peer is ahead, and that a goal is not met', () => {
    const [ratio] = ratiosOf(
      [comparison],
      new Map([
        ['ours', [measured(1, 90, 1)]],
        ['peer', [measured(1, 100, 3)]],
      ]),
    )
    expect(ratio?.verdict).toEqual({ rate: 'not met', cpu: 'met' })
    expect(ratio?.peerAhead).toEqual(['records per second'])
  })

  it('meets a goal at its very limit', () => {
    const goal = { rateAtLeast: 2, cpuAtMost: 0.5 }
    const runs = new Map([
      ['ours', [measured(1, 200, 1)]],
      ['peer', [measured(1, 100, 2)]],
    ])
    expect(ratiosOf([{ ...comparison, goal }], runs)[0]?.verdict).toEqual({ rate: 'met', cpu: 'met' })
  })

  it('has no verdict without a goal, and no ratio for those who never met', () => {
    const runs = new Map([
      ['ours', [measured(1, 1, 1)]],
      ['peer', [measured(1, 1, 1)]],
    ])
    expect(ratiosOf([{ ours: 'ours', peer: 'peer' }], runs)[0]).not.toHaveProperty('verdict')
    expect(ratiosOf([{ ours: 'ours', peer: 'nobody' }], runs)).toEqual([])
  })
})

describe('rowOf', () => {
  it('takes the highest memory of the rounds', () => {
    const row = rowOf({ name: 'ours', note: '', isOurs: true }, [measured(1, 10, 1), measured(2, 10, 1)])
    expect(row).toMatchObject({ rounds: 2, peakRssMb: 100, recordsPerSecond: { median: 10 } })
  })
})

describe('the goals', () => {
  it('name contenders that there are', () => {
    const known = new Set([...tidewaterContenders, ...peerContenders].map(({ name }) => name))
    const named = [
      ...comparisons.flatMap(({ ours, peer }) => [ours, peer]),
      ...cpuLimits.map(({ name }) => name),
    ]
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })
})
