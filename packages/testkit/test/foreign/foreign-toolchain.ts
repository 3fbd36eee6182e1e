import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { preparePython } from '../../src/index.js'
import { ensureCacheEntry } from '../../src/toolchain/cache-entry.js'
import { cacheKey } from '../../src/toolchain/cache-folder.js'
import { mavenArguments } from '../../src/toolchain/jar-bundles.js'
import { requirePrerequisites } from '../../src/toolchain/require-prerequisites.js'
import { runTool } from '../../src/toolchain/run-tool.js'
import { mavenErrors } from '../../src/toolchain/tool-output.js'
import { resolveToolchainOptions } from '../../src/toolchain/toolchain.js'

export const clientsFolder = join(import.meta.dirname, 'clients')

/** What foreign clients run on. */
export interface ForeignToolchain {
  readonly javaCommand: string
  /** Kafka's tools and AWS's IAM library. */
  readonly jarsFolder: string
  /** A Python that has confluent-kafka and AWS's signer. */
  readonly python: string
}

/** Fetches the clients through Maven and pip at the first time, into the cache that the tool chain has anyway. */
export async function prepareForeignClients(): Promise<ForeignToolchain> {
  const options = resolveToolchainOptions()
  const { java } = await requirePrerequisites(['java', 'maven'], options.env)
  const pomFile = join(clientsFolder, 'pom.xml')
  const key = cacheKey('foreign-clients', [await readFile(pomFile, 'utf8')])
  const jarsFolder = await ensureCacheEntry(
    { cacheFolder: options.cacheFolder, kind: 'jars', key },
    (folder) =>
      runTool({
        name: 'Maven',
        command: 'mvn',
        args: mavenArguments('fetch', pomFile, folder),
        cwd: folder,
        env: options.env,
        logFile: join(folder, 'maven.log'),
        explain: mavenErrors,
        onLine: () => {},
      }),
  )
  const python = await preparePython(join(clientsFolder, 'requirements.txt'))
  return { javaCommand: java?.command ?? 'java', jarsFolder, python }
}
