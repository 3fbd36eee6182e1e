import { openTable } from '../catalog/open-table.js'
import type { TableSource } from '../catalog/source.js'
import { type MeasureOptions, measureHealth } from './measure.js'
import type { TableHealth } from './table-health.js'

/**
 * Finds a table by its catalog and measures it.
 *
 * @param name `database.table`: what a policy's patterns are held against
 * @throws TidewaterError what `openTable` and `measureHealth` throw
 */
export async function measureTable(
  name: string,
  source: TableSource,
  options: MeasureOptions,
): Promise<TableHealth> {
  const { objects, signal } = options
  const { metadata, metadataLocation } = await openTable(source, { objects, signal })
  return measureHealth({ name, metadata, metadataLocation }, options)
}
