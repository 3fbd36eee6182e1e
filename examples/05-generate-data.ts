// Step 5 of the run book: producers of NetFlow records, ten of them in this process. Step 6 starts a hundred.
import { createProducer } from '@tidewater/producer'
import { netflowGenerator, netflowSchema } from '@tidewater/producer/sample'
import { brokers, topic } from './netflow.js'

const producers = 10
const recordsEach = 10_000

async function produce(index: number): Promise<number> {
  const writerId = `example-${String(index).padStart(3, '0')}`
  await using producer = await createProducer({
    brokers,
    clientId: writerId,
    topic,
    schema: netflowSchema,
    lingerMs: 20,
  })
  const generator = netflowGenerator({ seed: index, writerId, startTimeMs: Date.now() })
  for (let written = 0; written < recordsEach; written++) {
    // A promise comes back only while the buffer is full; awaiting nothing costs little and bounds the memory.
    await producer.write(generator.next())
  }
  await producer.flush()
  return producer.stats().deliveredRecords
}

const delivered = await Promise.all(Array.from({ length: producers }, (_, index) => produce(index)))
console.log(`${delivered.reduce((sum, one) => sum + one, 0)} records delivered by ${producers} producers`)
