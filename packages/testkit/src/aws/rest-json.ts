import { type AuthFaultKind, type AwsProtocol, fault } from './service.js'

const authFaults: Readonly<Record<AuthFaultKind, readonly [name: string, status: number]>> = {
  missing: ['MissingAuthenticationTokenException', 403],
  malformed: ['IncompleteSignatureException', 400],
  'unknown-key': ['UnrecognizedClientException', 403],
  'wrong-signature': ['InvalidSignatureException', 403],
  'expired-token': ['ExpiredTokenException', 403],
}

/** REST-JSON 1.1: the error's name is in a header, its message in the body. */
export const restJson: AwsProtocol = {
  contentType: 'application/json',
  result: (_operation, body) => JSON.stringify(body),
  fault: ({ message, fields }) => JSON.stringify({ message, ...fields }),
  faultHeaders: ({ name }) => ({ 'x-amzn-errortype': name }),
  authFault: (kind, message) => fault(...authFaults[kind], message),
}
