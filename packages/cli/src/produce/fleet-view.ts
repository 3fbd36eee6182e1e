import type { FleetReport, FleetResult } from '@tidewater/producer/fleet'
import { count, table } from '../terminal/format.js'

/** The state of a fleet in one row under its header. */
export function fleetTable(report: FleetReport): string {
  return table(Object.keys(columns), [Object.values(columns).map((cell) => cell(report))])
}

/** The same as one line, for a pipe. */
export function fleetLine(report: FleetReport): string {
  return Object.entries(columns)
    .map(([title, cell]) => `${title} ${cell(report)}`)
    .join('  ')
}

/** What came of it. */
export function fleetSummary(report: FleetReport, topic: string): string {
  const { deliveredRecords, writtenRecords, recordsPerSecond, bytesPerSecond, latency, workers } = report
  const speed = `${count(recordsPerSecond)} a second (${megabytes(bytesPerSecond)} MB/s)`
  const latencies = `p50 ${milliseconds(latency.p50Ms)}, p99 ${milliseconds(latency.p99Ms)}`
  return `${count(deliveredRecords)} of ${count(writtenRecords)} records delivered to ${topic} by ${workers.length} workers, ${speed}, ${latencies}`
}

/** What `--json` prints: the names of a single producer's document, and `partitions` as `table audit --delivered` reads it. */
export function fleetDocument(result: FleetResult): object {
  const { unwrittenRecords, isStopped, partitions, failure, restarts, latency, errors, workers } = result
  return {
    ...countsOf(result),
    unwritten: unwrittenRecords,
    seconds: result.seconds,
    stopped: isStopped,
    restarts,
    errors,
    latency,
    failure,
    partitions,
    workers: workers.map(({ index, clientId, thread, state, ...worker }) => ({
      index,
      clientId,
      thread,
      state,
      ...countsOf(worker),
      restarts: worker.restarts,
      errors: worker.errors,
      latency: worker.latency,
      failure: worker.failure,
    })),
  }
}

function countsOf(counts: Omit<FleetReport, 'seconds' | 'workers' | 'workersUp'>): object {
  return {
    planned: counts.plannedRecords,
    written: counts.writtenRecords,
    delivered: counts.deliveredRecords,
    failed: counts.failedRecords,
    uncertain: counts.uncertainRecords,
    deliveredBytes: counts.deliveredBytes,
    recordsPerSecond: Math.round(counts.recordsPerSecond),
    bytesPerSecond: Math.round(counts.bytesPerSecond),
  }
}

/** A row for each worker that did not simply do its work; nothing when all did. */
export function troubledWorkers({ workers }: FleetReport): string {
  const troubled = workers.filter(
    ({ restarts, errors, failure }) =>
      restarts > 0 || failure !== undefined || Object.keys(errors).length > 0,
  )
  if (troubled.length === 0) return ''
  return table(
    ['worker', 'state', 'delivered', 'failed', 'uncertain', 'restarts', 'errors'],
    troubled.map((worker) => [
      worker.clientId,
      worker.state,
      count(worker.deliveredRecords),
      count(worker.failedRecords),
      count(worker.uncertainRecords),
      count(worker.restarts),
      [errorText(worker), worker.failure?.code].filter((text) => text !== undefined).join(', '),
    ]),
  )
}

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1)

const columns: Readonly<Record<string, (report: FleetReport) => string>> = {
  'workers up': ({ workersUp, workers }) => `${workersUp} of ${workers.length}`,
  delivered: ({ deliveredRecords, plannedRecords }) =>
    plannedRecords === undefined
      ? count(deliveredRecords)
      : `${count(deliveredRecords)} of ${count(plannedRecords)}`,
  'msg/s': ({ recordsPerSecond }) => count(recordsPerSecond),
  'MB/s': ({ bytesPerSecond }) => megabytes(bytesPerSecond),
  p50: ({ latency }) => milliseconds(latency.p50Ms),
  p99: ({ latency }) => milliseconds(latency.p99Ms),
  errors: (report) => errorText(report) ?? '0',
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`
}

function errorText({ errors }: Pick<FleetReport, 'errors'>): string | undefined {
  const texts = Object.entries(errors).map(([code, records]) => `${count(records)} ${code}`)
  return texts.length === 0 ? undefined : texts.join(', ')
}
