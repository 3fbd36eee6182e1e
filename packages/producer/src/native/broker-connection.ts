import type { Socket } from 'node:net'
import { messageOf, TidewaterError, toTidewaterError } from '@tidewater/core'
import { FrameReader, securityError } from '@tidewater/core/drivers'
import { authenticate } from './authenticate.js'
import { BrokerVersions } from './broker-versions.js'
import { type ConnectionSettings, openSocket } from './open-socket.js'
import type { Message } from './wire/messages.js'
import { Reader } from './wire/reader.js'
import { Writer } from './wire/writer.js'

interface Waiting {
  readonly correlationId: number
  readonly flexible: boolean
  readonly dueMs: number
  readonly resolve: (body: Reader) => void
  readonly reject: (error: TidewaterError) => void
}

/** When a session is renewed: this share of its life, less up to a tenth, so that a burst of clients spreads. */
const reauthenticateAt = 0.85
const maxTimerMs = 0x7fffffff
/** Before each answer. */
const lengthBytes = 4

/**
 * One connection to one broker: requests go out in the order of the calls and answers come back in it.
 *
 * - A request that takes too long ends the connection: its late answer would be read as the next one's.
 * - With IAM the session is renewed ahead of its end (KIP-368). While that goes on no other request is written: one
 *   between SaslHandshake and SaslAuthenticate makes a broker close. Answers under way need not be awaited.
 * - However it ends, every request without an answer is rejected, and `onDown` is called once.
 */
export class BrokerConnection {
  onDown: (error: TidewaterError) => void = () => {}
  /** What its broker speaks, once it was asked; another connection may lead to a newer or an older one. */
  versions = new BrokerVersions([])
  readonly address: string
  readonly #socket: Socket
  readonly #settings: ConnectionSettings
  readonly #clientId: Buffer
  readonly #waiting: Waiting[] = []
  readonly #frames = new FrameReader()
  readonly #held: (() => void)[] = []
  readonly #onClosing: () => void
  #correlationId = 0
  #isHeld = false
  #failure: TidewaterError | undefined
  #timer: NodeJS.Timeout | undefined
  #renewal: NodeJS.Timeout | undefined

