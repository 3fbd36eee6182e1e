import { abortableSleep, TidewaterError } from '@tidewater/core'
import {
  type AvroProducer,
  createProducer,
  type ProducerStats,
  type SchemaRegistry,
} from '@tidewater/producer'
import { type NetflowRecord, netflowGenerator, netflowSchema } from '@tidewater/producer/sample'
import type { CliIo } from '../io.js'
import {
  describePlan,
  isFleet,
  type ProduceOptions,
  type ProduceOptionsInput,
  pacingDelayMs,
  parseProduceOptions,
  recordsPerSlice,
  totalRecords,
} from '../produce/produce-options.js'
import { registryInput } from '../produce/registry.js'
import { count } from '../terminal/format.js'
import { startStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { connectionInput } from './connection.js'
import { printManifest, produceFleet } from './produce-fleet.js'

/** Longest wait, once stopped, for what was written to be delivered. */
const stopTimeoutMs = 10_000

/**
 * Produces NetFlow records. Ctrl-C stops it: what was written is delivered and counted first. That is how `--cycle -1`
 * ends; a run that had an end and did not reach it rejects with `ABORTED`.
 *
 * @throws TidewaterError `USAGE`, `DELIVERY_FAILED` after the counts are printed, and what `createProducer` throws
 */
export async function produce(input: ProduceOptionsInput, io: CliIo): Promise<void> {
  const options = parseProduceOptions(input)
  if (options.image !== undefined) {
    printManifest(options, options.image, input.clientId, io)
    return
  }
  if (isFleet(options)) {
    await produceFleet(options, input.clientId, io)
    return
  }
  const registry = registryInput(options, io.env)
  if (options.dryRun) {
    printPlan(options, io)
    return
  }
  const failures: TidewaterError[] = []
  const startedAtMs = io.now()
  const producer = await connect(options, registry, io)
  // Also when the writing waits for a broker that is away: closing makes room.
  const onStop = () => producer.close({ timeoutMs: stopTimeoutMs }).catch(() => {})
  io.signal.addEventListener('abort', onStop, { once: true })
  if (io.signal.aborted) onStop()
  const stage = startStage(io, `produce to ${options.topicName}`)
  const total = totalRecords(options)
  let isStopped: boolean
  try {
    isStopped = !(await writeAll(producer, options, io, () => {
      stage.update(producer.stats().deliveredRecords, total, 'delivered')
    }))
  } catch (thrown) {
    stage.fail()
    await producer.close().catch(() => {})
    throw thrown
  }
  await producer.close().catch((thrown: unknown) => failures.push(thrown as TidewaterError))
  const seconds = (io.now() - startedAtMs) / 1_000
  io.signal.removeEventListener('abort', onStop)
  const stats = producer.stats()
  stage.finish(`${count(stats.deliveredRecords)} records delivered, ${count(stats.failedRecords)} failed`)
  printOutcome(options, stats, seconds, isStopped, io)
  if (failures[0] !== undefined) throw failures[0]
  if (isStopped && total !== undefined) {
    throw new TidewaterError('ABORTED', `Stopped after ${stats.writtenRecords} of ${total} records`)
  }
}

function connect(
  options: ProduceOptions,
  registry: SchemaRegistry | undefined,
  io: CliIo,
): Promise<AvroProducer<NetflowRecord>> {
  const { acks, compression, lingerMs, batchBytes, maxBufferedBytes } = options
  return createProducer({
    driver: options.driver,
    ...connectionInput(options, io.env),
    clientId: options.clientId,
    topic: options.topicName,
    schema: netflowSchema,
    ...(registry === undefined ? {} : { registry }),
    // The signals are the command line's: see `CliIo.signal`.
    drainOnSigterm: false,
    ...(acks === undefined ? {} : { acks }),
    ...(compression === undefined ? {} : { compression }),
    ...(lingerMs === undefined ? {} : { lingerMs }),
    ...(batchBytes === undefined ? {} : { batchBytes }),
    ...(maxBufferedBytes === undefined ? {} : { maxBufferedBytes }),
  })
}

/** @returns false when the signal came before the end */
async function writeAll(
  producer: AvroProducer<NetflowRecord>,
  options: ProduceOptions,
  io: CliIo,
  onSlice: () => void,
): Promise<boolean> {
  const startedAtMs = io.now()
  const flows = netflowGenerator({
    seed: options.seed,
    writerId: options.writerId ?? options.clientId,
    startTimeMs: startedAtMs,
    firstSequenceNumber: options.firstSequenceNumber,
  })
  const total = totalRecords(options) ?? Number.POSITIVE_INFINITY
  const slice = recordsPerSlice(options.ratePerSecond)
  const endMs = startedAtMs + (options.durationMs ?? Number.POSITIVE_INFINITY)
  for (let written = 0; written < total && io.now() < endMs; ) {
    if (io.signal.aborted) return false
    const sliceEnd = Math.min(total, written + slice)
    while (written < sliceEnd) {
      const room = producer.write(flows.next())
      written++
      if (room === undefined) continue
      await room
      if (io.signal.aborted) return written === total
      if (io.now() >= endMs) return true
    }
    onSlice()
    const paceMs = pacingDelayMs(written, io.now() - startedAtMs, options.ratePerSecond)
    const delayMs = Math.min(paceMs, Math.max(0, endMs - io.now()))
    // Without a rate too the network and Ctrl-C get their turn.
    if (delayMs === 0) await new Promise(setImmediate)
    else await abortableSleep(delayMs, io.signal).catch(() => {})
  }
  return true
}

function printPlan(options: ProduceOptions, io: CliIo): void {
  const total = totalRecords(options)
  if (options.json) {
    writeJson(io, { ...options, records: total ?? null })
    return
  }
  io.stdout(`${describePlan(options, `as ${options.clientId} with ${options.driver}`)}\n`)
}

function printOutcome(
  options: ProduceOptions,
  stats: ProducerStats,
  seconds: number,
  isStopped: boolean,
  io: CliIo,
): void {
  const { topicName: topic, driver, clientId } = options
  const recordsPerSecond = seconds > 0 ? Math.round(stats.deliveredRecords / seconds) : 0
  if (options.json) {
    writeJson(io, {
      topic,
      driver,
      clientId,
      writerId: options.writerId ?? clientId,
      written: stats.writtenRecords,
      delivered: stats.deliveredRecords,
      failed: stats.failedRecords,
      deliveredBytes: stats.deliveredBytes,
      seconds,
      recordsPerSecond,
      stopped: isStopped,
      partitions: stats.partitions.map(
        ({ partition, deliveredRecords, failedRecords, minOffset, maxOffset }) => ({
          partition,
          delivered: deliveredRecords,
          failed: failedRecords,
          minOffset: minOffset ?? null,
          maxOffset: maxOffset ?? null,
        }),
      ),
    })
    return
  }
  io.stdout(
    `${count(stats.deliveredRecords)} of ${count(stats.writtenRecords)} records delivered to ${topic}, ${count(recordsPerSecond)} a second\n`,
  )
}
