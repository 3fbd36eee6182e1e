import { type ErrorCode, TidewaterError } from '../../errors.js'
import type { ErrorSubject } from './protocol-errors.js'

interface SecurityCase {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly remedy: string
}

// What brokers, OpenSSL (in Node and in librdkafka) and the client libraries say when a connection is not let in. None of
// them has a code of its own on the wire, so the text has to tell.
const cases: readonly SecurityCase[] = [
  {
    pattern: /session too short/i,
    code: 'SESSION_TOO_SHORT',
    retryable: true,
    remedy:
      'Nothing, if it passes: the credentials are refreshed for the next try. Else give credentials that last longer.',
  },
  {
    pattern: /too many connects/i,
    code: 'TOO_MANY_CONNECTIONS',
    retryable: true,
    remedy:
      'Open connections more slowly: MSK takes 100 new ones a second per broker (t3: 4) and 3,000 in all.',
  },
  {
    pattern: /cannot change principals during re-?authentication/i,
    code: 'AUTHENTICATION_FAILED',
    retryable: false,
    remedy: 'Keep the role session name the same over refreshes: give mskIam a roleSessionName.',
  },
  {
    pattern: /certificate|unable to (verify|get)|self.signed|altnames/i,
    code: 'TLS_UNTRUSTED',
    retryable: false,
    remedy:
      'Give tls.caFile the certificate authority of the brokers, and connect by a name that is in their certificate.',
  },
  {
    pattern:
      /wrong version number|packet length too long|record layer failure|plaintext broker|before secure TLS connection|unsupported protocol|sslv3 alert|tlsv1 alert|SSL handshake failed|record overflow|http request/i,
    code: 'TLS_MISMATCH',
    retryable: false,
    remedy:
      'Connect to the TLS port (MSK with IAM: 9098, public 9198), or leave tls and auth out for a plaintext one (9092).',
  },
  {
    pattern: /access denied|sasl.*(failed|not supported)|authentication fail|unsupported sasl|mechanism/i,
    code: 'AUTHENTICATION_FAILED',
    retryable: false,
    remedy: 'Correct the credentials, or the listener: only an IAM port takes IAM tokens.',
  },
]

/** The error that a failed TLS handshake or SASL exchange stands for; undefined when the text speaks of neither. */
export function securityError(
  text: string,
  subject: ErrorSubject,
  cause: unknown,
): TidewaterError | undefined {
  const found = cases.find(({ pattern }) => pattern.test(text))
  if (found === undefined) return undefined
  return new TidewaterError(found.code, `${subject.action}: ${text}`, {
    retryable: found.retryable,
    remedy: found.remedy,
    cause,
  })
}
