import { kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { Kafka, logLevel } from 'kafkajs'

function client(brokers: string): Kafka {
  return new Kafka({ clientId: 'testkit-test', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
}

/** Creates the topic with one partition, by the driver: kafkajs alone doesn't wait until the broker knows of it. */
export async function createTopic(brokers: string, topic: string): Promise<void> {
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers }))
  try {
    await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 })
  } finally {
    await admin.close()
  }
}

/** Sends the values and resolves when all replicas have acknowledged them. */
export async function sendValues(brokers: string, topic: string, values: readonly string[]): Promise<void> {
  const producer = client(brokers).producer({ retry: { retries: 1 } })
  await producer.connect()
  try {
    await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) })
  } finally {
    await producer.disconnect()
  }
}

/** Reads the first `count` values of a topic of one partition. */
export async function readValues(brokers: string, topic: string, count: number): Promise<string[]> {
  const consumer = client(brokers).consumer({ groupId: `testkit-${topic}` })
  await consumer.connect()
  const values: string[] = []
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const run = consumer.run({
        eachMessage: async ({ message }) => {
          values.push(message.value?.toString() ?? '')
          if (values.length === count) resolve()
        },
      })
      run.catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return values
}

/** Number of records in the topic's one partition. */
export async function countRecords(brokers: string, topic: string): Promise<number> {
  const admin = client(brokers).admin()
  await admin.connect()
  try {
    const [offsets] = await admin.fetchTopicOffsets(topic)
    return Number(offsets?.high) - Number(offsets?.low)
  } finally {
    await admin.disconnect()
  }
}
