import {
  type AwsClientOptions,
  awsClientConfig,
  awsClientOptionsSchema,
  type Clock,
  loadPeer,
  parseConfig,
  realClock,
  TidewaterError,
} from '@tidewater/core'
import { z } from 'zod'
import { planForAthena } from '../policy/for-athena.js'
import type { EngineCall, MaintenanceEngine, OperationResult } from '../run/engine.js'
import { athenaStatement } from '../statement/athena-statement.js'
import type { TableOperation } from '../statement/operation.js'
import { halvesOf, rewritesByColumns } from './by-columns.js'
import { GlueParameters } from './glue-parameters.js'
import {
  type AthenaClient,
  type AthenaCommands,
  AthenaQueries,
  type EndedQuery,
  type QueryPlace,
} from './query.js'

const optionsSchema = awsClientOptionsSchema.extend({
  /** The Glue database, and the table in it. */
  database: z.string().min(1),
  name: z.string().min(1),
  /** Default `primary`. */
  workgroup: z.string().min(1).default('primary'),
  /** Default `AwsDataCatalog`, which is Glue. */
  dataCatalog: z.string().min(1).default('AwsDataCatalog'),
  /** Folder for results, `s3://…`. Default: the workgroup's own. */
  outputLocation: z.string().startsWith('s3://').optional(),
  /** Rounds of one statement, while Athena says that more are needed. Default 200: 20,000 partitions, 4 million files. */
  maxRounds: z.int().min(1).max(10_000).default(200),
})

export type AthenaEngineOptions = AwsClientOptions & {
  readonly database: string
  readonly name: string
  readonly workgroup?: string
  readonly dataCatalog?: string
  readonly outputLocation?: string
  readonly maxRounds?: number
}

/**
 * Athena as an engine of maintenance, over `@aws-sdk/client-athena` and `@aws-sdk/client-glue`, which are loaded when this is
 * called. A statement that says it needs more runs is run again until it doesn't; one that ran out of time is run for half of its
 * partitions at a time. Parameters of the table in Glue that Athena drops on the way are put back.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function athenaEngine(
  options: AthenaEngineOptions,
): Promise<MaintenanceEngine & { close(): void }> {
  const config = parseConfig(optionsSchema, options, 'Athena engine')
  const [athena, glue] = await Promise.all([
    loadPeer('@aws-sdk/client-athena', () => import('@aws-sdk/client-athena'), 'PACKAGE_NOT_INSTALLED'),
    loadPeer('@aws-sdk/client-glue', () => import('@aws-sdk/client-glue'), 'PACKAGE_NOT_INSTALLED'),
  ])
  const client = new athena.AthenaClient(awsClientConfig(config))
  const glueClient = new glue.GlueClient(awsClientConfig(config))
  const parameters = new GlueParameters(glue, glueClient, config, realClock)
  return {
    ...engineOver(athena, client, parameters, config, realClock),
    close: () => {
      client.destroy()
      glueClient.destroy()
    },
  }
}

/** The same over a client that is there already. */
export function engineOver(
  sdk: AthenaCommands,
  client: AthenaClient,
  parameters: Pick<GlueParameters, 'read' | 'restore'>,
  {
    database,
    name,
    dataCatalog,
    workgroup,
    outputLocation,
    endpoint,
    maxRounds,
  }: z.output<typeof optionsSchema>,
  clock: Clock,
): MaintenanceEngine {
  const place: QueryPlace = { database, dataCatalog, workgroup, outputLocation, endpoint }
  const queries = new AthenaQueries(sdk, client, place, clock)
  const carryOut = async (operation: TableOperation, call: EngineCall): Promise<OperationResult> => {
    const startedMs = clock.nowMs()
    const statement = new Statement(queries, { database, name }, maxRounds, call)
    const parts = operation.operation === 'rewrite_data_files' ? rewritesByColumns(operation) : [operation]
    for (const part of parts) await statement.run(part)
    const seconds = (clock.nowMs() - startedMs) / 1_000
    return { operation: operation.operation, seconds, result: statement.result }
  }
  return {
    name: 'athena',
    adapt: planForAthena,
    async run(operations, call) {
      // What has no words is refused before anything is done.
      for (const operation of operations) athenaStatement(operation, { database, name })
      const before = await parameters.read(call.signal)
      const results: OperationResult[] = []
      const putBack = async (signal: AbortSignal | undefined) => {
        const restored = await parameters.restore(before, signal)
        if (restored.length > 0) call.onProgress?.(`put back the parameters ${restored.join(', ')} in Glue`)
      }
      try {
        for (const operation of operations) results.push(await carryOut(operation, call))
      } catch (thrown) {
        // The rounds before it have written the table; what failed first is what the caller has to know.
        await putBack(undefined).catch(() => undefined)
        throw thrown
      }
      await putBack(call.signal)
      return results
    },
  }
}

