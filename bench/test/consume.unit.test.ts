import { describe, expect, it } from 'vitest'
import { contenders, goal, peer } from '../consume/contenders.js'
import { reportOf, rowOf } from '../consume/report.js'
import type { Measured } from '../consume/run.js'

function measured(round: number, cpuSeconds: number, jvmCpuSeconds = cpuSeconds): Measured {
  return { round, run: { seconds: 1, cpuSeconds, jvmCpuSeconds, rows: 1_000_000, checksum: 'same' } }
}
const ours = { name: goal.name, note: '', isOurs: true }

describe('rowOf', () => {
  it('divides within a round, by what the peer needs for as many records', () => {
    const row = rowOf(
      ours,
      [measured(1, 2, 4), measured(2, 20, 40)],
      [measured(1, 4, 6), measured(2, 40, 60)],
    )
    expect(row.recordsPerCpuSecond).toEqual({
      tasks: { median: 2, min: 2, max: 2 },
      jvm: { median: 1.5, min: 1.5, max: 1.5 },
    })
    expect(row).toMatchObject({ rounds: 2, cpuMicrosPerRecord: { median: 11, min: 2, max: 20 } })
  })

  it('has no ratio to a peer it never met', () => {
    expect(rowOf(ours, [measured(1, 2)], [measured(2, 4)])).not.toHaveProperty('recordsPerCpuSecond')
  })
})

describe('the report', () => {
  const machine = { cpu: 'x', cores: 2, memoryGiB: 1, kernel: 'k', node: 'v20', kafka: '3.9' }
  const setting = { records: 1_000_000, rounds: 1, warmUpTurns: 1, cores: 2, partitions: 4 }
  const textOf = (runs: [string, Measured[]][]) =>
    reportOf({ machine, setting, contenders, measured: new Map(runs) }).text

  it.each([
    [4, 'met'],
    [3.1, 'not met'],
  ])('judges the goal by the CPU time of the whole JVM too: %d against 2 s is %s', (ofPeer, verdict) => {
    const text = textOf([
      [peer, [measured(1, 9, ofPeer)]],
      [goal.name, [measured(1, 1, 2)]],
    ])
    expect(text.trimEnd()).toMatch(new RegExp(`, ${verdict}$`))
  })

  it('does not let a goal look met because nobody ran', () => {
    expect(textOf([[peer, [measured(1, 4)]]])).toContain('not measured')
  })
})

it('a goal is of a contender that there is', () => {
  expect(contenders.map(({ name }) => name)).toEqual(expect.arrayContaining([goal.name, peer]))
})
