import type { EventEmitter } from 'node:events'
import type * as Confluent from '@confluentinc/kafka-javascript'
import type { MskIamAuth } from '../../../auth/msk-iam.js'
import type { KafkaConnection } from '../../../config/kafka.js'
import { TidewaterError } from '../../../errors.js'
import { loadPeer } from '../../../load-peer.js'
import { securityError } from '../security-errors.js'
import { tlsSettings } from '../tls.js'
import { confluentError } from './errors.js'

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

type ConfigValue = string | number | boolean | (() => Promise<LibraryToken>)

/** What librdkafka takes as a token. */
interface LibraryToken {
  readonly tokenValue: string
  /** Milliseconds since the epoch; a new one is asked for at four fifths of it. */
  readonly lifetime: number
  readonly principal: string
}

/**
 * The part of the configuration that every client shares.
 *
 * @throws TidewaterError `CONFIG_INVALID` when the file of the certificate authority can't be read
 */
export function connectionConfig(connection: KafkaConnection): Record<string, ConfigValue> {
  return {
    ...securityConfig(connection),
    'bootstrap.servers': connection.brokers.join(','),
    'client.id': connection.clientId,
    'socket.timeout.ms': clamp(connection.requestTimeoutMs, ...socketTimeoutBoundsMs),
    'socket.connection.setup.timeout.ms': Math.max(minSetupTimeoutMs, connection.connectTimeoutMs),
    // A restarted broker is found within a second; the default waits up to ten. Each new connection to MSK costs of a
    // quota, and its documentation wants a second at least.
    'reconnect.backoff.ms': connection.auth === undefined ? 100 : 1_000,
    'reconnect.backoff.max.ms': connection.auth === undefined ? 1_000 : 10_000,
    'retry.backoff.ms': 100,
    'retry.backoff.max.ms': 1_000,
    'allow.auto.create.topics': false,
  }
}

function securityConfig(connection: KafkaConnection): Record<string, ConfigValue> {
  const { auth } = connection
  const tls = tlsSettings(connection)
  if (tls === undefined) return {}
  const trust: Record<string, ConfigValue> = tls.ca === undefined ? {} : { 'ssl.ca.location': tls.ca.file }
  if (auth === undefined) return { ...trust, 'security.protocol': 'ssl' }
  return {
    ...trust,
    'security.protocol': 'sasl_ssl',
    'sasl.mechanisms': 'OAUTHBEARER',
    oauthbearer_token_refresh_cb: () => libraryToken(auth),
  }
}

async function libraryToken(auth: MskIamAuth): Promise<LibraryToken> {
  const { value, expiresAtMs } = await auth.token()
  return { tokenValue: value, lifetime: expiresAtMs, principal: 'msk-iam' }
}

interface Connectable extends EventEmitter {
  connect(options: object, done: (error: unknown, result: unknown) => void): void
  disconnect(done: () => void): void
}

/**
 * Connects, and gives up at once when no further try can succeed: librdkafka goes on after a refusal too, until the time
 * is up.
 *
 * @throws TidewaterError `BROKER_UNREACHABLE`, or why the connection is not let in
 */
export async function connectClient(
  client: Connectable,
  log: ConnectionLog,
  { brokers, connectTimeoutMs }: KafkaConnection,
): Promise<void> {
  // On failure the library disconnects by itself.
  const connecting = answerOf((done) => client.connect({ timeout: connectTimeoutMs, allTopics: false }, done))
  try {
    await Promise.race([connecting, log.refused])
  } catch (thrown) {
    connecting.catch(() => undefined)
    if (log.isRefused) client.disconnect(() => undefined)
    throw confluentError(thrown, { action: 'Connecting', brokers, detail: log.lastFailure })
  }
}

/** Remembers why the last connection broke: librdkafka's errors only say that one did. */
export class ConnectionLog {
  /** Rejects with the first refusal that no further try gets over: a wrong certificate, credentials that aren't let in. */
  readonly refused: Promise<never>
  #refuse!: (error: TidewaterError) => void
  #isRefused = false
  #lastFailure: string | undefined

  /** Listening also keeps librdkafka's log lines away from the program's own output. */
  constructor(
    client: EventEmitter,
    readonly auth?: MskIamAuth,
  ) {
    this.refused = new Promise((_, reject) => {
      this.#refuse = reject
    })
    this.refused.catch(() => undefined)
    client.on('event.log', ({ severity, message }: { severity: number; message: string }) => {
      // Syslog levels: 3 is an error.
      if (severity <= 3) this.#note(message.replace(/^\[thrd:[^\]]*\]: /, ''))
    })
    client.on('event.error', (error: Error) => this.#note(error.message))
    // An 'error' event without a listener ends the process. A token that can't be had arrives here too.
    client.on('error', (error: Error) => this.#note(error.message, error))
  }

  get isRefused(): boolean {
    return this.#isRefused
  }

  #note(text: string, cause?: Error): void {
    const error = TidewaterError.isInstance(cause)
      ? cause
      : securityError(text, { action: 'Connecting' }, cause)
    if (error === undefined && this.#isRefused) return
    this.#lastFailure = text
    if (error === undefined) return
    this.auth?.noteRefusal(error.code)
    if (error.retryable && error.code !== 'CREDENTIALS_UNAVAILABLE') return
    this.#isRefused = true
    this.#refuse(error)
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
