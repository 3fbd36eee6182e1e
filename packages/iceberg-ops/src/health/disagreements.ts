import type { TableMetadata } from '../metadata/table/model.js'
import { plainLocation } from './location-set.js'
import type { Disagreement } from './table-health.js'

/** What a catalog says of the table, beside the metadata that is measured. */
export interface CatalogClaim {
  /** Which catalog, in words: `Glue`, `the Hadoop catalog in s3://lake`. */
  readonly by: string
  /** The table's folder. */
  readonly location?: string | undefined
  readonly metadataLocation?: string | undefined
  readonly tableUuid?: string | undefined
}

/**
 * Where the metadata and the catalogs that should name it say different things: then one of them shows readers another table than
 * writers write, and what is old or an orphan for one is in use for the other.
 */
export function disagreementsOf(
  metadata: TableMetadata,
  metadataLocation: string | undefined,
  claims: readonly CatalogClaim[],
): Disagreement[] {
  const { location, tableUuid } = metadata
  const found: Disagreement[] = []
  const compare = (
    what: Disagreement['what'],
    measured: string | undefined,
    said: string | undefined,
    by: string,
  ) => {
    if (measured === undefined || said === undefined) return
    const one = what === 'uuid' ? (text: string) => text.toLowerCase() : plainLocation
    if (one(measured) !== one(said)) found.push({ what, measured, said, by })
  }
  // A table may keep its metadata elsewhere, and says so then; a copy of the metadata doesn't.
  const isMoved = metadata.properties['write.metadata.path'] !== undefined
  if (metadataLocation !== undefined && !isMoved && !isBelow(metadataLocation, location))
    found.push({ what: 'location', measured: location, said: metadataLocation, by: 'its metadata file' })
  for (const claim of claims) {
    compare('uuid', tableUuid, claim.tableUuid, claim.by)
    compare('location', location, claim.location, claim.by)
    compare('metadata', metadataLocation, claim.metadataLocation, claim.by)
  }
  return found
}

function isBelow(location: string, folder: string): boolean {
  return plainLocation(location).startsWith(`${plainLocation(folder)}/`)
}
