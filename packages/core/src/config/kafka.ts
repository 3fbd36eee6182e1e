import { z } from 'zod'
import type { MskIamAuth } from '../auth/msk-iam.js'
import { parseConfig } from './parse.js'

const broker = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:,/]+):\d{1,5}$/, 'must be host:port')
  .refine((value) => {
    const port = Number(value.slice(value.lastIndexOf(':') + 1))
    return port >= 1 && port <= 65_535
  }, 'port must be between 1 and 65535')

/** How to reach a Kafka cluster. The same for every driver. */
export const kafkaConnectionSchema = z.strictObject({
  /** Bootstrap brokers as `host:port`; a comma-separated string is split (`bootstrap.servers`). */
  brokers: z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
    z.array(broker).min(1, 'at least one broker is needed'),
  ),
  /** Name the broker logs for this client (`client.id`). Default `tidewater`. */
  clientId: z.string().min(1).max(255).default('tidewater'),
  /** Longest wait for a TCP connection to one broker (`socket.connection.setup.timeout.ms`). Default 10,000. */
  connectTimeoutMs: z.int().min(100).max(300_000).default(10_000),
  /** Longest wait for the answer to one request (`request.timeout.ms`). Default 30,000. */
  requestTimeoutMs: z.int().min(100).max(900_000).default(30_000),
  /** Speak TLS (`security.protocol`). Default: only with `auth`, which needs it. */
  tls: z
    .union(
      [z.literal(true), z.strictObject({ caFile: z.string().min(1).optional() })],
      'must be true, or an object with caFile: the PEM file of the certificate authority (default: the system’s)',
    )
    .optional(),
  /** Who the client is: what `mskIam()` returns. Default: nobody, without authentication. */
  auth: z
    .custom<MskIamAuth>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        (value as Partial<MskIamAuth>).type === 'mskIam' &&
        typeof (value as Partial<MskIamAuth>).token === 'function',
      'must be what mskIam() returns',
    )
    .optional(),
})

export type KafkaConnectionInput = z.input<typeof kafkaConnectionSchema>
export type KafkaConnection = Readonly<z.output<typeof kafkaConnectionSchema>>

/**
 * @throws TidewaterError `CONFIG_INVALID` naming each wrong option, its value and the limit; `REGION_MISMATCH` when a
 *   broker's name says that it is in another region than the tokens are for
 */
export function kafkaConnection(input: KafkaConnectionInput): KafkaConnection {
  const connection = parseConfig(kafkaConnectionSchema, input, 'Kafka connection')
  connection.auth?.requireRegionOf(connection.brokers)
  return connection
}

/** The connection among the options of something that connects, such as a producer. Checked as {@link kafkaConnection} does. */
export function connectionOf(options: KafkaConnection): KafkaConnection {
  const own = Object.keys(kafkaConnectionSchema.shape) as (keyof KafkaConnection)[]
  const connection = Object.fromEntries(own.map((key) => [key, options[key]])) as unknown as KafkaConnection
  connection.auth?.requireRegionOf(connection.brokers)
  return connection
}
