import { type AuthFaultKind, type AwsProtocol, fault } from './service.js'

const authFaults: Readonly<Record<AuthFaultKind, readonly [code: string, status: number]>> = {
  missing: ['MissingAuthenticationToken', 403],
  malformed: ['IncompleteSignature', 400],
  'unknown-key': ['InvalidClientTokenId', 403],
  'wrong-signature': ['SignatureDoesNotMatch', 403],
  'expired-token': ['ExpiredToken', 403],
}

/** A text, or elements by their names. */
export type XmlContent = string | { readonly [element: string]: XmlContent | undefined }

/** The query protocol: form parameters in, XML out. */
export function queryXml(namespace: string): AwsProtocol {
  const document = (root: string, content: XmlContent) =>
    `<${root} xmlns="${namespace}">${xml(content)}</${root}>`
  return {
    contentType: 'text/xml',
    result: (operation, body, requestId) =>
      document(`${operation}Response`, {
        [`${operation}Result`]: body as XmlContent,
        ResponseMetadata: { RequestId: requestId },
      }),
    fault: ({ name, status, message }, requestId) =>
      document('ErrorResponse', {
        Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: name, Message: message },
        RequestId: requestId,
      }),
    faultHeaders: () => ({}),
    authFault: (kind, message) => fault(...authFaults[kind], message),
  }
}

function xml(content: XmlContent): string {
  if (typeof content === 'string') return escapeText(content)
  return Object.entries(content)
    .map(([element, inner]) => (inner === undefined ? '' : `<${element}>${xml(inner)}</${element}>`))
    .join('')
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
