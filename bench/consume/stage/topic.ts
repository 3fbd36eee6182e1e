import { ensureTopic, type KafkaAdmin, TidewaterError } from '@tidewater/core'
import { createProducer } from '@tidewater/producer'
import { netflowGenerator, netflowSchema } from '@tidewater/producer/sample'

/** A multiple of the cores: one task more than they can take at once would leave some idle in the end. */
export const partitions = 4

/**
 * Writes the same records in each run.
 *
 * @throws TidewaterError `DELIVERY_FAILED` when the topic does not hold them in the end
 */
export async function fillTopic(
  admin: KafkaAdmin,
  { brokers, topic, records }: { readonly brokers: string; readonly topic: string; readonly records: number },
): Promise<void> {
  await ensureTopic(admin, { topic, partitions, replicationFactor: 1 })
  const generator = netflowGenerator({ seed: 1, writerId: 'bench', startTimeMs: Date.UTC(2026, 0, 1) })
  const producer = await createProducer({ brokers, topic, schema: netflowSchema })
  try {
    for (let written = 0; written < records; written++) await producer.write(generator.next())
    await producer.flush()
  } finally {
    await producer.close()
  }
  const held = (await admin.topicOffsets(topic)).reduce(
    (sum, { earliest, latest }) => sum + Number(latest - earliest),
    0,
  )
  if (held !== records)
    throw new TidewaterError('DELIVERY_FAILED', `The topic holds ${held} of ${records} records`)
}
