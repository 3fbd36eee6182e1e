import type { PartitionHealth, StreamingWriter, TableHealth } from '../../src/index.js'

export const nowMs = Date.UTC(2026, 0, 31, 12)
export const hourMs = 3_600_000
const mebibyte = 2 ** 20
export const noRewrites = { dataFilesMs: null, deleteFilesMs: null, manifestsMs: null }

/** A healthy table of 20 files in two closed partitions, and what is different about it. */
export function tableOf(more: Partial<TableHealth> = {}): TableHealth {
  return {
    table: 'web.clicks',
    location: 's3://lake/web/clicks',
    metadataLocation: 's3://lake/web/clicks/metadata/00001.metadata.json',
    formatVersion: 2,
    repeatedColumns: [],
    measuredAtMs: nowMs,
    snapshotId: '9007199254740993',
    dataFiles: {
      count: 20,
      bytes: 20 * 512 * mebibyte,
      records: 1_000_000,
      histogram: [
        { belowBytes: 384 * mebibyte, count: 0, bytes: 0 },
        { belowBytes: null, count: 20, bytes: 20 * 512 * mebibyte },
      ],
      targetBytes: 512 * mebibyte,
      smallBelowBytes: 384 * mebibyte,
      smallCount: 0,
      smallBytes: 0,
    },
    deletes: {
      positionDeleteFiles: 0,
      mostInOnePartition: 0,
      equalityDeleteFiles: 0,
      deletionVectors: 0,
      positionDeletes: 0,
      equalityDeletes: 0,
      bytes: 0,
    },
    partitions: {
      count: 2,
      specId: 0,
      filesBySpec: { 0: 20 },
      largestBytes: 5 * 1024 * mebibyte,
      medianBytes: 5 * 1024 * mebibyte,
      listed: [],
    },
    manifests: { dataManifests: 2, deleteManifests: 0, bytes: 20_000, meanManifestsPerPartition: 1 },
    snapshots: {
      count: 2,
      oldestMs: nowMs - 2 * hourMs,
      newestMs: nowMs - hourMs,
      perHour: 1,
      rewrites: noRewrites,
      refs: [],
    },
    metadata: { fileBytes: 4_000, previousFiles: 2, currentBytes: 26_000, ratioToData: 0.0001 },
    streams: [],
    compaction: {
      candidateFiles: 0,
      candidateBytes: 0,
      filesAfter: 20,
      scanTasksNow: 80,
      scanTasksAfter: 80,
    },
    orphans: null,
    unreadable: [],
    disagreements: [],
    ...more,
  }
}

export function partitionOf(day: string, more: Partial<PartitionHealth> = {}): PartitionHealth {
  return {
    specId: 0,
    name: `day=${day}`,
    predicate: { column: 'day', is: '=', value: { date: day } },
    files: 100,
    bytes: 100 * mebibyte,
    records: 10_000,
    deleteFiles: 0,
    candidateFiles: 100,
    candidateBytes: 100 * mebibyte,
    candidateFilesAfter: 1,
    lastWrittenMs: nowMs - 48 * hourMs,
    ...more,
  }
}

/** A table whose listed partitions are these. */
export function tableWith(...listed: PartitionHealth[]): TableHealth {
  const healthy = tableOf()
  const sum = (pick: (one: PartitionHealth) => number) => listed.reduce((total, one) => total + pick(one), 0)
  const [count, bytes] = [sum(({ files }) => files), sum((one) => one.bytes)]
  const candidateFiles = sum((one) => one.candidateFiles)
  return {
    ...healthy,
    dataFiles: { ...healthy.dataFiles, count, bytes, smallCount: count, smallBytes: bytes },
    partitions: { ...healthy.partitions, count: listed.length, listed },
    compaction: {
      candidateFiles,
      candidateBytes: sum(({ candidateBytes }) => candidateBytes),
      filesAfter: count - candidateFiles + sum(({ candidateFilesAfter }) => candidateFilesAfter),
      scanTasksNow: 40,
      scanTasksAfter: 2,
    },
  }
}

export function streamOf(committedAtMs: number, more: Partial<StreamingWriter> = {}): StreamingWriter {
  return {
    queryId: '11111111-2222-3333-4444-555555555555',
    lastEpochId: '41',
    snapshotId: '7',
    committedAtMs,
    commits: 42,
    commitIntervalMs: 60_000,
    ...more,
  }
}
