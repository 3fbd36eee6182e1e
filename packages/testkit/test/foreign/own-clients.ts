import {
  type AwsCredentials,
  type AwsCredentialsProvider,
  type ConsumedRecord,
  type DriverProducerOptions,
  type KafkaConnection,
  type KafkaConnectionInput,
  type KafkaDriver,
  kafkaConnection,
  mskIam,
  TidewaterError,
} from '@tidewater/core'
import type { LocalIam } from '../../src/index.js'

export const producerOptions: DriverProducerOptions = {
  acks: 'all',
  idempotent: true,
  compression: 'none',
  deliveryTimeoutMs: 30_000,
  maxRequestBytes: 1_000_000,
}

export const connectTimeoutMs = 5_000

/** A connection of this project's drivers to the IAM listener. */
export function iamConnection(
  iam: LocalIam,
  credentials: AwsCredentials | AwsCredentialsProvider | undefined,
  more: Partial<KafkaConnectionInput> & { readonly region?: string; readonly stsEndpoint?: string } = {},
): KafkaConnection {
  // Where nobody is, a refusal is not explained: AWS itself is never asked.
  const { region = iam.region, stsEndpoint = 'http://127.0.0.1:1', ...rest } = more
  return kafkaConnection({
    brokers: iam.bootstrapBrokers,
    clientId: 'own-driver',
    tls: { caFile: iam.caFile },
    connectTimeoutMs,
    requestTimeoutMs: 10_000,
    auth: mskIam({
      region,
      ...(credentials === undefined ? {} : { credentials }),
      credentialsTimeoutMs: 1_000,
      stsEndpoint,
    }),
    ...rest,
  })
}

/** Reads until as many records have come as are wanted by then; values in the order they came. */
export async function consume(
  driver: KafkaDriver,
  connection: KafkaConnection,
  topic: string,
  wanted: () => number,
): Promise<string[]> {
  const group = { groupId: `${topic}-readers`, topics: [topic], startFrom: 'earliest' } as const
  const consumer = await driver.createConsumer(connection, group)
  const done = new AbortController()
  const values: string[] = []
  await consumer.run(async ({ records }) => {
    values.push(...records.map(textOf))
    if (values.length >= wanted()) done.abort()
  }, done.signal)
  return values
}

/** The values 0, 1, 2, … as records. */
export function numbered(start: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({ value: Buffer.from(String(start + index)) }))
}

/** What numbered records hold. */
export function upTo(end: number): string[] {
  return Array.from({ length: end }, (_, index) => String(index))
}

/** The TidewaterError that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<TidewaterError> {
  const thrown = await promise.then(
    (value) => new TypeError(`it was not refused but gave ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  if (TidewaterError.isInstance(thrown)) return thrown
  throw thrown
}

function textOf({ value }: ConsumedRecord): string {
  return value === null ? '(null)' : Buffer.from(value).toString()
}
