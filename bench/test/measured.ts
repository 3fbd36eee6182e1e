import type { Measured } from '../produce/run.js'

/** A run of one second, so that the rate is its number of records. */
export function measured(round: number, recordsPerSecond: number, cpuMicrosPerRecord: number): Measured {
  return {
    round,
    run: {
      records: recordsPerSecond,
      seconds: 1,
      cpuSeconds: (recordsPerSecond * cpuMicrosPerRecord) / 1e6,
      peakRssBytes: 50e6 * round,
    },
  }
}
