import { join } from 'node:path'

/** Files of the certificates within their folder. */
export function certificatePaths(folder: string) {
  return {
    /** The authority's certificate, PEM: what clients trust. */
    caFile: join(folder, 'ca.pem'),
    /** The same for Java, JKS: read also without a password, as `-Djavax.net.ssl.trustStore` alone does it. */
    trustStoreFile: join(folder, 'trust.jks'),
    /** The broker's key and its chain, PKCS12. */
    keyStoreFile: join(folder, 'broker.p12'),
    keyStorePasswordFile: join(folder, 'key-store-password'),
    /** The authority with its key, only while it signs. */
    authorityFile: join(folder, 'authority.p12'),
  }
}

/** What IAM adds to a state folder. */
export function iamPaths(stateFolder: string) {
  const folder = join(stateFolder, 'iam')
  const certificatesFolder = join(folder, 'certificates')
  return {
    folder,
    /** Read by the broker, again whenever it changes. */
    configFile: join(folder, 'iam.json'),
    /** For AWS SDKs: AWS_SHARED_CREDENTIALS_FILE. */
    credentialsFile: join(folder, 'credentials'),
    /** JSON lines, written by the broker. */
    decisionLogFile: join(folder, 'decisions.jsonl'),
    certificatesFolder,
    ...certificatePaths(certificatesFolder),
  }
}

export type IamPaths = ReturnType<typeof iamPaths>
