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

type Answer = (error: unknown, result: unknown) => void

interface Connectable extends EventEmitter {
  connect(options: object, done: Answer): void
  getMetadata(options: object, done: Answer): void
}

const metadataSliceMs = 250

/**
 * Connects, and gives up when no further try can succeed: librdkafka goes on after a refusal too, until the time is up.
 *
 * The library connects by one request for metadata, which holds one of libuv's four threads for all of that time; clients
 * that were refused would keep good ones waiting. So the request is made in short slices here, on the one connection.
 *
 * @throws TidewaterError `BROKER_UNREACHABLE`, or why the connection is not let in
 */
export async function connectClient(
  client: Connectable,
  log: ConnectionLog,
  { brokers, connectTimeoutMs }: KafkaConnection,
): Promise<void> {
  const endsAtMs = performance.now() + connectTimeoutMs
  const request = client.getMetadata
  client.getMetadata = (options, done) => {
    const slice = () => {
      const leftMs = endsAtMs - performance.now()
      const timeout = Math.max(1, Math.min(metadataSliceMs, Math.ceil(leftMs)))
      request.call(client, { ...options, timeout }, (error, result) => {
        if (error && log.refusal === undefined && leftMs > metadataSliceMs) slice()
        else done(error, result)
      })
    }
    slice()
  }
  try {
    // On failure the library disconnects by itself.
    await answerOf((done) => client.connect({ allTopics: false }, done))
  } catch (thrown) {
    throw log.refusal ?? confluentError(thrown, { action: 'Connecting', brokers, detail: log.lastFailure })
  } finally {
    client.getMetadata = request
  }
}

interface LogLine {
  readonly severity: number
  /** What of librdkafka speaks. */
  readonly fac: string
  readonly message: string
}

/** Remembers why the last connection broke: librdkafka's errors only say that one did. */
export class ConnectionLog {
  #refusal: TidewaterError | undefined
  #lastFailure: string | undefined
  #fatalCause: string | undefined
  #onFatal: () => void = () => undefined
  /** Resolves when librdkafka gave up for good; a call may fail by that before its cause is told. */
  readonly fatal = new Promise<void>((resolve) => {
    this.#onFatal = resolve
  })

  /** Listening also keeps librdkafka's log lines away from the program's own output. */
  constructor(
    client: EventEmitter,
    readonly auth?: MskIamAuth,
  ) {
    client.on('event.log', ({ severity, fac, message }: LogLine) => {
      // Syslog levels: 3 is an error.
      if (severity > 3) return
      const text = message.replace(/^\[thrd:[^\]]*\]: /, '')
      if (fac === 'FATAL') this.#noteFatal(text)
      else this.#note(text)
    })
    client.on('event.error', (error: Error) => this.#note(error.message))
    // An 'error' event without a listener ends the process. A token that can't be had arrives here too.
    client.on('error', (error: Error) => this.#note(error.message, error))
  }

  /** The first refusal that no further try gets over: a wrong certificate, credentials that aren't let in. */
  get refusal(): TidewaterError | undefined {
    return this.#refusal
  }

  /** What came with `fatal`. It stays: librdkafka has one fatal error, and connections that break later don't explain it. */
  get fatalCause(): string | undefined {
    return this.#fatalCause
  }

  // No refusal of a connection, though it names one, with its protocol.
  #noteFatal(text: string): void {
    this.#fatalCause ??= text
    this.#onFatal()
  }

  #note(text: string, cause?: Error): void {
    const error = TidewaterError.isInstance(cause)
      ? cause
      : securityError(text, { action: 'Connecting' }, cause)
    if (error === undefined && this.#refusal !== undefined) return
    this.#lastFailure = text
    if (error === undefined) return
    this.auth?.noteRefusal(error.code)
    if (error.retryable && error.code !== 'CREDENTIALS_UNAVAILABLE') return
    this.#refusal ??= error
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