  private constructor(socket: Socket, address: string, settings: ConnectionSettings) {
    this.#socket = socket
    this.address = address
    this.#settings = settings
    this.#clientId = new Writer().plainString(settings.connection.clientId).bytes
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('error', (error) => this.destroy(this.#lost(error.message, error)))
    socket.on('close', () => this.destroy(this.#lost('the connection was closed', undefined)))
    const { closing } = settings
    this.#onClosing = () => this.destroy(closing.reason)
    closing.addEventListener('abort', this.#onClosing)
    if (closing.aborted) this.#onClosing()
  }

  /**
   * Connects and, with IAM, authenticates.
   *
   * @throws TidewaterError `BROKER_UNREACHABLE` (retryable), `TLS_UNTRUSTED`, `TLS_MISMATCH`, and what authentication throws
   */
  static async open(host: string, port: number, settings: ConnectionSettings): Promise<BrokerConnection> {
    const address = `${host}:${port}`
    const opened = new BrokerConnection(await openSocket(host, port, settings), address, settings)
    try {
      await opened.#authenticate()
    } catch (thrown) {
      const error = toTidewaterError(thrown)
      opened.destroy(error)
      throw error
    }
    return opened
  }

  /** Why it is down; undefined while it isn't. */
  get failure(): TidewaterError | undefined {
    return this.#failure
  }

  /**
   * Sends one request and resolves with its answer.
   *
   * @throws TidewaterError `KAFKA_PROTOCOL` (retryable) when the connection ends before the answer, or by an answer that
   *   can't be read
   */
  call<Request, Response>(
    message: Message<Request, Response>,
    request: Request,
    timeoutMs = this.#settings.callTimeoutMs,
  ): Promise<Response> {
    return this.#call(message, request, timeoutMs, false)
  }

  /**
   * Writes a request whose parts are encoded already and resolves with its answer's body, in the flexible form.
   *
   * @param parts not written to until the answer is there or the connection is down
   */
  request(key: number, version: number, parts: readonly Uint8Array[], timeoutMs: number): Promise<Reader> {
    return this.#request({ key, version, flexible: { request: true, response: true } }, parts, timeoutMs)
  }

  /** Writes a request that has no answer; resolves when the operating system took it. */
  async post(key: number, version: number, parts: readonly Uint8Array[]): Promise<void> {
    if (this.#isHeld) await new Promise<void>((resume) => this.#held.push(resume))
    if (this.#failure !== undefined) throw this.#failure
    await new Promise<void>((resolve, reject) => {
      this.#write(key, version, true, this.#nextCorrelationId(), parts, (error) =>
        error ? reject(this.#lost(error.message, error)) : resolve(),
      )
    })
  }

  /** Ends the connection at once; what has no answer is rejected with `error`. Doing it again changes nothing. */
  destroy(error: TidewaterError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#settings.closing.removeEventListener('abort', this.#onClosing)
    clearTimeout(this.#timer)
    clearTimeout(this.#renewal)
    this.#socket.destroy()
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
    for (const resume of this.#held.splice(0)) resume()
    this.onDown(error)
  }

  /**
   * Ends the connection because its broker does not speak what it said it speaks: the next one asks anew.
   *
   * @returns the error, retryable
   */
  misspoken(request: string): TidewaterError {
    const error = this.#lost(`it refuses the version of ${request} that it offers`, undefined)
    this.destroy(error)
    return error
  }

  async #authenticate(): Promise<void> {
    const { auth } = this.#settings.connection
    if (auth === undefined) return
    // Fetched before anything is held back: the credential source may take its time.
    const token = await auth.token()
    this.#isHeld = true
    try {
      const lifetimeMs = await authenticate(auth, token, (message, request) =>
        this.#call(message, request, this.#settings.connection.requestTimeoutMs, true),
      )
      if (lifetimeMs > 0) {
        const delayMs = lifetimeMs * (reauthenticateAt - Math.random() / 10)
        this.#renewal = setTimeout(() => void this.#renew(), Math.min(delayMs, maxTimerMs)).unref()
      }
    } finally {
      this.#isHeld = false
      for (const resume of this.#held.splice(0)) resume()
    }
  }

  async #renew(): Promise<void> {
    try {
      await this.#authenticate()
    } catch (thrown) {
      // The producer connects anew, which tells a refusal that passes from one that stays.
      this.destroy(toTidewaterError(thrown))
    }
  }

  async #call<Request, Response>(
    message: Message<Request, Response>,
    request: Request,
    timeoutMs: number,
    throughGate: boolean,
  ): Promise<Response> {
    const writer = new Writer()
    message.write(writer, request)
    const body = await this.#request(message, [writer.bytes], timeoutMs, throughGate)
    try {
      return message.read(body)
    } catch (thrown) {
      const lost = this.#lost(`its answer to ${message.name} can't be read`, thrown)
      this.destroy(lost)
      throw lost
    }
  }

  #request(
    { key, version, flexible }: Pick<Message<unknown, unknown>, 'key' | 'version' | 'flexible'>,
    parts: readonly Uint8Array[],
    timeoutMs: number,
    throughGate = false,
  ): Promise<Reader> {
    return new Promise((resolve, reject) => {
      const write = () => {
        if (this.#failure !== undefined) {
          reject(this.#failure)
          return
        }
        const correlationId = this.#nextCorrelationId()
        const dueMs = performance.now() + timeoutMs
        this.#waiting.push({ correlationId, flexible: flexible.response, dueMs, resolve, reject })
        if (this.#waiting.length === 1) this.#watchOldest()
        this.#write(key, version, flexible.request, correlationId, parts)
      }
      if (this.#isHeld && !throughGate) this.#held.push(write)
      else write()
    })
  }

  #write(
    key: number,
    version: number,
    isFlexible: boolean,
    correlationId: number,
    parts: readonly Uint8Array[],
    onWritten?: (error?: Error | null) => void,
  ): void {
    const headBytes = 8 + this.#clientId.length + (isFlexible ? 1 : 0)
    const head = Buffer.allocUnsafe(4 + headBytes)
    let size = headBytes
    for (const part of parts) size += part.length
    head.writeInt32BE(size, 0)
    head.writeInt16BE(key, 4)
    head.writeInt16BE(version, 6)
    head.writeInt32BE(correlationId, 8)
    this.#clientId.copy(head, 12)
    if (isFlexible) head[head.length - 1] = 0
    const last = parts.length - 1
    this.#socket.cork()
    this.#socket.write(head)
    parts.forEach((part, index) => {
      this.#socket.write(part, index === last ? onWritten : undefined)
    })
    this.#socket.uncork()
  }

  #received(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.take(chunk)) this.#answered(new Reader(frame, lengthBytes))
    } catch (thrown) {
      this.destroy(this.#lost(`what came is no answer: ${messageOf(thrown)}`, thrown))
    }
    this.#watchOldest()
  }

  #answered(answer: Reader): void {
    const correlationId = answer.int32()
    const oldest = this.#waiting[0]
    if (oldest === undefined || oldest.correlationId !== correlationId) {
      this.destroy(this.#lost(`an answer to request ${correlationId} that was not asked`, undefined))
      return
    }
    if (oldest.flexible) answer.end()
    this.#waiting.shift()
    oldest.resolve(answer)
  }

  /** Answers come in order, so the oldest request is the one to watch. */
  #watchOldest(): void {
    const oldest = this.#waiting[0]
    if (oldest === undefined) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      return
    }
    // One timer, set anew when it fires: moving it for every answer would cost more than a look in vain.
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined
        const due = this.#waiting[0]
        if (due !== undefined && due.dueMs <= performance.now())
          this.destroy(this.#lost('no answer in time', undefined))
        else this.#watchOldest()
      },
      Math.max(1, Math.ceil(oldest.dueMs - performance.now())),
    )
  }

  #nextCorrelationId(): number {
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff
    return this.#correlationId
  }

  #lost(text: string, cause: unknown): TidewaterError {
    return (
      securityError(text, { action: `Talking to ${this.address}` }, cause) ??
      new TidewaterError('KAFKA_PROTOCOL', `The connection to broker ${this.address} ended: ${text}`, {
        retryable: true,
        details: { broker: this.address },
        cause,
      })
    )
  }
}
