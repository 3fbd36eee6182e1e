import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type KafkaConnection, messageOf, type TidewaterError } from '@tidewater/core'
import { securityError, type TlsSettings, unreachable } from '@tidewater/core/drivers'

export interface ConnectionSettings {
  readonly connection: KafkaConnection
  readonly tls: TlsSettings | undefined
  /** Ends every connection, also one that is being opened, with its reason, a TidewaterError. */
  readonly closing: AbortSignal
  /** Longest wait for the answer to a `call` that does not say otherwise. */
  readonly callTimeoutMs: number
}

/**
 * Connects and, with TLS, shakes hands.
 *
 * @throws TidewaterError `BROKER_UNREACHABLE` (retryable), `TLS_UNTRUSTED`, `TLS_MISMATCH`; the reason of `closing`
 */
export function openSocket(
  host: string,
  port: number,
  { connection, tls, closing }: Omit<ConnectionSettings, 'callTimeoutMs'>,
): Promise<Socket> {
  if (closing.aborted) return Promise.reject(closing.reason)
  const address = `${host}:${port}`
  const socket =
    tls === undefined
      ? connectTcp({ host, port, keepAlive: true })
      : connectTls({
          host,
          port,
          // A name alone may be told in the handshake, an address may not (RFC 6066).
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(tls.ca === undefined ? {} : { ca: [tls.ca.pem] }),
        })
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      closing.removeEventListener('abort', onClosing)
      socket.removeAllListeners()
    }
    const giveUp = (error: TidewaterError) => {
      settle()
      // What comes after the failure has nobody to tell.
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const fail = (text: string, cause: unknown) =>
      giveUp(
        securityError(text, { action: `Connecting to ${address}` }, cause) ??
          unreachable([address], text, cause),
      )
    const onClosing = () => giveUp(closing.reason)
    closing.addEventListener('abort', onClosing)
    const timer = setTimeout(
      () => fail(`not connected within connectTimeoutMs (${connection.connectTimeoutMs} ms)`, undefined),
      connection.connectTimeoutMs,
    )
    socket.once('error', (error) => fail(messageOf(error), error))
    socket.once('close', () => fail('closed while connecting', undefined))
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      settle()
      resolve(socket)
    })
  })
}
