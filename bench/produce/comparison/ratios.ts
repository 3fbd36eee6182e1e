import { cpuMicrosPerRecord, type Measured, recordsPerSecond } from '../run.js'
import type { Comparison } from './goals.js'
import { type Spread, spread } from './spread.js'

export type Verdict = 'met' | 'not met'

/** Ours divided by the peer, over the rounds in which both ran. */
export interface Ratio extends Comparison {
  readonly rounds: number
  readonly recordsPerSecond: Spread
  readonly cpuMicrosPerRecord: Spread
  /** By the medians; there exactly when there is a goal. */
  readonly verdict?: { readonly rate: Verdict; readonly cpu: Verdict }
  /** In what the peer's median is the better one. */
  readonly peerAhead: readonly ('records per second' | 'CPU')[]
}

/**
 * Taken within each round before the median: what slows the machine down for a round slows both. Pairs that never ran in
 * one round are left out.
 */
export function ratiosOf(
  comparisons: readonly Comparison[],
  measured: ReadonlyMap<string, readonly Measured[]>,
): Ratio[] {
  return comparisons.flatMap((comparison) => {
    const pairs = (measured.get(comparison.ours) ?? []).flatMap((ours) => {
      const peer = measured.get(comparison.peer)?.find(({ round }) => round === ours.round)
      return peer === undefined ? [] : [{ ours, peer }]
    })
    if (pairs.length === 0) return []
    const ratio = (figure: (of: Measured) => number) =>
      spread(pairs.map(({ ours, peer }) => figure(ours) / figure(peer)))
    const rate = ratio(recordsPerSecond)
    const cpu = ratio(cpuMicrosPerRecord)
    return [
      {
        ...comparison,
        rounds: pairs.length,
        recordsPerSecond: rate,
        cpuMicrosPerRecord: cpu,
        ...verdictOf(comparison, rate, cpu),
        peerAhead: [
          ...(rate.median < 1 ? (['records per second'] as const) : []),
          ...(cpu.median > 1 ? (['CPU'] as const) : []),
        ],
      },
    ]
  })
}

function verdictOf({ goal }: Comparison, rate: Spread, cpu: Spread): Pick<Ratio, 'verdict'> {
  if (goal === undefined) return {}
  const verdict = (isMet: boolean): Verdict => (isMet ? 'met' : 'not met')
  return {
    verdict: {
      rate: verdict(rate.median >= goal.rateAtLeast),
      cpu: verdict(cpu.median <= goal.cpuAtMost),
    },
  }
}
