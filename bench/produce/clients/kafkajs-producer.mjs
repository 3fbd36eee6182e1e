// kafkajs itself: sendBatch with 5,000 records of one partition, one batch a partition under way.
import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import snappy from 'snappy'
import { brokers, measure, print, produceInLanes, readPayloads, topic } from './client.mjs'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async ({ buffer }) => snappy.compressSync(buffer, { copyOutputData: true }),
  decompress: async (buffer) => snappy.uncompressSync(buffer, { asBuffer: true }),
})
const size = 5_000
const partitions = 3
const payloads = readPayloads()
const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR }).producer({
  createPartitioner:
    () =>
    ({ message }) =>
      message.partition,
})
await producer.connect()

const measured = await measure((count) =>
  produceInLanes({ count, size, lanes: partitions }, async (from, to) => {
    const partition = (from / size) % partitions
    const messages = Array.from({ length: to - from }, (_, index) => ({
      value: payloads[(from + index) % payloads.length],
      partition,
    }))
    await producer.sendBatch({
      acks: 1,
      compression: CompressionTypes.Snappy,
      topicMessages: [{ topic, messages }],
    })
  }),
)
await producer.disconnect()
print({ ...measured, client: `kafkajs ${createRequire(import.meta.url)('kafkajs/package.json').version}` })
