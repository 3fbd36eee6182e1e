import { TidewaterError } from '@tidewater/core'
import { joinLocation } from '@tidewater/core/storage'
import { missing } from '../metadata/damage.js'
import { type ReadOptions, readMetadataIfThere } from '../metadata/read-metadata-file.js'
import { hadoopMetadataNames, metadataVersionOf } from '../metadata/table/metadata-file-name.js'
import type { TableMetadata } from '../metadata/table/model.js'
import type { HadoopConfig } from './source.js'

// A hint is one or two commits behind when it is behind; whoever deletes old files leaves gaps below it, not above.
const maxProbes = 1_000

/**
 * The current metadata of a Hadoop catalog's table (Iceberg specification, "File System Tables"): the highest version, which
 * `version-hint.text` names or named before the last commit.
 *
 * @throws TidewaterError `TABLE_NOT_FOUND`, and as `readMetadataFile`
 */
export async function openFromHadoop(
  { warehouse, namespace, name }: HadoopConfig,
  options: ReadOptions,
): Promise<{ location: string; metadata: TableMetadata }> {
  const folder = joinLocation(warehouse, ...namespace.split('.'), name, 'metadata')
  const hinted = await readHint(folder, options)
  const location =
    (hinted === undefined ? undefined : await newestFrom(folder, hinted, options)) ??
    (await newestInList(folder, options))
  if (location === undefined) {
    throw new TidewaterError('TABLE_NOT_FOUND', `There is no metadata of a table in ${folder}`, {
      remedy:
        'Correct warehouse, namespace and name; a table of another catalog than Hadoop is not found by its folder.',
      details: { folder },
    })
  }
  const metadata = await readMetadataIfThere(location, options)
  if (metadata === undefined) throw missing(location, 'it was there a moment ago')
  return { location, metadata }
}

/** Undefined when there is no hint, or none that is a version. */
async function readHint(folder: string, { objects, signal }: ReadOptions): Promise<number | undefined> {
  const hint = await objects.get(joinLocation(folder, 'version-hint.text'), { signal })
  const text = hint === undefined ? '' : Buffer.from(hint.bytes).toString('utf8').trim()
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The last of the versions that follow one another from `version` on; undefined when that one isn't there. */
async function newestFrom(
  folder: string,
  version: number,
  options: ReadOptions,
): Promise<string | undefined> {
  let newest: string | undefined
  for (let next = version; next < version + maxProbes; next++) {
    const found = await locationOf(folder, next, options)
    if (found === undefined) return newest
    newest = found
  }
  return undefined
}

async function locationOf(
  folder: string,
  version: number,
  { objects, signal }: ReadOptions,
): Promise<string | undefined> {
  const locations = hadoopMetadataNames(version).map((name) => joinLocation(folder, name))
  const found = await Promise.all(locations.map((location) => objects.head(location, { signal })))
  return locations.find((_, at) => found[at] !== undefined)
}

async function newestInList(folder: string, { objects, signal }: ReadOptions): Promise<string | undefined> {
  let newest: { readonly version: number; readonly location: string } | undefined
  for await (const { location } of objects.list(folder, { signal })) {
    const version = /\/v[^/]+$/.test(location) ? metadataVersionOf(location) : undefined
    if (version !== undefined && version >= (newest?.version ?? 0)) newest = { version, location }
  }
  return newest?.location
}
