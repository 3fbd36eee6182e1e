import type * as Sdk from '@aws-sdk/client-glue'
import { awsClientConfig, awsErrorName, callAws, loadPeer, type TidewaterError } from '@tidewater/core'
import { type GlueSubject, metadataLocationOf, tableMissing } from './glue-table.js'
import type { GlueConfig } from './source.js'

type Client = Pick<Sdk.GlueClient, 'send'> & { readonly config: { region(): Promise<string> } }

export interface GlueEntry {
  readonly metadataLocation: string
  /** The folder in its storage descriptor, which Iceberg's writers keep as the metadata has it. */
  readonly location?: string
}

/**
 * Where Glue's catalog says that the table's metadata is, through `@aws-sdk/client-glue`, which is loaded when this is called.
 *
 * @throws TidewaterError `TABLE_NOT_FOUND`, `TABLE_NOT_ICEBERG`, `PACKAGE_NOT_INSTALLED`, `ABORTED`, and what `awsFailure` says
 */
export async function openFromGlue(config: GlueConfig, signal?: AbortSignal): Promise<GlueEntry> {
  const sdk = await loadPeer(
    '@aws-sdk/client-glue',
    () => import('@aws-sdk/client-glue'),
    'PACKAGE_NOT_INSTALLED',
  )
  const client = new sdk.GlueClient(awsClientConfig(config))
  try {
    return await askGlue(sdk, client, config, signal)
  } finally {
    client.destroy()
  }
}

/** The same over a client that is there already. */
export async function askGlue(
  sdk: Pick<typeof Sdk, 'GetTableCommand'>,
  client: Client,
  { database, name, catalogId, endpoint }: GlueSubject & Pick<GlueConfig, 'endpoint'>,
  signal?: AbortSignal,
): Promise<GlueEntry> {
  const subject = { database, name, ...(catalogId === undefined ? {} : { catalogId }) }
  const command = new sdk.GetTableCommand({
    DatabaseName: database,
    Name: name,
    ...(catalogId === undefined ? {} : { CatalogId: catalogId }),
  })
  const site = {
    service: 'Glue',
    endpoint,
    region: () => client.config.region(),
    refine: (error: TidewaterError) =>
      awsErrorName(error) === 'EntityNotFoundException' ? tableMissing(subject, error) : error,
  }
  const { Table } = await callAws(
    site,
    () => client.send(command, signal === undefined ? {} : { abortSignal: signal }),
    { action: `Looking up table ${database}.${name}`, signal },
  )
  const metadataLocation = metadataLocationOf(subject, Table?.Parameters ?? {}, Table?.TableType)
  const location = Table?.StorageDescriptor?.Location
  return { metadataLocation, ...(location ? { location } : {}) }
}
