import type { HttpRequestHead } from './loopback-server.js'
import { type AuthFaultKind, type AwsProtocol, fault } from './service.js'

const authFaults: Readonly<Record<AuthFaultKind, string>> = {
  missing: 'MissingAuthenticationTokenException',
  malformed: 'IncompleteSignatureException',
  'unknown-key': 'UnrecognizedClientException',
  'wrong-signature': 'InvalidSignatureException',
  'expired-token': 'ExpiredTokenException',
}

/** AWS JSON 1.1: every operation is a POST to /, named in a header; the error's name is in the body. */
export const awsJson: AwsProtocol = {
  contentType: 'application/x-amz-json-1.1',
  result: (_operation, body) => JSON.stringify(body),
  fault: ({ name, message, fields }) => JSON.stringify({ __type: name, message, ...fields }),
  faultHeaders: () => ({}),
  authFault: (kind, message) => fault(authFaults[kind], 400, message),
}

/** The operation's name of a request to the service with this prefix, such as `ElasticMapReduce`. */
export function awsJsonOperation({ method, headers }: HttpRequestHead, prefix: string): string | undefined {
  const target = headers['x-amz-target'] ?? ''
  return method === 'POST' && target.startsWith(`${prefix}.`) ? target.slice(prefix.length + 1) : undefined
}
