import { sizeJob } from '../src/index.js'

/** The run book's topic: 9 partitions of NetFlow records. */
export const netflow = { partitions: 9, recordBytes: 152 }

/** A job sized for it, as `tuneStreaming` takes it. */
export function netflowTuning(release: string, recordsPerSecond = 300_000) {
  const { executors, driver } = sizeJob({ ...netflow, recordsPerSecond })
  return { ...netflow, release, expectedRecordsPerSecond: recordsPerSecond, executors, driver }
}

/** The same for a backfill. */
export function netflowBackfill(release: string) {
  const { expectedRecordsPerSecond: _, ...tuning } = netflowTuning(release)
  return tuning
}
