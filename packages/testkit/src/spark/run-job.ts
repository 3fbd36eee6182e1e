import { TidewaterError } from '@tidewater/core'
import { type SparkJob, validateJob } from '@tidewater/emr'
import { runDocument, type SparkRunOptions } from './run-document.js'
import type { SparkEvent } from './types.js'

/** A micro-batch of the main query that has been committed. */
export interface JobBatch {
  readonly batchId: number
  /** Records read from Kafka. */
  readonly inputRows: number
  readonly durationMs: number
  /** Next offset to be read, by partition. */
  readonly endOffsets: Readonly<Record<string, number>>
}

/** Sums over the micro-batches of this run, main query only. */
export interface JobTotals {
  readonly batches: number
  readonly inputRows: number
  /** Time the micro-batches took, without Spark's start. */
  readonly batchSeconds: number
}

export interface JobOutcome extends JobTotals {
  /** `available-now-done`: all that was there has been read; `signal` and `stop-marker`: it was stopped. */
  readonly reason: string
  /** False when a stop's time ran out and a micro-batch was interrupted; the next run reads that batch again. */
  readonly graceful: boolean
}

export interface RunJobOptions extends SparkRunOptions {
  /** Called when the streaming queries run. */
  readonly onStarted?: () => void
  readonly onBatch?: (batch: JobBatch, totals: JobTotals) => void
  /** Stops the job between two micro-batches; `runJob` then resolves. `signal` stops it too, but rejects with `ABORTED`. */
  readonly stopSignal?: AbortSignal
}

/**
 * Runs a streaming job on the local Spark until it ends or is stopped.
 *
 * @throws TidewaterError `JOB_INVALID` before Spark starts, `BROKER_UNREACHABLE`, `TOPIC_NOT_FOUND`, `JOB_FAILED` with
 *   what the job said, `PROCESS_FAILED` with the end of the log, `ABORTED`
 */
export async function runJob(job: SparkJob, options: RunJobOptions): Promise<JobOutcome> {
  const document = validateJob(job)
  const { onStarted, onBatch, stopSignal, ...spark } = options
  let totals: JobTotals = { batches: 0, inputRows: 0, batchSeconds: 0 }
  let stopped: SparkEvent | undefined
  const run = await runDocument<SparkEvent>('kafka_to_iceberg', '--job', document, {
    ...spark,
    // The job bounds its own stop; ending Spark and its JVM may take 80 s beyond that.
    stopTimeoutMs: ((document.stop?.timeoutSeconds ?? 300) + 90) * 1000,
    onEvent: (event) => {
      if (event.event === 'started') onStarted?.()
      if (event.event === 'stopped') stopped = event
      if (event.event !== 'progress' || event.query !== 'main') return
      const batch = event as unknown as JobBatch
      totals = {
        batches: totals.batches + 1,
        inputRows: totals.inputRows + batch.inputRows,
        batchSeconds: totals.batchSeconds + batch.durationMs / 1000,
      }
      onBatch?.(batch, totals)
    },
  })
  const stop = () => void run.stop()
  stopSignal?.addEventListener('abort', stop, { once: true })
  if (stopSignal?.aborted) stop()
  try {
    const { outcome } = await run.wait()
    if (stopped === undefined) {
      throw new TidewaterError(
        'JOB_FAILED',
        `Job ${document.name} was ${outcome} before it could say how it ended`,
        {
          remedy: `Read the log: ${run.logFile}`,
        },
      )
    }
    return { ...totals, reason: String(stopped.reason), graceful: stopped.graceful === true }
  } finally {
    stopSignal?.removeEventListener('abort', stop)
  }
}
