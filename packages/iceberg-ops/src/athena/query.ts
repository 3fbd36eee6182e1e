import { randomUUID } from 'node:crypto'
import type * as Sdk from '@aws-sdk/client-athena'
import { type Clock, callAws, TidewaterError } from '@tidewater/core'
import { type AthenaCost, costOf, type QueryStanding, standingOf } from './answer.js'

export type AthenaClient = Pick<Sdk.AthenaClient, 'send'> & { readonly config: { region(): Promise<string> } }
export type AthenaCommands = Pick<
  typeof Sdk,
  'GetQueryExecutionCommand' | 'StartQueryExecutionCommand' | 'StopQueryExecutionCommand'
>

export interface QueryPlace {
  readonly database: string
  /** Default `AwsDataCatalog`, which is Glue. */
  readonly dataCatalog: string
  readonly workgroup: string
  /** Folder for results, `s3://…`. Undefined: the workgroup's own. */
  readonly outputLocation: string | undefined
  readonly endpoint: string | undefined
}

const firstPollMs = 500
const longestPollMs = 10_000

export interface EndedQuery {
  readonly id: string
  readonly standing: Exclude<QueryStanding, { state: 'running' }>
  readonly cost: AthenaCost
}

/** Runs statements of Athena, one at a time, each to its end. */
export class AthenaQueries {
  readonly #sdk: AthenaCommands
  readonly #client: AthenaClient
  readonly #place: QueryPlace
  readonly #clock: Clock

  constructor(sdk: AthenaCommands, client: AthenaClient, place: QueryPlace, clock: Clock) {
    this.#sdk = sdk
    this.#client = client
    this.#place = place
    this.#clock = clock
  }

  /**
   * A query that has been started is stopped when the signal fires. A start that is tried again after a lost answer is the same
   * query, by its token; another call is another one.
   *
   * @throws TidewaterError what `awsFailure` says, `ABORTED`
   */
  async run(sql: string, signal: AbortSignal | undefined): Promise<EndedQuery> {
    const id = await this.#start(sql, signal)
    try {
      for (let pollMs = firstPollMs; ; pollMs = Math.min(longestPollMs, pollMs * 1.5)) {
        const answer = await this.#look(id, signal)
        const standing = standingOf(answer)
        if (standing.state !== 'running') return { id, standing, cost: costOf(answer) }
        await this.#clock.sleep(pollMs * (0.75 + this.#clock.random() / 2), signal)
      }
    } catch (thrown) {
      if (signal?.aborted === true) await this.#stop(id)
      throw thrown
    }
  }

  async #start(sql: string, signal: AbortSignal | undefined): Promise<string> {
    const { database, dataCatalog, workgroup, outputLocation } = this.#place
    const command = new this.#sdk.StartQueryExecutionCommand({
      QueryString: sql,
      ClientRequestToken: randomUUID(),
      QueryExecutionContext: { Database: database, Catalog: dataCatalog },
      WorkGroup: workgroup,
      ...(outputLocation === undefined ? {} : { ResultConfiguration: { OutputLocation: outputLocation } }),
    })
    const { QueryExecutionId: id } = await this.#call('Starting a query', signal, (call) =>
      this.#client.send(command, call),
    )
    if (id === undefined)
      throw new TidewaterError('AWS_REQUEST_FAILED', 'Athena started a query and named none')
    return id
  }

  async #look(id: string, signal: AbortSignal | undefined) {
    const command = new this.#sdk.GetQueryExecutionCommand({ QueryExecutionId: id })
    const { QueryExecution = {} } = await this.#call(`Looking at query ${id}`, signal, (call) =>
      this.#client.send(command, call),
    )
    return QueryExecution
  }

  /** The caller is leaving: whether it could be stopped changes nothing for it. */
  async #stop(id: string): Promise<void> {
    const command = new this.#sdk.StopQueryExecutionCommand({ QueryExecutionId: id })
    await this.#call(`Stopping query ${id}`, undefined, (call) => this.#client.send(command, call)).catch(
      () => undefined,
    )
  }

  #call<T>(
    action: string,
    signal: AbortSignal | undefined,
    attempt: (call: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const site = {
      service: 'Athena',
      endpoint: this.#place.endpoint,
      region: () => this.#client.config.region(),
    }
    const call = signal === undefined ? {} : { abortSignal: signal }
    return callAws(site, () => attempt(call), { action, signal }, this.#clock)
  }
}
