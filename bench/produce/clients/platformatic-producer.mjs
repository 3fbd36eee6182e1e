// @platformatic/kafka's Producer.send: … PACKAGE_FILE VERSION. Batches of 5,000 records of one partition, one batch a
// partition under way.
import { pathToFileURL } from 'node:url'
import { brokers, measure, print, produceInLanes, readPayloads, rest, topic } from './client.mjs'

const [packageFile, version] = rest
const { Producer } = await import(pathToFileURL(packageFile).href)
const size = 5_000
const partitions = 3
const payloads = readPayloads()
const producer = new Producer({
  clientId: 'bench',
  bootstrapBrokers: brokers.split(','),
  acks: 1,
  idempotent: false,
  compression: 'snappy',
  autocreateTopics: false,
})

const measured = await measure((count) =>
  produceInLanes({ count, size, lanes: partitions }, async (from, to) => {
    const partition = (from / size) % partitions
    const messages = Array.from({ length: to - from }, (_, index) => ({
      topic,
      value: payloads[(from + index) % payloads.length],
      partition,
    }))
    await producer.send({ messages })
  }),
)
await producer.close()
print({ ...measured, client: `@platformatic/kafka ${version}` })
