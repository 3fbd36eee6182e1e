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

/**
 * Sends the values and resolves when all replicas have acknowledged them. A broker may not have heard of a topic yet that
 * another one knows, so the client asks again.
 *
 * @param retries of the client's. Default: kafkajs's own, 5
 */
export async function sendValues(
  brokers: string,
  topic: string,
  values: readonly string[],
  retries?: number,
): Promise<void> {
  const producer = client(brokers).producer(retries === undefined ? {} : { retry: { retries } })
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

/** Number of records in the topic's one partition, by the driver: kafkajs alone gives up while a broker starts to lead. */
export async function countRecords(brokers: string, topic: string): Promise<number> {
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers }))
  try {
    const [offsets] = await admin.topicOffsets(topic)
    if (offsets === undefined) throw new TypeError(`${topic} has no partition`)
    return Number(offsets.latest - offsets.earliest)
  } finally {
    await admin.close()
  }
}
