import type { FileEntry } from '../metadata/manifest/file-entry.js'
import type { ManifestFile } from '../metadata/manifest/manifest-list.js'
import type { Partition } from '../metadata/manifest/partition.js'
import type { FileVisitor } from '../metadata/scan-files.js'
import type { Snapshot } from '../metadata/table/model.js'
import type { SizeClass } from './table-health.js'

const mebibyte = 2 ** 20
const classBounds = [1, 4, 16, 32, 64, 128, 256, 512, 1024].map((size) => size * mebibyte)

/** What is summed up of a partition. */
export interface PartitionTally {
  readonly partition: Partition
  files: number
  bytes: number
  records: number
  deleteFiles: number
  /** Position delete files that merging may take. */
  mergeableDeleteFiles: number
  candidateFiles: number
  candidateBytes: number
  /** Data manifests that name it. */
  manifests: number
  lastWrittenMs: number | null
}

export interface FileSizes {
  readonly targetBytes: number
  /** A file below or above is rewritten (Iceberg: 75 % and 180 % of the target). */
  readonly minBytes: number
  readonly maxBytes: number
  /** A position delete file below this is merged with others. */
  readonly minDeleteBytes: number
  /** What opening a file counts for when a scan is split into tasks (`read.split.open-file-cost`). */
  readonly openCostBytes: number
}

/** Sums up the files of a snapshot as they are shown: by partition, never by file. */
export class HealthAggregate implements FileVisitor {
  readonly partitions: PartitionTally[] = []
  readonly filesBySpec = new Map<number, number>()
  readonly deletes = {
    positionDeleteFiles: 0,
    mostInOnePartition: 0,
    equalityDeleteFiles: 0,
    deletionVectors: 0,
    positionDeletes: 0,
    equalityDeletes: 0,
    bytes: 0,
  }
  smallCount = 0
  smallBytes = 0
  /** Of all data files, and of those that no compaction would touch: their bytes, or the cost of opening them. */
  scanWeight = 0
  settledScanWeight = 0
  dataManifests = 0
  deleteManifests = 0
  manifestBytes = 0
  readonly #sizes: FileSizes
  readonly #counts = new Array<number>(classBounds.length + 1).fill(0)
  readonly #bytes = new Array<number>(classBounds.length + 1).fill(0)
  readonly #writtenAtMs: ReadonlyMap<bigint, number>
  /** Of the manifests that are being read, which partitions each has shown. */
  readonly #inManifest = new Map<ManifestFile, Set<number>>()
  /** Puffin files hold many deletion vectors, and their bytes count once as long as they come one after the other. */
  #lastPuffin = ''
  #lastSnapshotId: bigint | undefined
  #lastWrittenMs: number | undefined

  constructor(sizes: FileSizes, snapshots: readonly Snapshot[]) {
    this.#sizes = sizes
    // Maintenance rewrites files without writing to their partition.
    this.#writtenAtMs = new Map(
      snapshots
        .filter(({ operation }) => operation !== 'replace')
        .map(({ snapshotId, timestampMs }) => [snapshotId, timestampMs]),
    )
  }

  get histogram(): SizeClass[] {
    return this.#counts.map((count, at) => ({
      belowBytes: classBounds[at] ?? null,
      count,
      bytes: this.#bytes[at] as number,
    }))
  }

  manifest(manifest: ManifestFile): undefined {
    if (manifest.content === 'data') this.dataManifests += 1
    else this.deleteManifests += 1
    this.manifestBytes += manifest.sizeBytes ?? 0
    this.#inManifest.set(manifest, new Set())
  }

  manifestEnd(manifest: ManifestFile): void {
    this.#inManifest.delete(manifest)
  }

  file(file: FileEntry, manifest: ManifestFile): void {
    const tally = this.#tallyOf(file.partition)
    if (file.content === 'data') this.#dataFile(file, manifest, tally)
    else this.#deleteFile(file, tally)
    const writtenMs = this.#writtenMs(file.snapshotId)
    if (writtenMs !== undefined && writtenMs > (tally.lastWrittenMs ?? Number.NEGATIVE_INFINITY))
      tally.lastWrittenMs = writtenMs
  }

  #dataFile(
    { fileSizeBytes: bytes, recordCount, partition }: FileEntry,
    manifest: ManifestFile,
    tally: PartitionTally,
  ): void {
    tally.files += 1
    tally.bytes += bytes
    tally.records += recordCount
    const { minBytes, maxBytes, openCostBytes } = this.#sizes
    const weight = Math.max(bytes, openCostBytes)
    this.scanWeight += weight
    if (bytes < minBytes) {
      this.smallCount += 1
      this.smallBytes += bytes
    }
    if (bytes < minBytes || bytes > maxBytes) {
      tally.candidateFiles += 1
      tally.candidateBytes += bytes
    } else this.settledScanWeight += weight
    const sizeClass = classOf(bytes)
    this.#counts[sizeClass] = (this.#counts[sizeClass] as number) + 1
    this.#bytes[sizeClass] = (this.#bytes[sizeClass] as number) + bytes
    this.filesBySpec.set(partition.specId, (this.filesBySpec.get(partition.specId) ?? 0) + 1)
    const shown = this.#inManifest.get(manifest)
    if (shown === undefined || shown.has(partition.index)) return
    shown.add(partition.index)
    tally.manifests += 1
  }

  #deleteFile(file: FileEntry, tally: PartitionTally): void {
    const { deletes } = this
    tally.deleteFiles += 1
    if (file.content === 'equality-deletes') {
      deletes.equalityDeleteFiles += 1
      deletes.equalityDeletes += file.recordCount
    } else {
      deletes.positionDeletes += file.recordCount
      if (file.isDeletionVector) deletes.deletionVectors += 1
      else {
        deletes.positionDeleteFiles += 1
        if (file.fileSizeBytes < this.#sizes.minDeleteBytes) tally.mergeableDeleteFiles += 1
        deletes.mostInOnePartition = Math.max(deletes.mostInOnePartition, tally.mergeableDeleteFiles)
      }
    }
    if (!file.isDeletionVector) deletes.bytes += file.fileSizeBytes
    else deletes.bytes += file.contentSizeBytes ?? this.#puffinBytes(file)
  }

  #puffinBytes({ location, fileSizeBytes }: FileEntry): number {
    if (location === this.#lastPuffin) return 0
    this.#lastPuffin = location
    return fileSizeBytes
  }

  #tallyOf(partition: Partition): PartitionTally {
    const known = this.partitions[partition.index]
    if (known !== undefined) return known
    const tally: PartitionTally = {
      partition,
      files: 0,
      bytes: 0,
      records: 0,
      deleteFiles: 0,
      mergeableDeleteFiles: 0,
      candidateFiles: 0,
      candidateBytes: 0,
      manifests: 0,
      lastWrittenMs: null,
    }
    this.partitions[partition.index] = tally
    return tally
  }

  #writtenMs(snapshotId: bigint | undefined): number | undefined {
    if (snapshotId === undefined) return undefined
    if (snapshotId !== this.#lastSnapshotId) {
      this.#lastSnapshotId = snapshotId
      this.#lastWrittenMs = this.#writtenAtMs.get(snapshotId)
    }
    return this.#lastWrittenMs
  }
}

function classOf(bytes: number): number {
  let at = 0
  while (at < classBounds.length && bytes >= (classBounds[at] as number)) at++
  return at
}
