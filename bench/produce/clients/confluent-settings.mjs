import { createRequire } from 'node:module'
import { brokers } from './client.mjs'

const name = '@confluentinc/kafka-javascript'
const require = createRequire(import.meta.url)

/** As rdkafka_producer.c has them: batches of 1 MB and a queue in which several of each partition fit. */
export const librdkafkaSettings = {
  'bootstrap.servers': brokers,
  'compression.codec': 'snappy',
  acks: 1,
  'linger.ms': 5,
  'batch.size': 1_000_000,
  'batch.num.messages': 100_000,
  'queue.buffering.max.messages': 500_000,
}

export const clientName = `kafka-javascript ${require(`${name}/package.json`).version}, librdkafka ${require(name).librdkafkaVersion}`
