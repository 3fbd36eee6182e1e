import { readFileSync } from 'node:fs'
import type { KafkaConnection } from '../../config/kafka.js'
import { messageOf, TidewaterError } from '../../errors.js'

export interface TlsSettings {
  /** undefined: the system's own certificate authorities. */
  readonly ca: { readonly file: string; readonly pem: string } | undefined
}

/**
 * What a driver needs for TLS; undefined when the connection is in plain text.
 *
 * @throws TidewaterError `CONFIG_INVALID` when the file of the certificate authority can't be read
 */
export function tlsSettings({ tls, auth }: Pick<KafkaConnection, 'tls' | 'auth'>): TlsSettings | undefined {
  // A token over plain text would hand the session to whoever listens.
  if (tls === undefined && auth === undefined) return undefined
  const file = typeof tls === 'object' ? tls.caFile : undefined
  if (file === undefined) return { ca: undefined }
  try {
    const pem = readFileSync(file, 'utf8')
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return { ca: { file, pem } }
  } catch (cause) {
    throw new TidewaterError('CONFIG_INVALID', `tls.caFile: ${file} can't be read: ${messageOf(cause)}`, {
      remedy: 'Name the PEM file with the certificate authority that signed the brokers’ certificates.',
      details: { caFile: file },
      cause,
    })
  }
  throw new TidewaterError('CONFIG_INVALID', `tls.caFile: ${file} holds no certificate in PEM`, {
    remedy:
      'Name a file with "-----BEGIN CERTIFICATE-----"; convert a JKS or PKCS12 store with keytool -exportcert -rfc.',
    details: { caFile: file },
  })
}
