import type { EventEmitter } from 'node:events'
import type * as Confluent from '@confluentinc/kafka-javascript'
import type { KafkaConnection } from '../../../config/kafka.js'
import { loadPeer } from '../load-peer.js'

export type ConfluentModule = typeof Confluent

/** @throws TidewaterError `DRIVER_NOT_INSTALLED`, also when the native binary for this Node version is missing */
export async function loadConfluent(): Promise<ConfluentModule> {
  const packageName = '@confluentinc/kafka-javascript'
  const module = await loadPeer(packageName, () => import('@confluentinc/kafka-javascript'))
  return (module as { default?: ConfluentModule }).default ?? module
}

// librdkafka's own bounds for these settings; outside of them it refuses to start.
const socketTimeoutBoundsMs = [10, 300_000] as const
const minSetupTimeoutMs = 1_000

/** The part of the configuration that every client shares. */
export function connectionConfig(connection: KafkaConnection): Record<string, string | number | boolean> {
  return {
    'bootstrap.servers': connection.brokers.join(','),
    'client.id': connection.clientId,
    'socket.timeout.ms': clamp(connection.requestTimeoutMs, ...socketTimeoutBoundsMs),
    'socket.connection.setup.timeout.ms': Math.max(minSetupTimeoutMs, connection.connectTimeoutMs),
    // A restarted broker is found within a second; the default waits up to ten.
    'reconnect.backoff.ms': 100,
    'reconnect.backoff.max.ms': 1_000,
    'retry.backoff.ms': 100,
    'retry.backoff.max.ms': 1_000,
    'allow.auto.create.topics': false,
  }
}

/** Remembers why the last connection broke: librdkafka's errors only say that one did. */
export class ConnectionLog {
  #lastFailure: string | undefined

  /** Listening also keeps librdkafka's log lines away from the program's own output. */
  constructor(client: EventEmitter) {
    client.on('event.log', ({ severity, message }: { severity: number; message: string }) => {
      // Syslog levels: 3 is an error.
      if (severity <= 3) this.#lastFailure = message.replace(/^\[thrd:[^\]]*\]: /, '')
    })
    // An 'error' event without a listener ends the process.
    client.on('error', (error: Error) => {
      this.#lastFailure = error.message
    })
  }

  get lastFailure(): string | undefined {
    return this.#lastFailure
  }
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}

/** Turns a callback of the library into a promise. */
export function answerOf<T>(call: (callback: (error: unknown, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => {
      if (error) reject(error)
      else resolve(result)
    })
  })
}
