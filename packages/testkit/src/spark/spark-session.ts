import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import type { SparkJob } from '@tidewater/emr'
import { testkitFolder } from '../package-folders.js'
import type { SupervisedProcess } from '../supervisor/supervise.js'
import { startSparkModule } from './run-spark-module.js'
import type { SparkEvent, SparkModuleOptions, SparkRun } from './types.js'

const stopTimeoutMs = 10_000

export interface SparkSessionOptions
  extends Omit<SparkModuleOptions, 'module' | 'args' | 'onEvent' | 'signal' | 'stopTimeoutMs'> {
  /** The catalog of its statements. */
  readonly catalog: SparkJob['table']['catalog']
}

interface StatementOptions {
  /** `module:function`, which is given the statement and its arguments: `tidewater_testkit.sql:run`. */
  readonly function: string
  /** What JSON can hold. */
  readonly arguments: Readonly<Record<string, unknown>>
  /** Called with each part of the result as it arrives. Default: parts are dropped. */
  readonly onPart?: (value: unknown) => void
  /** Ends the statement's Spark jobs. */
  readonly signal?: AbortSignal
}

/** One Spark for many statements, which starts with the first of them. It ends with this process, however that ends. */
export interface SparkSession {
  /**
   * Carries out a statement, beside those that run.
   *
   * @returns what the function returned
   * @throws TidewaterError `QUERY_FAILED` with the classes of the exceptions as `details.causes`; `ABORTED` when it was cancelled
   *   and had not ended before; `PROCESS_FAILED` when Spark ended, after which the next statement starts another; what
   *   `runSparkModule` throws
   */
  run(statement: StatementOptions): Promise<unknown>
  /** Ends Spark and what runs on it. Safe to call again. */
  close(): Promise<void>
}

interface Waiting {
  readonly statement: StatementOptions
  resolve(value: unknown): void
  reject(error: unknown): void
}

interface Started {
  readonly send: SupervisedProcess['send']
  /** Why it ended; undefined while it runs. */
  readonly failure: () => unknown
}

export function sparkSession(options: SparkSessionOptions): SparkSession {
  const waiting = new Map<string, Waiting>()
  const closing = new AbortController()
  let started: Promise<Started> | undefined
  let ended: Promise<unknown> | undefined

  const start = async (): Promise<Started> => {
    const { catalog, pythonPath = [], ...moduleOptions } = options
    const { run, send } = await startSparkModule(
      {
        ...moduleOptions,
        module: 'tidewater_testkit.session_server',
        args: [JSON.stringify(catalog)],
        pythonPath: [...pythonPath, join(testkitFolder(), 'python', 'spark-session')],
        stopTimeoutMs,
        signal: closing.signal,
      },
      true,
    )
    void settleAll(waiting, run.events)
    let failure: unknown
    ended = endOf(run, closing.signal).then((error) => {
      failure = error
      started = undefined
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    })
    return { send, failure: () => failure }
  }

  return {
    async run(statement) {
      const { signal } = statement
      if (closing.signal.aborted) throw closed()
      started ??= start().catch((thrown) => {
        started = undefined
        throw closing.signal.aborted ? closed() : thrown
      })
      // The first start on a machine fetches what Spark needs: whoever has been cancelled doesn't wait for that.
      const { send, failure } = await untilAborted(started, signal)
      if (failure() !== undefined) throw failure()
      const id = randomUUID()
      const cancel = () => send(JSON.stringify({ cancel: id }))
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        return await new Promise((resolve, reject) => {
          waiting.set(id, { statement, resolve, reject })
          send(JSON.stringify({ id, function: statement.function, arguments: statement.arguments }))
        })
      } finally {
        waiting.delete(id)
        signal?.removeEventListener('abort', cancel)
      }
    },
    async close() {
      closing.abort()
      await started?.catch(() => undefined)
      await ended
    },
  }
}

/** What a promise gives, unless the signal fires first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted())
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Events are taken from where they are kept for a reader: results would stay in memory there. */
async function settleAll(
  waiting: ReadonlyMap<string, Waiting>,
  events: AsyncIterable<SparkEvent>,
): Promise<void> {
  for await (const event of events) settle(waiting, event)
}

function settle(waiting: ReadonlyMap<string, Waiting>, event: SparkEvent): void {
  const one = waiting.get(String(event.id))
  if (one === undefined) return
  if (event.event === 'part') one.statement.onPart?.(event.value)
  else if (event.event === 'result') one.resolve(event.value)
  else if (event.event === 'statement-failed') {
    one.reject(
      event.cancelled === true
        ? aborted()
        : new TidewaterError('QUERY_FAILED', String(event.message), {
            remedy: 'Correct the statement.',
            details: { causes: String(event.causes) },
          }),
    )
  }
}

/** Why the statements that were running get no answer. */
async function endOf(run: SparkRun, closing: AbortSignal): Promise<unknown> {
  try {
    await run.wait()
    return closed()
  } catch (thrown) {
    return closing.aborted ? closed() : thrown
  }
}

function aborted(): TidewaterError {
  return new TidewaterError('ABORTED', 'The statement was cancelled')
}

function closed(): TidewaterError {
  return new TidewaterError('PROCESS_FAILED', 'The Spark session was closed', {
    remedy: 'Start another one.',
  })
}
