// Step 6 of the run book: `run-docker.sh 100 demo $BS`, a container for each of a hundred producers. Here they are workers
// of one process, spread over its cores, under the same names: Kafka-P101, Kafka-P102, ...
import { runFleet } from '@tidewater/producer/fleet'
import { brokers, topic } from './netflow.js'

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

const fleet = await runFleet({
  workers: 100,
  topic,
  brokers,
  // Shared out among the workers to the record. Without it the fleet goes on until it is stopped.
  records: 20_000,
  lingerMs: 20,
  signal: stop.signal,
  onProgress: ({ workersUp, recordsPerSecond, bytesPerSecond, latency }) =>
    console.error(
      `${workersUp} workers up, ${Math.round(recordsPerSecond)} records/s, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s, p99 ${latency.p99Ms?.toFixed()} ms`,
    ),
})

const { deliveredRecords, failedRecords, uncertainRecords, restarts, workers } = fleet
console.log(`${deliveredRecords} records delivered by ${workers.length} workers`)
console.log(`${failedRecords} failed, ${uncertainRecords} uncertain, ${restarts} restarts`)
const [first, last] = [workers[0], workers.at(-1)]
console.log(
  `${first?.clientId} delivered ${first?.deliveredRecords}, ${last?.clientId} ${last?.deliveredRecords}`,
)
