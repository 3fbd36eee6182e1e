import { randomBytes } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { iamHost } from '../listeners.js'
import { loopbackHost } from '../loopback.js'
import { type CertificateTools, ensureCertificates } from './certificates.js'
import type { IamDocument } from './document.js'
import { readIamDocument, writeIamFiles } from './iam-files.js'
import { planDocument } from './identities.js'
import type { IamSettings } from './options.js'
import { type IamPaths, iamPaths } from './paths.js'

export interface PreparedIam {
  readonly paths: IamPaths
  readonly document: IamDocument
  readonly keyStorePassword: string
}

/** Makes the certificates and writes the configuration, both from what an earlier start left where it still serves. */
export async function prepareIam(
  settings: IamSettings,
  stateFolder: string,
  tools: CertificateTools,
): Promise<PreparedIam> {
  const paths = iamPaths(stateFolder)
  await mkdir(paths.folder, { recursive: true, mode: 0o700 })
  await chmod(paths.folder, 0o700)
  const { keyStorePassword } = await ensureCertificates(
    paths.certificatesFolder,
    settings.certificateDays,
    tools,
  )
  const document = planDocument(
    settings,
    { decisionLogFile: paths.decisionLogFile, acceptedHosts: [iamHost, loopbackHost] },
    await readIamDocument(paths.configFile),
    randomBytes,
  )
  await writeIamFiles(paths, document)
  // The broker appends; what an earlier run decided is not this one's.
  await writeFile(paths.decisionLogFile, '', { mode: 0o600 })
  return { paths, document, keyStorePassword }
}
