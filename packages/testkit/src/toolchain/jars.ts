import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { testkitFolder } from '../package-folders.js'
import type { OnProgress } from '../progress.js'
import { type CacheEntry, ensureCacheEntry, findCacheEntry } from './cache-entry.js'
import { cacheKey } from './cache-folder.js'
import { runTool } from './run-tool.js'
import { mavenErrors, readDownloadedJar } from './tool-output.js'

export interface ToolchainOptions {
  readonly cacheFolder: string
  readonly env: NodeJS.ProcessEnv
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

const jarSets = {
  'kafka-broker': { step: 'kafka-jars', title: "Kafka's jars" },
  'spark-jars': { step: 'spark-jars', title: "Spark's connector jars" },
} as const

export type JarSet = keyof typeof jarSets

/**
 * Folder of the jars that `java/<set>/pom.xml` of this package names with all they need. Fetched through Maven the first
 * time, so that Maven's own mirrors, proxies and repositories apply; kept in the cache by the content of the pom.xml.
 *
 * @throws TidewaterError `DOWNLOAD_FAILED`, `FOLDER_NOT_WRITABLE`, `ABORTED`
 */
export async function ensureJars(set: JarSet, options: ToolchainOptions): Promise<string> {
  const { step, title } = jarSets[set]
  const entry = await jarsEntry(set, options.cacheFolder)
  return ensureCacheEntry(entry, (folder) => fetchJars(set, folder, options), {
    signal: options.signal,
    onWait: (pid) => {
      const message = `${title}: waiting for process ${pid}, which is fetching jars`
      options.onProgress?.(message, { step, state: 'running' })
    },
  })
}

/** What the machine must have for these jars: Maven only where they are not in the cache. */
export async function jarPrerequisites(
  sets: readonly JarSet[],
  folder: string,
): Promise<readonly ('java' | 'maven')[]> {
  const entries = await Promise.all(sets.map((set) => jarsEntry(set, folder)))
  return entries.every((entry) => findCacheEntry(entry) !== undefined) ? ['java'] : ['java', 'maven']
}

async function jarsEntry(set: JarSet, folder: string): Promise<CacheEntry> {
  return { cacheFolder: folder, kind: 'jars', key: cacheKey(set, [await readFile(pomFile(set), 'utf8')]) }
}

function pomFile(set: JarSet): string {
  return join(testkitFolder(), 'java', set, 'pom.xml')
}

async function fetchJars(set: JarSet, folder: string, options: ToolchainOptions): Promise<void> {
  const { step, title } = jarSets[set]
  options.onProgress?.(`${title}: asking Maven`, { step, state: 'started' })
  let files = 0
  let bytes = 0
  const workFolder = await mkdtemp(join(tmpdir(), 'tidewater-maven-'))
  try {
    await runTool({
      name: 'Maven',
      command: 'mvn',
      args: [
        '--batch-mode',
        '--file',
        pomFile(set),
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${folder}`,
        '-Dstyle.color=never',
      ],
      cwd: workFolder,
      env: options.env,
      logFile: join(workFolder, 'maven.log'),
      signal: options.signal,
      explain: mavenErrors,
      onLine: (line) => {
        const jar = readDownloadedJar(line)
        if (jar === undefined) return
        files += 1
        bytes += jar.bytes
        const message = `${title}: ${files} downloaded, ${(bytes / 1e6).toFixed(1)} MB`
        options.onProgress?.(message, { step, state: 'running' })
      },
    })
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
  const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar'))
  if (jars.length === 0) {
    throw new TidewaterError('DOWNLOAD_FAILED', `Maven ended well but put no jar into ${folder}`, {
      remedy: 'Run it again; if that is no better, look for settings in ~/.m2/settings.xml that redirect it.',
    })
  }
  options.onProgress?.(`${title}: ${jars.length} in place`, { step, state: 'done' })
}
