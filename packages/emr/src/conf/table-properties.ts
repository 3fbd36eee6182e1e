import type { Release } from '../releases.js'
import { type Source, sources } from '../sources.js'
import type { CommonOptions } from './options.js'
import type { TunedEntry } from './tuned-conf.js'

/** Iceberg's own target, which compaction merges towards as well (`write.target-file-size-bytes`). */
export const targetFileSizeBytes = 512 * 2 ** 20

/** Properties of the table. A stream is to write fast, and compaction puts right what that costs; a backfill's files stay. */
export function tableEntries(
  options: CommonOptions,
  release: Release,
  profile: 'streaming' | 'batch',
): TunedEntry[] {
  const isStreaming = profile === 'streaming'
  const clustered = !isStreaming && options.partitionedTable
  return [
    one(
      'write.format.default',
      'parquet',
      "writing Avro was not faster here, against the run book's advice, and it is slower to read",
      sources.avroFormat,
    ),
    one('write.parquet.compression-codec', 'zstd', 'half the size of snappy', sources.parquetCodec),
    ...(isStreaming && options.highCardinalityStrings
      ? [
          one(
            'write.parquet.dict-size-bytes',
            16_384,
            'dictionaries of columns with many different values are built and then thrown away; small ones end early. Files grow by 9 %',
            sources.parquetWriter,
          ),
        ]
      : []),
    one(
      'write.distribution-mode',
      clustered ? 'hash' : 'none',
      clustered
        ? 'a shuffle brings the rows of a partition together, so that there are few, large files'
        : 'no shuffle before writing',
      sources.runBook,
    ),
    fanoutEntry(options.partitionedTable, isStreaming),
    one(
      'write.target-file-size-bytes',
      targetFileSizeBytes,
      isStreaming
        ? "Iceberg's own; a micro-batch's files are smaller whatever it says, and compaction goes by it"
        : "Iceberg's own",
      sources.icebergProperties,
    ),
    one(
      'commit.retry.num-retries',
      20,
      'maintenance commits to the same table; after the 4 retries of the default the query ends',
      sources.expectation,
    ),
    one(
      'write.metadata.delete-after-commit.enabled',
      'true',
      'each micro-batch writes a metadata file, and none goes by itself',
      sources.icebergProperties,
    ),
    one('write.metadata.previous-versions-max', 100, 'metadata files that stay', sources.icebergProperties),
    ...rowLevelEntries(options, release),
  ]
}

function fanoutEntry(partitionedTable: boolean, isStreaming: boolean): TunedEntry {
  const withPartitions = isStreaming
    ? 'a task keeps a file open for each partition instead of sorting its rows'
    : 'rows come sorted by partition, so one open file at a time is enough, and memory stays bounded'
  return one(
    'write.spark.fanout.enabled',
    String(isStreaming),
    partitionedTable ? withPartitions : 'without partitions either way is the same',
    isStreaming ? sources.icebergStreaming : sources.runBook,
  )
}

function rowLevelEntries({ rowLevelChanges }: CommonOptions, { gates }: Release): TunedEntry[] {
  if (rowLevelChanges === 'none') return []
  const isMergeOnRead = rowLevelChanges === 'merge-on-read'
  const reason = isMergeOnRead
    ? 'changes write small delete files, which readers merge until compaction removes them'
    : 'changes rewrite whole files, and readers have nothing to merge'
  return [
    ...['delete', 'update', 'merge'].map((operation) =>
      one(`write.${operation}.mode`, rowLevelChanges, reason, sources.runBook),
    ),
    ...(isMergeOnRead && gates.deleteGranularity
      ? [
          one(
            'write.delete.granularity',
            'file',
            'a reader opens the deletes of its own data file only',
            sources.icebergProperties,
          ),
        ]
      : []),
  ]
}

function one(key: string, value: number | string, reason: string, source: Source): TunedEntry {
  return { scope: 'table', key, value: String(value), reason, source }
}
