// createProducer of @tidewater/producer: … SAMPLES_FILE INPUT OPTIONS [RATE]
// INPUT "objects" writes records, each encoded by `write`; "bytes" writes payloads that were encoded before. OPTIONS are
// createProducer's, as JSON. With a RATE, in records per second, it keeps that pace and times each record instead.
// With BENCH_REGION in the environment it authenticates with IAM.
import { readFileSync } from 'node:fs'
import { mskIam } from '@tidewater/core'
import { createProducer } from '@tidewater/producer'
import { netflowSchema } from '@tidewater/producer/sample'
import { brokers, measure, print, readPayloads, rest, topic } from './client.mjs'
import { Latencies, produceAtPace } from './paced.mjs'

const [samplesFile, input, options, rate] = rest
const inputs =
  input === 'bytes'
    ? readPayloads()
    : readFileSync(samplesFile, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).record)
const { BENCH_REGION: region } = process.env
const latencies = rate === undefined ? undefined : new Latencies()
const producer = await createProducer({
  brokers,
  topic,
  schema: netflowSchema,
  compression: 'snappy',
  lingerMs: 5,
  ...JSON.parse(options),
  ...(region === undefined ? {} : { auth: mskIam({ region }) }),
  ...(latencies === undefined ? {} : { onDelivery: (report) => latencies.delivered(report) }),
})

async function produce(count) {
  for (let index = 0; index < count; index++) {
    const room = producer.write(inputs[index % inputs.length])
    if (room !== undefined) await room
  }
  await producer.flush()
}

async function produceTimed(count) {
  latencies.restart()
  await produceAtPace(count, Number(rate), (index, partition) => {
    latencies.written(partition)
    return producer.write(inputs[index % inputs.length], { partition })
  })
  await producer.flush()
}

const measured = await measure(latencies === undefined ? produce : produceTimed)
await producer.close()
print({
  ...measured,
  peakBufferedBytes: producer.stats().peakBufferedBytes,
  ...(latencies === undefined ? {} : { latencyMs: latencies.percentiles() }),
})
