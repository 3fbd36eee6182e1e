import type { ObjectStore } from '@tidewater/core/storage'
import { scanFiles } from '../metadata/scan-files.js'
import type { TableMetadata } from '../metadata/table/model.js'
import { LocationSet, plainLocation } from './location-set.js'
import type { OrphanCandidates } from './table-health.js'

const examplesMax = 20

export interface OrphanOptions {
  readonly objects: ObjectStore
  readonly olderThanMs: number
  readonly metadataLocation: string | undefined
  readonly concurrency?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The files below the table's location that no snapshot and no metadata file names: candidates, for a writer under way has some
 * as well until it commits. Changes nothing. Names that begin with `_` or `.` are left alone, as Iceberg does.
 *
 * @returns null when a manifest could not be read: what it names would look like orphans
 */
export async function findOrphans(
  metadata: TableMetadata,
  options: OrphanOptions,
): Promise<OrphanCandidates | null> {
  const { objects, olderThanMs, signal, concurrency } = options
  const reachable = new LocationSet()
  const name = (location: string) => reachable.add(plainLocation(location))
  if (options.metadataLocation !== undefined) name(options.metadataLocation)
  for (const { metadataFile } of metadata.metadataLog) name(metadataFile)
  for (const { location } of [...metadata.statistics, ...metadata.partitionStatistics]) name(location)
  for (const { manifestList } of metadata.snapshots) if (manifestList !== undefined) name(manifestList)
  const { complete } = await scanFiles(
    metadata,
    'all',
    { manifest: ({ location }) => void name(location), file: ({ location }) => name(location) },
    { objects, signal, ...(concurrency === undefined ? {} : { concurrency }) },
  )
  if (!complete) return null
  const root = plainLocation(metadata.location)
  const partitionFields = new Set(
    metadata.partitionSpecs.flatMap(({ fields }) => fields.map((field) => field.name)),
  )
  let [listedFiles, count, bytes] = [0, 0, 0]
  const examples: string[] = []
  for await (const { location, sizeBytes, modifiedAtMs } of objects.list(metadata.location, { signal })) {
    listedFiles += 1
    const plain = plainLocation(location)
    if (modifiedAtMs >= olderThanMs || reachable.has(plain)) continue
    if (isHidden(plain.slice(root.length + 1), partitionFields)) continue
    count += 1
    bytes += sizeBytes
    if (examples.length < examplesMax) examples.push(location)
  }
  return { olderThanMs, listedFiles, count, bytes, examples }
}

/** The hint of a Hadoop table is no file of a snapshot either. */
function isHidden(path: string, partitionFields: ReadonlySet<string>): boolean {
  if (path === 'metadata/version-hint.text') return true
  return path.split('/').some((part) => {
    if (!part.startsWith('_') && !part.startsWith('.')) return false
    const equals = part.indexOf('=')
    return equals < 0 || !partitionFields.has(decodeURIComponent(part.slice(0, equals)))
  })
}
