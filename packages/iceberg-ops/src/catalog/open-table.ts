import { type ReadOptions, readMetadataFile } from '../metadata/read-metadata-file.js'
import { metadataVersionOf } from '../metadata/table/metadata-file-name.js'
import type { TableMetadata } from '../metadata/table/model.js'
import { openFromGlue } from './glue.js'
import { openFromHadoop } from './hadoop.js'
import { openFromRest } from './rest.js'
import { checkSource, type TableSource } from './source.js'

/** A table as its catalog has it at one moment. */
export interface OpenedTable {
  readonly metadata: TableMetadata
  /** The file `metadata` is from; a REST catalog may keep none. What two catalogs say of a table is compared by it. */
  readonly metadataLocation?: string
  /** The table's folder as the catalog has it beside; only Glue does. */
  readonly catalogLocation?: string
  /** The number in that file's name, which rises with each commit; undefined for a name without. */
  readonly metadataVersion?: number
  /** What a REST catalog gives with the table, such as credentials for its files (`s3.access-key-id`). May hold secrets. */
  readonly config: Readonly<Record<string, string>>
}

/**
 * Finds a table's current metadata and reads it; no query engine takes part.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `TABLE_NOT_FOUND`, `TABLE_NOT_ICEBERG`, `METADATA_MISSING`, `METADATA_CORRUPT`,
 * `METADATA_UNSUPPORTED`, `ABORTED`; what `objects` throw; for Glue `PACKAGE_NOT_INSTALLED` and what `awsFailure` makes of
 * its errors; for REST `CATALOG_REQUEST_FAILED`, `AUTHENTICATION_FAILED`, `AUTHORIZATION_FAILED`
 */
export async function openTable(source: TableSource, options: ReadOptions): Promise<OpenedTable> {
  const config = checkSource(source)
  switch (config.type) {
    case 'metadata':
      return openedTable(config.location, await readMetadataFile(config.location, options))
    case 'hadoop': {
      const { location, metadata } = await openFromHadoop(config, options)
      return openedTable(location, metadata)
    }
    case 'glue': {
      const { metadataLocation, location } = await openFromGlue(config, options.signal)
      const opened = openedTable(metadataLocation, await readMetadataFile(metadataLocation, options))
      return { ...opened, ...(location === undefined ? {} : { catalogLocation: location }) }
    }
    case 'rest': {
      const { metadataLocation, metadata, config: given } = await openFromRest(config, options.signal)
      return { ...openedTable(metadataLocation, metadata), config: given }
    }
  }
}

function openedTable(location: string | undefined, metadata: TableMetadata): OpenedTable {
  if (location === undefined) return { metadata, config: {} }
  const metadataVersion = metadataVersionOf(location)
  return {
    metadata,
    metadataLocation: location,
    ...(metadataVersion === undefined ? {} : { metadataVersion }),
    config: {},
  }
}
