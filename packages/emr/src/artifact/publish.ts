import { joinLocation, type ObjectStore, type StorageCall } from '@tidewater/core/storage'
import { type JobEntry, jobEntries, type SparkArtifact } from './artifact.js'
import { zipOf } from './zip.js'

/** Where an artifact lies. */
export interface PublishedArtifact {
  readonly hash: string
  /** The zip for `--py-files`. */
  readonly archive: string
  readonly entries: Readonly<Record<JobEntry, string>>
}

/** Where an artifact lies once it is published: under its hash, so that what is there is never written over. Pure. */
export function artifactLocations(stagingLocation: string, hash: string): PublishedArtifact {
  const folder = folderOf(stagingLocation, hash)
  const entry = (name: JobEntry) => joinLocation(folder, `${name}.py`)
  return {
    hash,
    archive: joinLocation(folder, 'tidewater.zip'),
    entries: { kafka_to_iceberg: entry('kafka_to_iceberg'), maintain: entry('maintain') },
  }
}

/**
 * Brings an artifact to the store, unless it is there already. Its last object says that it is complete; an upload that
 * broke off before is done again as a whole, and nobody has started from it.
 *
 * @throws TidewaterError what the store rejects with
 */
export async function publishArtifact(
  store: ObjectStore,
  stagingLocation: string,
  artifact: SparkArtifact,
  call: StorageCall = {},
): Promise<PublishedArtifact> {
  const locations = artifactLocations(stagingLocation, artifact.hash)
  const complete = joinLocation(folderOf(stagingLocation, artifact.hash), 'complete.json')
  if ((await store.head(complete, call)) !== undefined) return locations
  await store.put(locations.archive, zipOf(artifact.files), call)
  for (const name of jobEntries) await store.put(locations.entries[name], artifact.entries[name], call)
  const files = artifact.files.map(({ name, bytes }) => ({ name, sizeBytes: bytes.byteLength }))
  const manifest = JSON.stringify({ version: 1, hash: artifact.hash, files }, null, 2)
  await store.put(complete, new TextEncoder().encode(manifest), call)
  return locations
}

function folderOf(stagingLocation: string, hash: string): string {
  return joinLocation(stagingLocation, 'artifacts', hash.slice(0, 16))
}
