import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { sparkPackageFolder, testkitFolder } from '../package-folders.js'
import type { JarBundle, OnProgress } from '../progress.js'
import { type CacheEntry, ensureCacheEntry, findCacheEntry } from './cache-entry.js'
import { cacheKey } from './cache-folder.js'
import { isDownloadFailure, type JarBundlePlan, jarBundles, mavenArguments } from './jar-bundles.js'
import type { Prerequisite } from './prerequisites.mjs'
import { downloadFailure, runTool } from './run-tool.js'
import { mavenErrors, readDownloadedJar } from './tool-output.js'

export interface ToolchainOptions {
  readonly cacheFolder: string
  readonly env: NodeJS.ProcessEnv
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Folder of a bundle's jars. Made through Maven the first time, so that Maven's own mirrors, proxies and repositories
 * apply; kept in the cache by the content of everything it is made of.
 *
 * @throws TidewaterError `DOWNLOAD_FAILED`, `PROCESS_FAILED` (sources that don't compile), `FOLDER_NOT_WRITABLE`, `ABORTED`
 */
export async function ensureJars(bundle: JarBundle, options: ToolchainOptions): Promise<string> {
  const { title } = jarBundles[bundle]
  const entry = await jarsEntry(bundle, options.cacheFolder)
  return ensureCacheEntry(entry, (folder) => makeJars(bundle, folder, options), {
    signal: options.signal,
    onWait: (pid) => {
      const message = `${title}: waiting for process ${pid}, which is making jars`
      options.onProgress?.(message, { step: bundle, state: 'running' })
    },
  })
}

/** What the machine must have for these jars: Maven, and a compiler, only where what they make is not in the cache. */
export async function jarPrerequisites(
  bundles: readonly JarBundle[],
  folder: string,
): Promise<readonly Prerequisite[]> {
  const entries = await Promise.all(bundles.map((bundle) => jarsEntry(bundle, folder)))
  const absent = bundles.filter((_, index) => findCacheEntry(entries[index] as CacheEntry) === undefined)
  const built = absent.some((bundle) => jarBundles[bundle].made === 'build')
  return ['java', ...(built ? (['javac'] as const) : []), ...(absent.length > 0 ? (['maven'] as const) : [])]
}

async function jarsEntry(bundle: JarBundle, cacheFolder: string): Promise<CacheEntry> {
  const inputs = await readInputs(jarBundles[bundle])
  const key = cacheKey(
    bundle,
    inputs.flatMap(({ path, text }) => [path, text]),
  )
  return { cacheFolder, kind: 'jars', key }
}

function moduleFolder(plan: JarBundlePlan): string {
  return join(plan.package === 'spark' ? sparkPackageFolder() : testkitFolder(), plan.module)
}

interface InputFile {
  /** Within the module. */
  readonly path: string
  readonly text: string
}

async function readInputs(plan: JarBundlePlan): Promise<InputFile[]> {
  const root = moduleFolder(plan)
  const paths = (await Promise.all(plan.inputs.map((input) => filesBelow(root, input)))).flat().sort()
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })))
}

async function filesBelow(root: string, path: string): Promise<string[]> {
  if (!(await stat(join(root, path))).isDirectory()) return [path]
  const names = await readdir(join(root, path))
  return (await Promise.all(names.map((name) => filesBelow(root, join(path, name))))).flat()
}

async function makeJars(bundle: JarBundle, folder: string, options: ToolchainOptions): Promise<void> {
  const plan = jarBundles[bundle]
  const workFolder = await mkdtemp(join(tmpdir(), 'tidewater-maven-'))
  try {
    options.onProgress?.(`${plan.title}: asking Maven`, { step: bundle, state: 'started' })
    // Maven writes its output beside the POM, and this package may be installed where nobody may write.
    const pomFile = plan.made === 'build' ? await copyModule(plan, workFolder) : pomFileOf(plan)
    await runMaven(bundle, { pomFile, folder, workFolder }, options)
    if (plan.made === 'build') await copyJars(join(workFolder, 'target'), folder)
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
  const jars = await jarsIn(folder)
  if (jars.length === 0) {
    throw new TidewaterError('DOWNLOAD_FAILED', `Maven ended well but put no jar into ${folder}`, {
      remedy: 'Run it again; if that is no better, look for settings in ~/.m2/settings.xml that redirect it.',
    })
  }
  options.onProgress?.(`${plan.title}: ${jars.length} in place`, { step: bundle, state: 'done' })
}

async function runMaven(
  bundle: JarBundle,
  { pomFile, folder, workFolder }: { pomFile: string; folder: string; workFolder: string },
  options: ToolchainOptions,
): Promise<void> {
  const { title, made } = jarBundles[bundle]
  let files = 0
  let bytes = 0
  const onLine = (line: string) => {
    const jar = readDownloadedJar(line)
    if (jar === undefined) return
    files += 1
    bytes += jar.bytes
    const message = `${title}: ${files} downloaded, ${(bytes / 1e6).toFixed(1)} MB`
    options.onProgress?.(message, { step: bundle, state: 'running' })
  }
  const compileFailure = {
    code: 'PROCESS_FAILED',
    remedy: 'Check that JAVA_HOME, or the Java on PATH, is a whole JDK 17 or newer.',
  } as const
  await runTool({
    name: 'Maven',
    command: 'mvn',
    args: mavenArguments(made, pomFile, folder),
    cwd: workFolder,
    env: options.env,
    logFile: join(workFolder, 'maven.log'),
    signal: options.signal,
    explain: mavenErrors,
    failure: (errors) =>
      made === 'build' && !isDownloadFailure(errors) ? compileFailure : downloadFailure('Maven'),
    onLine,
  })
}

async function copyModule(plan: JarBundlePlan, workFolder: string): Promise<string> {
  const root = moduleFolder(plan)
  for (const { path } of await readInputs(plan)) {
    await mkdir(dirname(join(workFolder, path)), { recursive: true })
    await copyFile(join(root, path), join(workFolder, path))
  }
  return join(workFolder, 'pom.xml')
}

function pomFileOf(plan: JarBundlePlan): string {
  return join(moduleFolder(plan), 'pom.xml')
}

async function copyJars(from: string, to: string): Promise<void> {
  for (const name of await jarsIn(from)) await copyFile(join(from, name), join(to, name))
}

async function jarsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.jar'))
}
