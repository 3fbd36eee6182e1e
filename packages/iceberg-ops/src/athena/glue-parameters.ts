import type * as Sdk from '@aws-sdk/client-glue'
import { awsErrorName, type Clock, callAws, TidewaterError } from '@tidewater/core'

export type GlueClient = Pick<Sdk.GlueClient, 'send'> & { readonly config: { region(): Promise<string> } }
export type GlueCommands = Pick<typeof Sdk, 'GetTableCommand' | 'UpdateTableCommand'>

export type Parameters = Readonly<Record<string, string>>

const attemptsMax = 10
const retryMs = 200

/**
 * The parameters of a table in Glue that are others' than Iceberg's: such as classifiers, owners and tags of tools. OPTIMIZE and
 * VACUUM of Athena leave them out of the version that they write (seen by users of the service, not documented).
 */
export class GlueParameters {
  readonly #sdk: GlueCommands
  readonly #client: GlueClient
  readonly #table: { readonly DatabaseName: string; readonly Name: string }
  readonly #endpoint: string | undefined
  readonly #clock: Clock

  constructor(
    sdk: GlueCommands,
    client: GlueClient,
    table: { readonly database: string; readonly name: string; readonly endpoint?: string | undefined },
    clock: Clock,
  ) {
    this.#sdk = sdk
    this.#client = client
    this.#table = { DatabaseName: table.database, Name: table.name }
    this.#endpoint = table.endpoint
    this.#clock = clock
  }

  /** @throws TidewaterError what `awsFailure` says */
  async read(signal: AbortSignal | undefined): Promise<Parameters> {
    return othersIn((await this.#get(signal)).Parameters)
  }

  /**
   * Puts back what is no longer there. What has been changed meanwhile stays as it is.
   *
   * The table is written as it is at that moment, and only if nobody has written it since (Glue's `VersionId`): a commit of
   * Iceberg's that comes in between is never undone.
   *
   * @returns the names of what was put back
   * @throws TidewaterError `MAINTENANCE_FAILED` when others write the table all the time; what `awsFailure` says
   */
  async restore(before: Parameters, signal: AbortSignal | undefined): Promise<string[]> {
    for (let attempt = 1; ; attempt++) {
      const table = await this.#get(signal)
      const missing = Object.entries(before).filter(([name]) => table.Parameters?.[name] === undefined)
      if (missing.length === 0) return []
      try {
        await this.#put(table, Object.fromEntries(missing), signal)
        return missing.map(([name]) => name)
      } catch (thrown) {
        const isOvertaken = TidewaterError.isInstance(thrown) && overtaken.test(awsErrorName(thrown) ?? '')
        if (!isOvertaken) throw thrown
        if (attempt >= attemptsMax)
          throw tooBusy(
            missing.map(([name]) => name),
            thrown,
          )
        await this.#clock.sleep(retryMs * attempt * (0.5 + this.#clock.random()), signal)
      }
    }
  }

  async #get(signal: AbortSignal | undefined): Promise<Sdk.Table> {
    const { DatabaseName, Name } = this.#table
    const { Table } = await this.#call(`Looking up table ${DatabaseName}.${Name}`, signal, (call) =>
      this.#client.send(new this.#sdk.GetTableCommand(this.#table), call),
    )
    return Table ?? { Name }
  }

  async #put(table: Sdk.Table, missing: Parameters, signal: AbortSignal | undefined): Promise<void> {
    const { DatabaseName, Name } = this.#table
    const command = new this.#sdk.UpdateTableCommand({
      DatabaseName,
      TableInput: { ...inputOf(table), Parameters: { ...table.Parameters, ...missing } },
      SkipArchive: true,
      ...(table.VersionId === undefined ? {} : { VersionId: table.VersionId }),
    })
    await this.#call(`Putting back parameters of table ${DatabaseName}.${Name}`, signal, (call) =>
      this.#client.send(command, call),
    )
  }

  #call<T>(
    action: string,
    signal: AbortSignal | undefined,
    attempt: (call: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const site = { service: 'Glue', endpoint: this.#endpoint, region: () => this.#client.config.region() }
    return callAws(
      site,
      () => attempt(signal === undefined ? {} : { abortSignal: signal }),
      { action, signal },
      this.#clock,
    )
  }
}

const overtaken = /^(ConcurrentModificationException|VersionMismatchException)$/

/** Iceberg's own change with each commit. */
const ofIceberg: readonly string[] = ['metadata_location', 'previous_metadata_location', 'table_type']

function othersIn(parameters: Parameters = {}): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !ofIceberg.includes(name)))
}

/** What UpdateTable takes of what GetTable gives (Glue API reference, TableInput). */
function inputOf(table: Sdk.Table): Sdk.TableInput {
  const { Name, Description, Owner, LastAccessTime, LastAnalyzedTime, Retention } = table
  const { StorageDescriptor, PartitionKeys, ViewOriginalText, ViewExpandedText, TableType, TargetTable } =
    table
  const input = {
    Description,
    Owner,
    LastAccessTime,
    LastAnalyzedTime,
    Retention,
    StorageDescriptor,
    PartitionKeys,
  }
  const more = { ViewOriginalText, ViewExpandedText, TableType, TargetTable }
  const given = Object.entries({ ...input, ...more }).filter(([, value]) => value !== undefined)
  return { Name, ...Object.fromEntries(given) }
}

function tooBusy(names: readonly string[], cause: unknown): TidewaterError {
  return new TidewaterError(
    'MAINTENANCE_FAILED',
    `The table's parameters ${names.join(', ')} could not be put back: others write the table all the time`,
    { retryable: true, remedy: 'Put them back when it is quieter.', details: { parameters: names }, cause },
  )
}
