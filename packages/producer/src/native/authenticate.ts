import type { AuthToken, MskIamAuth, TidewaterError } from '@tidewater/core'
import { brokerError, securityError } from '@tidewater/core/drivers'
import { type Message, saslAuthenticate, saslHandshake } from './wire/messages.js'

const mechanism = 'OAUTHBEARER'
/** RFC 7628: no channel binding, no other identity, one key, and the end. */
const controlA = '\x01'

/**
 * One SASL exchange on a connection, first or repeated.
 *
 * @returns the session's life in milliseconds, 0 for one without end
 * @throws TidewaterError `AUTHENTICATION_FAILED`, `SESSION_TOO_SHORT`, `TOO_MANY_CONNECTIONS`
 */
export async function authenticate(
  auth: MskIamAuth,
  token: AuthToken,
  call: <Request, Response>(message: Message<Request, Response>, request: Request) => Promise<Response>,
): Promise<number> {
  const subject = { action: 'Authenticating' }
  const handshake = await call(saslHandshake, mechanism)
  if (handshake.errorCode !== 0) {
    const offered = handshake.mechanisms.join(', ')
    throw brokerError(
      handshake.errorCode,
      `the broker offers ${offered || 'no mechanism'}`,
      subject,
      undefined,
    )
  }
  const bytes = Buffer.from(`n,,${controlA}auth=Bearer ${token.value}${controlA}${controlA}`)
  let answer = await call(saslAuthenticate, bytes)
  // A refusal in the mechanism's own words waits for the client to say that it has read it.
  if (answer.errorCode === 0 && answer.authBytes.length > 0)
    answer = await call(saslAuthenticate, Buffer.from(controlA))
  if (answer.errorCode === 0) return Number(answer.sessionLifetimeMs)
  const text = answer.errorMessage ?? 'refused'
  const error: TidewaterError =
    securityError(text, subject, undefined) ?? brokerError(answer.errorCode, text, subject, undefined)
  auth.noteRefusal(error.code)
  throw error
}
