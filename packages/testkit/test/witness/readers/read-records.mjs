// Reads so many records of a topic by @platformatic/kafka and prints a JSON line for each, bytes in hexadecimal:
// read-records.mjs PACKAGE_FILE BROKERS TOPIC COUNT
import { randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'

const [packageFile, brokers, topic, count] = process.argv.slice(2)
const { Consumer } = await import(pathToFileURL(packageFile).href)
const hex = (bytes) => bytes?.toString('hex') ?? null

const consumer = new Consumer({
  clientId: 'witness',
  groupId: `witness-${randomUUID()}`,
  bootstrapBrokers: brokers.split(','),
})
const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
const lines = []
for await (const { partition, offset, timestamp, key, value, headers } of stream) {
  lines.push({
    topic,
    partition,
    offset: String(offset),
    timestampMs: String(timestamp),
    key: hex(key),
    value: hex(value),
    headers: [...headers].map((header) => header.map(hex)),
  })
  if (lines.length === Number(count)) break
}
process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), () => process.exit(0))
