import type { Socket } from 'node:net'
import type * as Kafkajs from 'kafkajs'
import type { MskIamAuth } from '../../../auth/msk-iam.js'
import { messageOf, TidewaterError } from '../../../errors.js'
import { securityError } from '../security-errors.js'
import { putBehind, SaslGate } from './sasl-gate.js'
import { openSocket } from './sockets.js'

/**
 * How long before a session's end the next request authenticates anew. kafkajs's own 10 s would do so before every request of
 * a session that is shorter, and a broker takes no second authentication within a second.
 */
const reauthenticationThresholdMs = 3_000

/** How a client of kafkajs with IAM opens its connections and authenticates on them. */
export function iamOptions(
  kafkajs: typeof Kafkajs,
  auth: MskIamAuth,
): Pick<Kafkajs.KafkaConfig, 'sasl' | 'socketFactory' | 'reauthenticationThreshold'> {
  const sockets = new GatedSockets()
  return {
    sasl: saslMechanism(kafkajs, auth, sockets),
    socketFactory: (args) => sockets.open(args),
    reauthenticationThreshold: reauthenticationThresholdMs,
  }
}

/** Sockets, each behind a gate that keeps a re-authentication in one piece. */
class GatedSockets {
  readonly #open = new Map<Socket, { readonly gate: SaslGate; readonly broker: string }>()

  open(args: Kafkajs.ISocketFactoryArgs): Socket {
    const socket = openSocket(args)
    const gate = new SaslGate()
    putBehind(gate, socket)
    this.#open.set(socket, { gate, broker: `${args.host}:${args.port}` })
    socket.once('close', () => this.#open.delete(socket))
    return socket
  }

  /**
   * Closes the connections whose authentication stopped half way, where the broker would take nothing but the token that
   * could not be had.
   */
  closeWaiting(broker: string, reason: Error): void {
    for (const [socket, one] of this.#open) {
      if (one.broker === broker && one.gate.isWaiting) socket.destroy(reason)
    }
  }
}

/**
 * SASL OAUTHBEARER with a token for each authentication. In place of kafkajs's own provider, which turns every failure into
 * an error that it never tries again: a quota that is used up, a session that would be too short and a credential source
 * that is away for a moment all pass.
 */
function saslMechanism(
  kafkajs: typeof Kafkajs,
  auth: MskIamAuth,
  sockets: GatedSockets,
): Kafkajs.SASLOptions {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ host, port, saslAuthenticate }: Kafkajs.AuthenticationProviderArgs) => ({
      async authenticate() {
        const broker = `${host}:${port}`
        try {
          const { value } = await auth.token()
          await saslAuthenticate({ request: { encode: () => bearer(value) } })
        } catch (thrown) {
          const said = TidewaterError.isInstance(thrown)
            ? thrown
            : securityError(messageOf(thrown), { action: `Authenticating to ${broker}` }, thrown)
          sockets.closeWaiting(broker, said ?? (thrown as Error))
          if (said === undefined) throw thrown
          auth.noteRefusal(said.code)
          throw asKafkajsError(kafkajs, said)
        }
      },
    }),
  } as unknown as Kafkajs.SASLOptions
}

// GS2 header, then the token as RFC 7628 has it; kafkajs wants the length before it, as its own mechanisms write it.
function bearer(token: string): Buffer {
  const message = Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`)
  const framed = Buffer.alloc(4 + message.length)
  framed.writeInt32BE(message.length, 0)
  message.copy(framed, 4)
  return framed
}

/** kafkajs asks `retriable` of an error before it tries again; the error itself travels as the cause. */
function asKafkajsError(kafkajs: typeof Kafkajs, error: TidewaterError): Error {
  const wrapped = error.retryable
    ? new kafkajs.KafkaJSError(error.message, { retriable: true })
    : new kafkajs.KafkaJSNonRetriableError(error.message)
  return Object.assign(wrapped, { cause: error })
}
