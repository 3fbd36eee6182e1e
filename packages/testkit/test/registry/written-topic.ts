import { randomUUID } from 'node:crypto'
import { avroCodec, avroSchema } from '@tidewater/core'
import { createProducer, type SchemaRegistry } from '@tidewater/producer'
import { createTopic } from '../kafka-records.js'

export const readingSchema = avroSchema({
  type: 'record',
  name: 'reading',
  namespace: 'tide',
  fields: [
    { name: 'sensor', type: 'string' },
    { name: 'value', type: 'long' },
  ],
})

export const readingCodec = avroCodec(readingSchema)

export const readings = Array.from({ length: 200 }, (_, value) => ({ sensor: `gauge-${value % 7}`, value }))

export function brokers(): string {
  const named = process.env.TIDEWATER_BOOTSTRAP_BROKERS
  if (named) return named
  throw new TypeError(
    'TIDEWATER_BOOTSTRAP_BROKERS is not set: these tests need a real Kafka broker, for example that of `tidewater local up`',
  )
}

/** The readings in a topic of one partition, written through the registry; every second one has a header of its own. */
export async function writeReadings(registry: SchemaRegistry): Promise<string> {
  const topic = `registry-test-${randomUUID()}`
  await createTopic(brokers(), topic)
  await using producer = await createProducer({
    brokers: brokers(),
    topic,
    driver: 'kafkajs',
    schema: readingSchema,
    registry,
  })
  await producer.send(readings, ({ value }) => (value % 2 === 0 ? undefined : { headers: { unit: 'cm' } }))
  return topic
}
