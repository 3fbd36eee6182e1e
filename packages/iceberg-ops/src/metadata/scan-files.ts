import { parseConfig, type TidewaterError, toTidewaterError } from '@tidewater/core'
import { z } from 'zod'
import { forEachConcurrently } from './concurrently.js'
import type { FileEntry } from './manifest/file-entry.js'
import type { ManifestFile } from './manifest/manifest-list.js'
import { Partitions } from './manifest/partition.js'
import { ManifestDecoders, readManifest, readManifestList } from './manifest/read-manifest.js'
import type { ReadOptions } from './read-metadata-file.js'
import { type SnapshotSelection, selectSnapshots } from './select-snapshots.js'
import type { Snapshot, TableMetadata } from './table/model.js'

const scanOptionsSchema = z.strictObject({
  /** Manifests that are read at a time. Default 8; each takes about a megabyte. */
  concurrency: z.int().min(1).max(256).default(8),
  /** Show files too that a manifest only records as removed. Default false. */
  includeDeleted: z.boolean().default(false),
  /** Largest block of a manifest, in bytes, compressed or not. Default 256 MiB; most writers end a block at 64 KB. */
  maxBlockBytes: z
    .int()
    .min(1024)
    .max(2 ** 30)
    .default(256 * 2 ** 20),
})

export type ScanOptions = ReadOptions & z.input<typeof scanOptionsSchema>

/** Takes what a scan finds, and keeps what it needs of it. Called in no particular order, never twice at a time. */
export interface FileVisitor {
  /**
   * A manifest before its files.
   *
   * @returns false to leave its files out
   */
  manifest?(manifest: ManifestFile): boolean | undefined
  /** No file of it follows: it has been read, or can't be. */
  manifestEnd?(manifest: ManifestFile): void
  /** A file. `file` is the same object in every call: copy from it what is to be kept. */
  file(file: FileEntry, manifest: ManifestFile): void
}

export interface ScanReport {
  /** Whether everything could be read: `unreadable` is empty. */
  readonly complete: boolean
  readonly manifestLists: number
  /** Manifests that were read to their end. */
  readonly manifests: number
  /** Files that were shown. */
  readonly files: number
  /** Different partitions among them: `Partition.index` runs up to here. */
  readonly partitions: number
  readonly unreadable: readonly UnreadableFile[]
}

export interface UnreadableFile {
  readonly kind: 'manifest-list' | 'manifest'
  readonly location: string
  /** Files of it that were shown before it broke off. */
  readonly filesBefore: number
  readonly error: TidewaterError
}

/**
 * Shows every file of a snapshot, or of all snapshots, to a visitor. Manifests are streamed, so that memory depends on
 * `concurrency` and on how many manifests and partitions there are, not on how many files.
 *
 * Over several snapshots a manifest is read once, though many have it. A file may be in more than one manifest, and is then
 * shown with each.
 *
 * A manifest that can't be read is no end: it is in the report, with the reason. The one manifest list of a single
 * snapshot is, since nothing is known without it.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `SNAPSHOT_NOT_FOUND`, `ABORTED`; for a single snapshot's manifest list
 * `METADATA_MISSING`, `METADATA_CORRUPT`, `METADATA_UNSUPPORTED`, and what `objects` throw; and what the visitor throws
 */
export async function scanFiles(
  metadata: TableMetadata,
  selection: SnapshotSelection,
  visitor: FileVisitor,
  { objects, signal, ...rest }: ScanOptions,
): Promise<ScanReport> {
  const config = parseConfig(scanOptionsSchema, rest, 'scan')
  const snapshots = selectSnapshots(metadata, selection)
  const unreadable: UnreadableFile[] = []
  const reading = { objects, maxBlockBytes: config.maxBlockBytes }

  const manifests = new Map<string, ManifestFile>()
  await forEachConcurrently(snapshots, config.concurrency, signal, async (snapshot, inner) => {
    try {
      for await (const manifest of readManifestList(snapshot, { ...reading, signal: inner }))
        if (!manifests.has(manifest.location)) manifests.set(manifest.location, manifest)
    } catch (thrown) {
      if (selection !== 'all') throw thrown
      unreadable.push(unreadableList(snapshot, thrown))
    }
  })

  const partitions = new Partitions(metadata.partitionSpecs)
  const decoders = new ManifestDecoders(partitions)
  let files = 0
  let manifestsRead = 0
  await forEachConcurrently([...manifests.values()], config.concurrency, signal, async (manifest, inner) => {
    if (visitor.manifest?.(manifest) === false) return
    let shown = 0
    let visitorFailed = false
    const visit = (entry: FileEntry) => {
      if (entry.status === 'deleted' && !config.includeDeleted) return
      shown++
      visitorFailed = true
      visitor.file(entry, manifest)
      visitorFailed = false
    }
    try {
      await readManifest(manifest, decoders, visit, { ...reading, signal: inner })
      manifestsRead++
    } catch (thrown) {
      if (visitorFailed) throw thrown
      unreadable.push({
        kind: 'manifest',
        location: manifest.location,
        filesBefore: shown,
        error: unlessAborted(thrown),
      })
    } finally {
      files += shown
      visitor.manifestEnd?.(manifest)
    }
  })
  return {
    complete: unreadable.length === 0,
    manifestLists: snapshots.filter(({ manifestList }) => manifestList !== undefined).length,
    manifests: manifestsRead,
    files,
    partitions: partitions.count,
    unreadable,
  }
}

function unreadableList({ manifestList = '' }: Snapshot, thrown: unknown): UnreadableFile {
  return { kind: 'manifest-list', location: manifestList, filesBefore: 0, error: unlessAborted(thrown) }
}

/** An end from outside is the scan's, not the file's. */
function unlessAborted(thrown: unknown): TidewaterError {
  const error = toTidewaterError(thrown)
  if (error.code === 'ABORTED') throw error
  return error
}
