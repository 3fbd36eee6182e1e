import { TidewaterError } from '@tidewater/core'
import { checkFleetOptions, type FleetOptions, type FleetResult, runFleet } from '@tidewater/producer/fleet'
import type { CliIo } from '../io.js'
import { fleetDocument, fleetLine, fleetSummary, fleetTable, troubledWorkers } from '../produce/fleet-view.js'
import { produceManifest } from '../produce/k8s-job.js'
import { describePlan, type ProduceOptions, totalRecords } from '../produce/produce-options.js'
import { plainRegistry } from '../produce/registry.js'
import { startLiveBlock } from '../terminal/live-block.js'
import { writeJson } from '../terminal/report-error.js'
import { plainConnection } from './connection.js'

/**
 * Produces NetFlow records from many workers, or as one worker of many. Ctrl-C drains them; a second one ends the process.
 *
 * @param clientId what the workers' numbers follow. Default `Kafka-P`
 * @throws TidewaterError `USAGE`, what `runFleet` throws, and, after the counts are printed, why a worker was given up,
 * `DELIVERY_FAILED`, or `ABORTED` when a fleet that had an end was stopped before
 */
export async function produceFleet(
  options: ProduceOptions,
  clientId: string | undefined,
  io: CliIo,
): Promise<void> {
  const fleet = { ...fleetOptions(options, clientId, io.env), ...plainConnection(options, io.env) }
  if (options.dryRun) {
    checkFleetOptions(fleet)
    printPlan(options, fleet, io)
    return
  }
  const block = startLiveBlock(io)
  let result: FleetResult
  try {
    result = await runFleet({
      ...fleet,
      signal: io.signal,
      onProgress: (report) => block.draw(fleetTable(report), fleetLine(report)),
    })
  } finally {
    block.end()
  }
  printOutcome(options, result, io)
  requireSuccess(options, result)
}

/**
 * Prints the Kubernetes Job instead of being the fleet.
 *
 * @throws TidewaterError `USAGE`, and what every pod would throw
 */
export function printManifest(
  options: ProduceOptions,
  image: string,
  clientId: string | undefined,
  io: CliIo,
): void {
  const manifest = produceManifest(options, image, clientId)
  // The region may be known to the pods only: IRSA gives it to them.
  const connection = { brokers: options.broker }
  checkFleetOptions({
    ...fleetOptions({ ...options, workerCount: undefined }, clientId, io.env),
    ...connection,
  })
  io.stdout(manifest)
}

/** The fleet that options stand for, but for its connection. @throws TidewaterError `USAGE` */
export function fleetOptions(
  options: ProduceOptions,
  clientId: string | undefined,
  env: CliIo['env'],
): Omit<FleetOptions, 'brokers'> {
  const { ratePerSecond, durationMs, acks, compression, lingerMs, batchBytes, maxBufferedBytes } = options
  const records = totalRecords(options)
  const registry = plainRegistry(options, env)
  return {
    workers: options.workerCount ?? options.workers,
    ...(options.workerCount === undefined ? {} : { workerIndex: workerIndex(options, env) }),
    topic: options.topicName,
    driver: options.driver,
    ...(registry === undefined ? {} : { registry }),
    seed: options.seed,
    firstSequenceNumber: options.firstSequenceNumber,
    ...(clientId === undefined ? {} : { clientIdPrefix: clientId }),
    ...(records === undefined ? {} : { records }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(acks === undefined ? {} : { acks }),
    ...(compression === undefined ? {} : { compression }),
    ...(lingerMs === undefined ? {} : { lingerMs }),
    ...(batchBytes === undefined ? {} : { batchBytes }),
    ...(maxBufferedBytes === undefined ? {} : { maxBufferedBytes }),
  }
}

function workerIndex(options: ProduceOptions, env: CliIo['env']): number {
  const index = options.workerIndex ?? env.JOB_COMPLETION_INDEX
  if (/^\d+$/.test(String(index))) return Number(index)
  throw new TidewaterError('USAGE', '--worker-count does not say which of the workers this one is', {
    remedy: 'Add --worker-index, or run it in a Kubernetes Job with completionMode: Indexed.',
  })
}

function printPlan(options: ProduceOptions, fleet: FleetOptions, io: CliIo): void {
  const { workers, workerIndex } = fleet
  if (options.json) {
    const { registryUrl, glueRegistry } = options
    // What the environment says of the registry is nobody's to read.
    writeJson(io, { ...fleet, registry: registryUrl ?? glueRegistry })
    return
  }
  const who = workerIndex === undefined ? `${workers} workers` : `worker ${workerIndex} of ${workers}`
  io.stdout(`${describePlan(options, `from ${who} with ${options.driver}`)}\n`)
}

function printOutcome(options: ProduceOptions, result: FleetResult, io: CliIo): void {
  const { topicName: topic, driver } = options
  if (options.json) {
    writeJson(io, { topic, driver, ...fleetDocument(result) })
    return
  }
  io.stdout(`${troubledWorkers(result)}${fleetSummary(result, topic)}\n`)
}

function requireSuccess(options: ProduceOptions, result: FleetResult): void {
  const { failure, failedRecords, uncertainRecords, isStopped, writtenRecords } = result
  if (failure !== undefined) throw failure
  if (failedRecords + uncertainRecords > 0)
    throw new TidewaterError(
      'DELIVERY_FAILED',
      `${failedRecords} records were not delivered, and of ${uncertainRecords} it is not known`,
      { remedy: 'See which workers had them, and why, with --json.', details: { errors: result.errors } },
    )
  const total = totalRecords(options)
  if (isStopped && total !== undefined)
    throw new TidewaterError('ABORTED', `Stopped after ${writtenRecords} of ${result.plannedRecords} records`)
}
