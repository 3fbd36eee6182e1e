import { randomUUID } from 'node:crypto'
import { TidewaterError } from '@tidewater/core'
import { parseObjectUri } from '../object-uri.js'
import type { LocalObjects } from '../objects.js'
import type { AthenaBehaviour } from './athena-options.js'
import { failureOf, type QueryFailure, timedOut } from './query-failure.js'
import type { QueryRequest } from './query-request.js'
import { noResults, type QueryResults, resultsCsv } from './results.js'
import { runStatement, type StatementHost } from './run-statement.js'

export type QueryState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'

export interface QueryHost extends StatementHost {
  readonly objects: LocalObjects
}

/** One query from its submission to its end. */
export class AthenaQuery {
  readonly id = randomUUID()
  readonly request: QueryRequest
  /** Where the results go: `s3://…/<id>.csv`, `.txt` for a statement without a header. */
  readonly outputLocation: string
  readonly submittedAtMs = Date.now()
  state: QueryState = 'QUEUED'
  startedAtMs: number | undefined
  endedAtMs: number | undefined
  failure: QueryFailure | undefined
  results: QueryResults = noResults
  scannedBytes = 0
  readonly #host: QueryHost
  readonly #abort = new AbortController()
  #hasTimedOut = false

  constructor(request: QueryRequest, folder: string, host: QueryHost) {
    this.request = request
    const hasHeader = request.statement.act === 'sql' && request.statement.rows === 'with-header'
    this.outputLocation = `${folder}${this.id}.${hasHeader ? 'csv' : 'txt'}`
    this.#host = host
  }

  get hasEnded(): boolean {
    return this.endedAtMs !== undefined
  }

  /** A query that is queued has ended with this; one that runs ends when Spark has left it. */
  stop(): void {
    this.#abort.abort()
    if (this.state === 'QUEUED') this.#end('CANCELLED')
  }

  /**
   * Runs it to its end. Never rejects.
   *
   * @param told how it ends instead of being run; undefined runs it
   */
  async run(behaviour: AthenaBehaviour, told: QueryFailure | undefined): Promise<void> {
    if (this.hasEnded) return
    this.state = 'RUNNING'
    this.startedAtMs = Date.now()
    const isDml = this.request.statement.statementType === 'DML'
    const timer = setTimeout(() => this.#timeOut(), behaviour.dmlTimeoutMs)
    if (!isDml) clearTimeout(timer)
    try {
      if (told !== undefined) return this.#end('FAILED', told)
      const { signal } = this.#abort
      const outcome = await runStatement(this.request, behaviour, this.#host, signal)
      this.scannedBytes = outcome.scannedBytes
      this.results = outcome.results
      if (outcome.failure === undefined) await this.#writeResults()
      this.#end(outcome.failure === undefined ? 'SUCCEEDED' : 'FAILED', outcome.failure)
    } catch (thrown) {
      const isAborted = TidewaterError.isInstance(thrown) && thrown.code === 'ABORTED'
      if (isAborted && !this.#hasTimedOut) this.#end('CANCELLED')
      else this.#end('FAILED', isAborted ? timedOut : failureOf(thrown))
    } finally {
      clearTimeout(timer)
    }
  }

  #timeOut(): void {
    // One that is being cancelled already stays the user's.
    if (this.#abort.signal.aborted) return
    this.#hasTimedOut = true
    this.#abort.abort()
  }

  async #writeResults(): Promise<void> {
    const place = parseObjectUri(this.outputLocation)
    if (place === undefined) return
    await this.#host.objects.put(place.bucket, place.prefix, Buffer.from(resultsCsv(this.results)))
  }

  #end(state: QueryState, failure?: QueryFailure): void {
    this.state = state
    this.failure = failure
    this.endedAtMs = Date.now()
  }
}
