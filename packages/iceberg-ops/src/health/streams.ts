import type { Snapshot, TableMetadata } from '../metadata/table/model.js'
import type { StreamingWriter } from './table-health.js'

// What the sink of Spark Structured Streaming leaves in a snapshot's summary (Iceberg's SparkWrite).
const queryIdKey = 'spark.sql.streaming.queryId'
const epochIdKey = 'spark.sql.streaming.epochId'

/** The queries in the ancestry of the current snapshot, where the sink looks for what is committed; the last one first. */
export function streamsOf(metadata: TableMetadata): StreamingWriter[] {
  const commits = new Map<string, Snapshot[]>()
  for (const snapshot of ancestors(metadata)) {
    const queryId = snapshot.summary[queryIdKey]
    if (queryId === undefined || snapshot.summary[epochIdKey] === undefined) continue
    const known = commits.get(queryId)
    if (known === undefined) commits.set(queryId, [snapshot])
    else known.push(snapshot)
  }
  return [...commits].map(([queryId, snapshots]) => {
    const newest = snapshots[0] as Snapshot
    return {
      queryId,
      lastEpochId: newest.summary[epochIdKey] as string,
      snapshotId: String(newest.snapshotId),
      committedAtMs: newest.timestampMs,
      commits: snapshots.length,
      commitIntervalMs: medianStep(snapshots.map(({ timestampMs }) => timestampMs)),
    }
  })
}

function* ancestors({ snapshots, currentSnapshotId }: TableMetadata): Generator<Snapshot> {
  const byId = new Map(snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]))
  for (let id = currentSnapshotId; id !== undefined; ) {
    const snapshot = byId.get(id)
    if (snapshot === undefined) return
    // A parent that is its own descendant would be no end.
    byId.delete(id)
    yield snapshot
    id = snapshot.parentSnapshotId
  }
}

/** @param descending instants, newest first */
function medianStep(descending: readonly number[]): number | null {
  // Writers whose clocks differ may commit before their parents.
  const steps = descending.slice(1).map((ms, at) => Math.max(0, (descending[at] as number) - ms))
  if (steps.length === 0) return null
  steps.sort((one, other) => one - other)
  return steps[Math.floor(steps.length / 2)] as number
}
