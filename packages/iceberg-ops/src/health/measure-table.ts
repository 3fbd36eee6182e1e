import { type OpenedTable, openTable } from '../catalog/open-table.js'
import type { TableSource } from '../catalog/source.js'
import type { CatalogClaim } from './disagreements.js'
import { type MeasureOptions, measureHealth } from './measure.js'
import type { TableHealth } from './table-health.js'

/** A commit between two looks makes two catalogs differ for a moment; one that every look finds is none of those. */
const looks = 3

export type MeasureTableOptions = MeasureOptions & {
  /** Another catalog that should have the same table: where the two differ is in the health. Default: none. */
  readonly alsoIn?: TableSource
}

/**
 * Finds a table by its catalog and measures it.
 *
 * @param name `database.table`: what a policy's patterns are held against
 * @throws TidewaterError what `openTable` and `measureHealth` throw
 */
export async function measureTable(
  name: string,
  source: TableSource,
  { alsoIn, ...options }: MeasureTableOptions,
): Promise<TableHealth> {
  const { objects, signal } = options
  let table = await openTable(source, { objects, signal })
  const claims = claimsOf(source, table)
  if (alsoIn !== undefined) {
    let other = await openTable(alsoIn, { objects, signal })
    for (let look = 1; look < looks && table.metadataLocation !== other.metadataLocation; look++) {
      table = await openTable(source, { objects, signal })
      other = await openTable(alsoIn, { objects, signal })
    }
    claims.push({
      by: inWords(alsoIn),
      metadataLocation: other.metadataLocation,
      location: other.metadata.location,
      tableUuid: other.metadata.tableUuid,
    })
  }
  const { metadata, metadataLocation } = table
  return measureHealth({ name, metadata, metadataLocation, claims }, options)
}

function claimsOf(source: TableSource, { catalogLocation }: OpenedTable): CatalogClaim[] {
  return catalogLocation === undefined ? [] : [{ by: inWords(source), location: catalogLocation }]
}

function inWords(source: TableSource): string {
  switch (source.type) {
    case 'glue':
      return `Glue (${source.database}.${source.name})`
    case 'hadoop':
      return `the Hadoop catalog in ${source.warehouse}`
    case 'rest':
      return `the REST catalog at ${source.uri}`
    case 'metadata':
      return source.location
  }
}
