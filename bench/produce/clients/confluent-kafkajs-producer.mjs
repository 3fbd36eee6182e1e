// @confluentinc/kafka-javascript through its KafkaJS-style API: sends of 5,000 records, some of them under way at once.
import confluent from '@confluentinc/kafka-javascript'
import { measure, print, produceInLanes, readPayloads, topic } from './client.mjs'
import { clientName, librdkafkaSettings } from './confluent-settings.mjs'

const payloads = readPayloads()
const producer = new confluent.KafkaJS.Kafka({}).producer({ ...librdkafkaSettings, log_level: 3 })
await producer.connect()

const measured = await measure((count) =>
  produceInLanes({ count, size: 5_000, lanes: 6 }, async (from, to) => {
    const messages = Array.from({ length: to - from }, (_, index) => ({
      value: payloads[(from + index) % payloads.length],
    }))
    await producer.send({ topic, messages })
  }),
)
await producer.disconnect()
print({ ...measured, client: clientName })
