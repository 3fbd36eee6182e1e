import { iamHost } from '../listeners.js'
import { loopbackHost } from '../loopback.js'
import { certificatePaths } from './paths.js'

/** Variables of keytool's environment that hold passwords: arguments can be read by every user of the machine. */
export const passwordVariables = {
  keyStore: 'TIDEWATER_KEY_STORE_PASSWORD',
  trustStore: 'TIDEWATER_TRUST_STORE_PASSWORD',
} as const

/**
 * Java's own customary password. It protects nothing, since the store holds a public certificate alone, but `keytool` makes
 * no store without one, and Java's clients must be told it or leave it out.
 */
export const trustStorePassword = 'changeit'

/**
 * The calls of keytool that make an authority and a broker's certificate signed by it, in order, into `folder`.
 *
 * @param validityDays of both certificates
 */
export function keytoolCommands(folder: string, validityDays: number): readonly (readonly string[])[] {
  const paths = certificatePaths(folder)
  const authority = storeArguments('', paths.authorityFile, 'PKCS12', passwordVariables.keyStore)
  const key = [
    ...['-keyalg', 'EC', '-groupname', 'secp256r1', '-sigalg', 'SHA256withECDSA'],
    ...['-validity', String(validityDays)],
  ]
  return [
    [
      '-genkeypair',
      ...['-alias', 'authority', '-dname', 'CN=Tidewater local CA'],
      ...['-ext', 'bc:critical=ca:true,pathlen:0', '-ext', 'ku:critical=keyCertSign,cRLSign'],
      ...key,
      ...authority,
    ],
    [
      '-genkeypair',
      ...['-alias', 'broker', '-signer', 'authority', '-dname', `CN=${iamHost}`],
      ...['-ext', `san=dns:${iamHost},ip:${loopbackHost}`],
      ...['-ext', 'ku:critical=digitalSignature', '-ext', 'eku=serverAuth'],
      ...key,
      ...authority,
    ],
    [
      // A store of its own: the broker must neither have the authority's key nor present its certificate as its own.
      '-importkeystore',
      ...['-srcalias', 'broker', '-noprompt'],
      ...storeArguments('src', paths.authorityFile, 'PKCS12', passwordVariables.keyStore),
      ...storeArguments('dest', paths.keyStoreFile, 'PKCS12', passwordVariables.keyStore),
    ],
    ['-exportcert', '-rfc', '-alias', 'authority', '-file', paths.caFile, ...authority],
    [
      '-importcert',
      ...['-noprompt', '-alias', 'tidewater-local-ca', '-file', paths.caFile],
      // Of PKCS12 without its password Java reads no certificate; AWS's client.properties names none.
      ...storeArguments('', paths.trustStoreFile, 'JKS', passwordVariables.trustStore),
    ],
  ]
}

/** @param side `src` and `dest` where a command takes two stores, else empty */
function storeArguments(side: '' | 'src' | 'dest', file: string, type: string, variable: string): string[] {
  return [`-${side}keystore`, file, `-${side}storetype`, type, `-${side}storepass:env`, variable]
}
