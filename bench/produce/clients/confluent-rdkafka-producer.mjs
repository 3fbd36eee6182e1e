// @confluentinc/kafka-javascript through its rdkafka-style API: one produce() a record. Only failures are reported back,
// which spares it an event a record; that the flush empties the queue confirms the rest.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import confluent from '@confluentinc/kafka-javascript'
import { measure, print, readPayloads, topic } from './client.mjs'
import { clientName, librdkafkaSettings } from './confluent-settings.mjs'

const flushLimitMs = 300_000
const payloads = readPayloads()
const producer = new confluent.Producer({
  ...librdkafkaSettings,
  'delivery.report.only.error': true,
  dr_cb: true,
})
let failure
producer.on('delivery-report', (error) => {
  failure ??= error
})
await new Promise((resolve, reject) =>
  producer.connect({}, (error) => (error ? reject(error) : resolve(undefined))),
)
producer.setPollInBackground(true)
const flush = promisify(producer.flush.bind(producer))

const measured = await measure(async (count) => {
  for (let index = 0; index < count; ) {
    try {
      producer.produce(topic, null, payloads[index % payloads.length])
      index += 1
    } catch (thrown) {
      if (thrown.code !== confluent.CODES.ERRORS.ERR__QUEUE_FULL) throw thrown
      await nextTurn()
    }
  }
  await flush(flushLimitMs)
  // Reports are events: one turn later all of them are here.
  await nextTurn()
  if (failure !== undefined) throw failure
})
await promisify(producer.disconnect.bind(producer))()
print({ ...measured, client: clientName })
