import { TidewaterError } from '@tidewater/core'
import { z } from 'zod'

const offsets = z.record(z.string(), z.number())

const batch = z.looseObject({
  query: z.string(),
  batchId: z.number(),
  startedAt: z.string(),
  inputRows: z.number(),
  outputRows: z.number().nullable(),
  durationMs: z.number().nullable(),
  endOffsets: offsets,
})

const totals = z.looseObject({
  batches: z.number(),
  inputRows: z.number(),
  outputRows: z.number(),
  endOffsets: offsets,
})

const decoder = z.object({ name: z.string(), because: z.string().optional() })

const event = z.looseObject({ event: z.string() })

const progressDocument = z.looseObject({
  version: z.literal(1),
  runId: z.string(),
  job: z.string(),
  state: z.enum(['running', 'stopped', 'failed']),
  startedAt: z.string(),
  updatedAt: z.string(),
  started: z.looseObject({ event: z.string(), decoder: decoder.optional() }).nullable(),
  progress: z.record(z.string(), batch),
  recent: z.array(batch),
  totals: z.record(z.string(), totals),
  ended: event.optional(),
})

type ProgressBatch = z.output<typeof batch>

/** Where a query of a streaming job stands in this run. */
export interface QueryProgress {
  readonly batches: number
  /** Records read from Kafka. */
  readonly inputRows: number
  /** Rows handed to the table. */
  readonly outputRows: number
  /** Next offset to be read, by partition. */
  readonly endOffsets: Readonly<Record<string, number>>
  /** Of the last micro-batches (100 over all queries): records read per second of their work. 0 before the first. */
  readonly recordsPerSecond: number
  /** Of the same micro-batches, the mean. 0 before the first. */
  readonly batchDurationMs: number
  readonly lastBatchId: number | undefined
}

/** What a streaming job says of itself. */
export interface JobProgress {
  readonly runId: string
  readonly state: 'running' | 'stopped' | 'failed'
  /** Whether its queries run, or ran. */
  readonly hasStarted: boolean
  /** `compiled`, or `from_avro` and why. Undefined before its queries have started. */
  readonly decoder?: { readonly name: string; readonly because?: string | undefined }
  /** ISO 8601, UTC. */
  readonly updatedAt: string
  /** `main` and, once there were some, `dead-letters`: the ranges of offsets that were read again for them. */
  readonly queries: Readonly<Record<string, QueryProgress>>
  /** The `stopped` or `failed` event it ended with. */
  readonly ended?: Readonly<Record<string, unknown>> & { readonly event: string }
}

/**
 * The progress in a document the job has written. Pure.
 *
 * @throws TidewaterError `JOB_FAILED` for a document of another version or form
 */
export function parseProgress(text: string): JobProgress {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw unreadable('is not JSON', cause)
  }
  const parsed = progressDocument.safeParse(value)
  if (!parsed.success) throw unreadable(z.prettifyError(parsed.error), parsed.error)
  const { runId, state, started, updatedAt, totals, recent, progress, ended } = parsed.data
  const queries = Object.entries(totals).map(([query, sums]) => [
    query,
    {
      batches: sums.batches,
      inputRows: sums.inputRows,
      outputRows: sums.outputRows,
      endOffsets: sums.endOffsets,
      ...rateOf(recent.filter((one) => one.query === query)),
      lastBatchId: progress[query]?.batchId,
    } satisfies QueryProgress,
  ])
  return {
    runId,
    state,
    hasStarted: started !== null,
    updatedAt,
    ...(started?.decoder === undefined ? {} : { decoder: started.decoder }),
    queries: Object.fromEntries(queries),
    ...(ended === undefined ? {} : { ended }),
  }
}

function rateOf(batches: readonly ProgressBatch[]) {
  const workMs = batches.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0)
  const rows = batches.reduce((sum, { inputRows }) => sum + inputRows, 0)
  return {
    recordsPerSecond: workMs === 0 ? 0 : (rows * 1_000) / workMs,
    batchDurationMs: batches.length === 0 ? 0 : workMs / batches.length,
  }
}

function unreadable(why: string, cause: unknown): TidewaterError {
  return new TidewaterError('JOB_FAILED', `The job's progress can't be read: ${why}`, {
    remedy: 'Use the release of this package that the job was submitted with, or a newer one.',
    cause,
  })
}
