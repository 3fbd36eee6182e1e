import type * as Kafkajs from 'kafkajs'
import type { KafkaConnection } from '../../../config/kafka.js'
import { loadPeer } from '../../../load-peer.js'
import { tlsSettings } from '../tls.js'
import { iamOptions } from './authentication.js'
import { registerCodecs } from './codecs.js'
import { openSocket } from './sockets.js'

/** @throws TidewaterError `DRIVER_NOT_INSTALLED` */
export async function loadKafkajs(): Promise<typeof Kafkajs> {
  const module = await loadPeer('kafkajs', () => import('kafkajs'))
  const kafkajs = (module as { default?: typeof Kafkajs }).default ?? module
  registerCodecs(kafkajs)
  return kafkajs
}

export function createClient(
  kafkajs: typeof Kafkajs,
  connection: KafkaConnection,
  requestTimeoutMs = connection.requestTimeoutMs,
  onErrorLine: (text: string) => void = () => undefined,
): Kafkajs.Kafka {
  const { auth } = connection
  const tls = tlsSettings(connection)
  // Each new connection to MSK costs of a quota.
  const initialRetryMs = auth === undefined ? 50 : 1_000
  return new kafkajs.Kafka({
    clientId: connection.clientId,
    brokers: [...connection.brokers],
    connectionTimeout: connection.connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // kafkajs's own logger prints JSON lines to stdout, which belongs to the program. What matters reaches the caller
    // as an error.
    logLevel: kafkajs.logLevel.ERROR,
    logCreator:
      () =>
      ({ log }) =>
        onErrorLine(String(log.error ?? log.message)),
    // One attempt per bootstrap broker: kafkajs starts at a random one and moves on with each retry.
    retry: {
      initialRetryTime: initialRetryMs,
      maxRetryTime: 10 * initialRetryMs,
      retries: connection.brokers.length,
    },
    ...(tls === undefined ? {} : { ssl: tls.ca === undefined ? true : { ca: [tls.ca.pem] } }),
    ...(auth === undefined ? { socketFactory: openSocket } : iamOptions(kafkajs, auth)),
  })
}

/** kafkajs writes only real Buffers as bytes; any other Uint8Array it would turn into text. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
