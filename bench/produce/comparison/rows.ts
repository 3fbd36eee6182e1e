import { cpuMicrosPerRecord, type Measured, recordsPerSecond } from '../run.js'
import { type Spread, spread } from './spread.js'

/** One contender's figures over the rounds. */
export interface Row {
  readonly name: string
  readonly note: string
  readonly isOurs: boolean
  readonly rounds: number
  readonly recordsPerSecond: Spread
  readonly cpuMicrosPerRecord: Spread
  /** Highest of the rounds. */
  readonly peakRssMb: number
  readonly latencyMs?: { readonly p50: Spread; readonly p99: Spread; readonly max: Spread }
  readonly client?: string
}

export interface Named {
  readonly name: string
  readonly note: string
  readonly isOurs: boolean
}

export function rowOf({ name, note, isOurs }: Named, measured: readonly Measured[]): Row {
  const latencies = measured.flatMap(({ run }) => run.latencyMs ?? [])
  const client = measured[0]?.run.client
  return {
    name,
    note,
    isOurs,
    rounds: measured.length,
    recordsPerSecond: spread(measured.map(recordsPerSecond)),
    cpuMicrosPerRecord: spread(measured.map(cpuMicrosPerRecord)),
    peakRssMb: spread(measured.map(({ run }) => run.peakRssBytes / 1e6)).max,
    ...(latencies.length === 0
      ? {}
      : {
          latencyMs: {
            p50: spread(latencies.map(({ p50 }) => p50)),
            p99: spread(latencies.map(({ p99 }) => p99)),
            max: spread(latencies.map(({ max }) => max)),
          },
        }),
    ...(client === undefined ? {} : { client }),
  }
}
