import { readFileSync } from 'node:fs'
import { Kafka, logLevel } from 'kafkajs'
import { presignedToken, type SigningCredentials } from './presigned-token.js'

export interface IamAddress {
  readonly bootstrapBrokers: string
  readonly caFile: string
  readonly region: string
}

/** kafkajs with MSK's OAUTHBEARER; tries nothing twice, so that a refusal is seen as it is. */
export function iamClient(
  address: IamAddress,
  credentials: SigningCredentials,
  now = () => new Date(),
): Kafka {
  return new Kafka({
    clientId: 'testkit-iam-test',
    brokers: [address.bootstrapBrokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ssl: { ca: [readFileSync(address.caFile, 'utf8')] },
    sasl: {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: presignedToken(credentials, address.region, now()) }),
    },
  })
}

/** Authenticates and leaves; rejects with what the broker said. */
export async function connect(client: Kafka): Promise<void> {
  const admin = client.admin()
  try {
    await admin.connect()
  } finally {
    await admin.disconnect()
  }
}

export async function send(client: Kafka, topic: string, values: readonly string[]): Promise<void> {
  const producer = client.producer()
  await producer.connect()
  try {
    await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) })
  } finally {
    await producer.disconnect()
  }
}
