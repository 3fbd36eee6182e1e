// One producer in a process of its own, so that its CPU time and memory are the client's and nobody else's; plain
// JavaScript, so that no compiler is in them either. Prints one JSON line:
// node-producer.mjs DRIVER BROKERS TOPIC RECORDS SAMPLES_FILE MAX_BUFFERED_BYTES
// With BENCH_REGION and BENCH_CA_FILE in the environment it authenticates with IAM over TLS.
import { readFileSync } from 'node:fs'
import { mskIam } from '@tidewater/core'
import { createProducer } from '@tidewater/producer'
import { netflowSchema } from '@tidewater/producer/sample'

const [driver, brokers, topic, recordsText, samplesFile, maxBufferedBytes] = process.argv.slice(2)
const records = Number(recordsText)
const samples = readFileSync(samplesFile, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line).record)

const { BENCH_REGION: region, BENCH_CA_FILE: caFile } = process.env
const security = region === undefined ? {} : { auth: mskIam({ region }), tls: { caFile } }
const producer = await createProducer({
  driver,
  brokers,
  ...security,
  topic,
  schema: netflowSchema,
  compression: 'snappy',
  acks: 'leader',
  idempotent: false,
  lingerMs: 5,
  maxBufferedBytes: Number(maxBufferedBytes),
})

async function produce(count) {
  for (let index = 0; index < count; index++) {
    const room = producer.write(samples[index % samples.length])
    if (room !== undefined) await room
  }
  await producer.flush()
}

await produce(Math.max(1, Math.floor(records / 10)))
const deliveredBefore = producer.stats().deliveredRecords
const cpuBefore = process.cpuUsage()
const startedAtMs = performance.now()
await produce(records)
const seconds = (performance.now() - startedAtMs) / 1000
const cpu = process.cpuUsage(cpuBefore)
const delivered = producer.stats().deliveredRecords - deliveredBefore
await producer.close()
console.log(
  JSON.stringify({
    records,
    delivered,
    failed: records - delivered,
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    peakBufferedBytes: producer.stats().peakBufferedBytes,
  }),
)
