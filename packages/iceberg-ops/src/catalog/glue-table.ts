import { TidewaterError } from '@tidewater/core'

export interface GlueSubject {
  readonly database: string
  readonly name: string
  readonly catalogId?: string | undefined
}

/**
 * The metadata location in a Glue table's parameters (Iceberg's AWS integration: `table_type` and `metadata_location`).
 *
 * @throws TidewaterError `TABLE_NOT_ICEBERG`
 */
export function metadataLocationOf(
  { database, name }: GlueSubject,
  parameters: Readonly<Record<string, string>>,
  tableType?: string,
): string {
  const kind = parameters.table_type
  const location = parameters.metadata_location
  if (kind?.toUpperCase() === 'ICEBERG' && location !== undefined && location !== '') return location
  const problem =
    kind?.toUpperCase() === 'ICEBERG'
      ? 'it has table_type ICEBERG but no metadata_location'
      : `its parameter table_type is ${kind === undefined ? 'missing' : JSON.stringify(kind)}, not ICEBERG`
  throw new TidewaterError('TABLE_NOT_ICEBERG', `${database}.${name} is no Iceberg table: ${problem}`, {
    remedy: 'Name an Iceberg table; a Hive table or a view has no Iceberg metadata.',
    details: {
      database,
      table: name,
      tableType: tableType ?? null,
      parameter: kind ?? null,
      hasMetadataLocation: location !== undefined,
    },
  })
}

export function tableMissing(
  { database, name, catalogId }: GlueSubject,
  cause: TidewaterError,
): TidewaterError {
  const where = catalogId === undefined ? '' : ` of catalog ${catalogId}`
  return new TidewaterError(
    'TABLE_NOT_FOUND',
    `Glue has no table ${database}.${name}${where}: ${cause.message}`,
    {
      remedy: 'Correct database and name, and check region and account: each has its own catalog.',
      details: { ...cause.details, database, table: name },
      cause,
    },
  )
}
