import { setTimeout as sleep } from 'node:timers/promises'
import type { MskIamAuth, TidewaterError } from '@tidewater/core'
import { createProducer } from '../create-producer.js'
import type { AvroProducer } from '../producer.js'
import type { SchemaRegistry } from '../registry/framing.js'
import type { PartitionCounts, ThreadData, WorkerTask } from './messages.js'
import type { FleetSource } from './source.js'
import { TokenBucket } from './token-bucket.js'
import type { WorkerCounters } from './worker-counters.js'

/** Records written before the network and the other workers of the thread get their turn. */
const sliceRecords = 500
/** Of so many records the latency of one is measured. A prime, so that it is not always the same one of a batch. */
const sampleEvery = 97
/** At a low rate the latency of this many records a second is measured. */
const samplesPerSecond = 20

/** What the workers of a thread share. */
export interface WorkerSurroundings {
  readonly data: ThreadData
  readonly auth: MskIamAuth | undefined
  readonly registry: SchemaRegistry | undefined
  readonly source: FleetSource
  /** No more records; what was written is delivered. */
  readonly drain: AbortSignal
  /** Nothing more. Fires after `drain`, if at all. */
  readonly abandon: AbortSignal
  readonly onUp: () => void
}

/** How one run of a worker ended, once all its records have an outcome. */
interface WorkerEnd {
  readonly partitions: PartitionCounts
  /** What was thrown while it wrote; undefined when it came to its end. */
  readonly thrown: unknown
}

/**
 * Writes the rest of the worker's share, as its counters have it, and delivers it.
 *
 * @throws what `createProducer` throws
 */
export async function runWorker(
  task: WorkerTask,
  counters: WorkerCounters,
  surroundings: WorkerSurroundings,
): Promise<WorkerEnd> {
  const { data, auth, registry, source, drain, abandon, onUp } = surroundings
  const producer = await createProducer({
    ...data.producer,
    ...(auth === undefined ? {} : { auth }),
    ...(registry === undefined ? {} : { registry }),
    clientId: task.plan.clientId,
    schema: source.schema,
    signal: abandon,
    // Signals reach the main thread only.
    drainOnSigterm: false,
    onDelivery: ({ recordCount, bytes }) => counters.noteDelivered(recordCount, bytes),
    onDeliveryError: ({ error, records }) =>
      counters.noteUndelivered(records.length, error.code, mayBeWritten(error)),
    deadLetter: ({ error }) => counters.noteUndelivered(1, error.code, false),
  })
  onUp()
  // Also when the writing waits for a broker that is away: closing makes room.
  const onDrain = () => void producer.close({ timeoutMs: data.drainTimeoutMs }).catch(() => {})
  drain.addEventListener('abort', onDrain, { once: true })
  let thrown: unknown
  try {
    if (!drain.aborted) await new Writer(producer, task, counters, source, drain).write()
  } catch (failure) {
    thrown = failure
  }
  // What could not be delivered, the hooks have counted.
  await producer.close().catch(() => {})
  drain.removeEventListener('abort', onDrain)
  const { partitions } = producer.stats()
  return {
    partitions: partitions.map(({ partition, deliveredRecords }) => [partition, deliveredRecords]),
    thrown,
  }
}

class Writer {
  readonly #end: number
  readonly #next: () => unknown
  readonly #bucket: TokenBucket | undefined
  readonly #sampleEvery: number
  #sinceSample: number

  constructor(
    readonly producer: AvroProducer<unknown>,
    { plan, firstTokenShare }: WorkerTask,
    readonly counters: WorkerCounters,
    source: FleetSource,
    readonly drain: AbortSignal,
  ) {
    this.#end = plan.records ?? Number.POSITIVE_INFINITY
    this.#next = source.records({
      workerIndex: plan.index,
      writerId: plan.clientId,
      seed: plan.seed,
      firstSequenceNumber: plan.firstSequenceNumber + counters.writtenRecords,
    })
    const rate = plan.ratePerSecond
    this.#bucket = rate === undefined ? undefined : new TokenBucket(rate, performance.now(), firstTokenShare)
    this.#sampleEvery =
      rate === undefined ? sampleEvery : Math.min(sampleEvery, Math.ceil(rate / samplesPerSecond))
    this.#sinceSample = this.#sampleEvery
  }

  async write(): Promise<void> {
    const { counters, drain } = this
    while (counters.writtenRecords < this.#end && !drain.aborted) {
      const wanted = Math.min(sliceRecords, this.#end - counters.writtenRecords)
      const allowed = this.#bucket === undefined ? wanted : this.#bucket.take(wanted, performance.now())
      for (let written = 0; written < allowed && !drain.aborted; written++) {
        const room = this.#writeOne()
        if (room !== undefined) await room
      }
      const delayMs = this.#bucket?.delayMs(performance.now()) ?? 0
      if (delayMs === 0) await new Promise(setImmediate)
      else await sleep(delayMs, undefined, { signal: drain }).catch(() => {})
    }
  }

  #writeOne(): void | Promise<void> {
    const record = this.#next()
    // Before it is written: should the thread end now, the record is uncertain, and no other run writes it again.
    this.counters.writtenRecords++
    try {
      if (++this.#sinceSample <= this.#sampleEvery) return this.producer.write(record)
      this.#sinceSample = 1
      this.#writeTimed(record)
    } catch (thrown) {
      // Nothing of it was kept.
      this.counters.writtenRecords--
      throw thrown
    }
  }

  /** `send` says when its one record was acknowledged; `write` could only say so of all. */
  #writeTimed(record: unknown): void {
    const { counters, producer } = this
    const before = producer.stats().writtenRecords
    const startedAtMs = performance.now()
    const sent = producer.send([record])
    // Of an accepted record the producer's hooks tell the failure; of a refused one only `send` does.
    const isRefused = producer.stats().writtenRecords === before
    sent.then(
      () => counters.latency.record(performance.now() - startedAtMs),
      (error: { failures: readonly { error: TidewaterError }[] }) => {
        if (isRefused) counters.noteUndelivered(1, error.failures[0]?.error.code ?? 'INTERNAL', false)
      },
    )
  }
}

/** Whether a record that was not delivered may be in the topic all the same. */
function mayBeWritten({ details }: TidewaterError): boolean {
  return details.mayBeWritten === true
}
