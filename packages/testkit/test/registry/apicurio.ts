import { copyFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureCacheEntry } from '../../src/toolchain/cache-entry.js'
import { cacheKey } from '../../src/toolchain/cache-folder.js'
import { requirePrerequisites } from '../../src/toolchain/require-prerequisites.js'
import { runTool } from '../../src/toolchain/run-tool.js'
import { mavenErrors } from '../../src/toolchain/tool-output.js'
import { resolveToolchainOptions } from '../../src/toolchain/toolchain.js'
import { type LocalService, startService } from './local-service.js'

const pomFile = join(import.meta.dirname, 'apicurio', 'pom.xml')

/** A real registry with Confluent's API; its schemas are in memory. `url` is that of the API. */
export async function startApicurio(): Promise<LocalService> {
  const options = resolveToolchainOptions()
  const { java } = await requirePrerequisites(['java', 'maven'], options.env)
  const folder = await ensureApicurio(options.cacheFolder, options.env)
  const jar = (await readdir(folder)).find((name) => name.endsWith('-runner.jar'))
  const path = '/apis/ccompat/v7'
  const service = await startService('Apicurio Registry', `${path}/subjects`, (port) => ({
    command: java?.command ?? 'java',
    args: [
      '-Xmx256m',
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-jar',
      join(folder, `${jar}`),
    ],
    env: options.env,
  }))
  return { ...service, url: service.url + path }
}

async function ensureApicurio(cacheFolder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const key = cacheKey('apicurio', [await readFile(pomFile, 'utf8')])
  return ensureCacheEntry({ cacheFolder, kind: 'jars', key }, async (into) => {
    // Beside its POM Maven writes down what it has unpacked, and wouldn't do it again for another folder.
    const ownPomFile = join(into, 'pom.xml')
    await copyFile(pomFile, ownPomFile)
    await runTool({
      name: 'Maven',
      command: 'mvn',
      args: [
        '--batch-mode',
        '-Dstyle.color=never',
        '--file',
        ownPomFile,
        'dependency:unpack',
        `-DoutputDirectory=${into}`,
      ],
      cwd: into,
      env,
      logFile: join(into, 'maven.log'),
      explain: mavenErrors,
      onLine: () => {},
    })
  })
}
