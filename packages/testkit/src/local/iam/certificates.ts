import { randomBytes, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { OnProgress } from '../../progress.js'
import { runTool } from '../../toolchain/run-tool.js'
import { keytoolCommands, passwordVariables, trustStorePassword } from './keytool-commands.js'
import { certificatePaths } from './paths.js'
import { mustRenew } from './renewal.js'

export interface CertificateTools {
  /** The `java` in use: its own keytool is the one that is there and fits. */
  readonly javaCommand: string
  readonly env: NodeJS.ProcessEnv
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes a local authority and the broker's certificate in `folder`, unless valid ones are there. The authority's key is
 * thrown away once it has signed: nobody can make a second certificate that its clients would trust.
 *
 * @throws TidewaterError `PROCESS_FAILED` with what keytool said, `ABORTED`
 */
export async function ensureCertificates(
  folder: string,
  validityDays: number,
  tools: CertificateTools,
): Promise<{ readonly keyStorePassword: string }> {
  const paths = certificatePaths(folder)
  const notAfterMs = await notAfter(paths.caFile)
  if (notAfterMs === undefined || mustRenew(notAfterMs, Date.now()))
    await issueCertificates(folder, validityDays, tools)
  return { keyStorePassword: await readFile(paths.keyStorePasswordFile, 'utf8') }
}

async function issueCertificates(
  folder: string,
  validityDays: number,
  tools: CertificateTools,
): Promise<void> {
  const report = (text: string, state: 'started' | 'done') =>
    tools.onProgress?.(`Certificates: ${text}`, { step: 'certificates', state })
  report('making a local authority', 'started')
  // Whole or not at all: an interrupted start leaves no half set behind under the final name.
  const work = `${folder}.new`
  await rm(work, { recursive: true, force: true })
  try {
    await mkdir(work, { recursive: true, mode: 0o700 })
    await makeCertificates(work, validityDays, tools)
    await rm(folder, { recursive: true, force: true })
    await rename(work, folder)
  } finally {
    // The authority's key must not survive a failure either.
    await rm(work, { recursive: true, force: true })
  }
  report(`clients trust ${certificatePaths(folder).caFile}`, 'done')
}

async function makeCertificates(
  folder: string,
  validityDays: number,
  { javaCommand, env, signal }: CertificateTools,
): Promise<void> {
  const paths = certificatePaths(folder)
  const logFile = join(folder, 'keytool.log')
  const password = randomBytes(24).toString('base64url')
  await writeFile(paths.keyStorePasswordFile, password, { mode: 0o600 })
  for (const args of keytoolCommands(folder, validityDays)) {
    await runTool({
      name: 'keytool',
      command: keytoolBeside(javaCommand),
      args: ['-J-XX:TieredStopAtLevel=1', '-J-Duser.language=en', ...args],
      cwd: folder,
      env: {
        ...env,
        [passwordVariables.keyStore]: password,
        [passwordVariables.trustStore]: trustStorePassword,
      },
      logFile,
      signal,
      onLine: () => {},
      explain: (lines) => lines.slice(-12).join('\n'),
      failure: () => ({
        code: 'PROCESS_FAILED',
        remedy: 'Check that JAVA_HOME, or the Java on PATH, is a whole JDK 17 or newer.',
      }),
    })
  }
  await rm(paths.authorityFile)
  await rm(logFile, { force: true })
  for (const file of [paths.caFile, paths.trustStoreFile, paths.keyStoreFile]) await chmod(file, 0o600)
}

function keytoolBeside(javaCommand: string): string {
  return javaCommand === 'java' ? 'keytool' : join(dirname(javaCommand), 'keytool')
}

async function notAfter(caFile: string): Promise<number | undefined> {
  const pem = await readFile(caFile).catch(() => undefined)
  return pem === undefined ? undefined : Date.parse(new X509Certificate(pem).validTo)
}