/** One operation: its rounds and its parts, and what they cost. */
class Statement {
  readonly result = { queries: 0, rounds: 0, scannedBytes: 0, executionMs: 0 }
  readonly #queries: AthenaQueries
  readonly #table: { readonly database: string; readonly name: string }
  readonly #maxRounds: number
  readonly #call: EngineCall

  constructor(
    queries: AthenaQueries,
    table: { readonly database: string; readonly name: string },
    maxRounds: number,
    call: EngineCall,
  ) {
    this.#queries = queries
    this.#table = table
    this.#maxRounds = maxRounds
    this.#call = call
  }

  async run(operation: TableOperation): Promise<void> {
    const sql = athenaStatement(operation, this.#table)
    const most = this.result.rounds + this.#maxRounds
    for (;;) {
      const { id, standing } = await this.#round(sql)
      switch (standing.state) {
        case 'done':
          return
        case 'more-runs':
          this.#progress(`${operation.operation}, round ${this.result.rounds}: ${standing.progress}`)
          if (this.result.rounds >= most) throw tooManyRounds(operation, this.#maxRounds, standing.progress)
          break
        case 'timed-out': {
          const halves = operation.operation === 'rewrite_data_files' ? halvesOf(operation) : undefined
          // What it had committed stays, and VACUUM goes on where it was.
          if (halves === undefined && operation.operation !== 'vacuum')
            throw failed(
              operation,
              id,
              standing.reason,
              false,
              'Raise the DML timeout of the account, or use Spark.',
            )
          this.#progress(
            `${operation.operation} ran out of time${halves === undefined ? '' : ', and goes on by halves of its partitions'}`,
          )
          if (halves !== undefined) {
            for (const half of halves) await this.run(half)
            return
          }
          if (this.result.rounds >= most) throw tooManyRounds(operation, this.#maxRounds, standing.reason)
          break
        }
        case 'cancelled':
          throw failed(
            operation,
            id,
            `it was cancelled: ${standing.reason}`,
            true,
            'Run the maintenance again.',
          )
        case 'failed':
          throw failed(
            operation,
            id,
            standing.reason,
            standing.retryable,
            'Correct what Athena says, and run it again.',
          )
      }
    }
  }

  async #round(sql: string): Promise<EndedQuery> {
    const ended = await this.#queries.run(sql, this.#call.signal)
    this.result.queries += 1
    this.result.rounds += 1
    this.result.scannedBytes += ended.cost.scannedBytes
    this.result.executionMs += ended.cost.executionMs
    return ended
  }

  #progress(message: string): void {
    this.#call.onProgress?.(message)
  }
}

function tooManyRounds(operation: TableOperation, maxRounds: number, progress: string): TidewaterError {
  return new TidewaterError(
    'MAINTENANCE_FAILED',
    `${operation.operation} in Athena needs more than ${maxRounds} rounds; the last one said: ${progress}`,
    {
      remedy: 'What was done is committed: run it again, or raise maxRounds.',
      details: { operation: operation.operation, maxRounds },
    },
  )
}

function failed(
  operation: TableOperation,
  id: string,
  reason: string,
  retryable: boolean,
  remedy: string,
): TidewaterError {
  return new TidewaterError('MAINTENANCE_FAILED', `${operation.operation} in Athena failed: ${reason}`, {
    retryable,
    remedy,
    details: { operation: operation.operation, queryExecutionId: id },
  })
}
