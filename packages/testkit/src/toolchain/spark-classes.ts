import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { messageOf, TidewaterError, throwIfAborted } from '@tidewater/core'
import { loopbackHost } from '../local/loopback.js'
import { sparkPackageFolder, testkitFolder } from '../package-folders.js'
import { quietJvm, quotedWord, type SparkClasses } from '../spark/jvm-options.js'
import { type CacheEntry, ensureCacheEntry } from './cache-entry.js'
import { cacheKey } from './cache-folder.js'
import type { ToolchainOptions } from './jars.js'
import { runTool } from './run-tool.js'

interface Inputs {
  readonly python: string
  readonly sparkJarsFolder: string
  /** Version of the JVM, which alone reads what it wrote. */
  readonly javaVersion: string
}

/** The archive, made the first time by having Spark do what it does in tests. That it can't be made only costs time later. */
export async function ensureSparkClasses(inputs: Inputs, options: ToolchainOptions): Promise<SparkClasses> {
  const { onProgress, signal } = options
  const program = join(testkitFolder(), 'python', 'spark-classes', 'use_spark.py')
  const { python, sparkJarsFolder, javaVersion } = inputs
  const entry: CacheEntry = {
    cacheFolder: options.cacheFolder,
    kind: 'spark-classes',
    key: cacheKey('spark-classes', [
      javaVersion,
      basename(sparkJarsFolder),
      basename(dirname(dirname(python))),
      await readFile(program, 'utf8'),
    ]),
  }
  const confFolder = join(options.cacheFolder, entry.kind, 'conf')
  const folder = await ensureCacheEntry(
    entry,
    async (target) => {
      await mkdir(confFolder, { recursive: true })
      await make(program, target, confFolder, inputs, options)
    },
    {
      signal,
      onWait: (pid) =>
        onProgress?.(`Spark's classes: waiting for process ${pid}, which archives them`, {
          step: 'spark-classes',
          state: 'running',
        }),
    },
  )
  const archiveFile = archiveIn(folder)
  return { archiveFile: existsSync(archiveFile) ? archiveFile : undefined, confFolder }
}

async function make(
  program: string,
  folder: string,
  confFolder: string,
  { python, sparkJarsFolder }: Inputs,
  { env, onProgress, signal }: ToolchainOptions,
): Promise<void> {
  const say = (text: string, state: 'started' | 'running' | 'done') =>
    onProgress?.(`Spark's classes: ${text}`, { step: 'spark-classes', state })
  const startedAtMs = performance.now()
  say('archiving them, which halves each later start of Spark', 'started')
  const work = join(folder, 'work')
  await mkdir(work)
  const conf = join(work, 'spark.conf')
  await writeFile(
    conf,
    `spark.master local[2]\nspark.driver.host ${loopbackHost}\nspark.driver.bindAddress ${loopbackHost}\nspark.ui.enabled false\n`,
  )
  try {
    await runTool({
      name: 'Archiving the classes of Spark',
      command: python,
      args: [program, work],
      cwd: work,
      env: {
        ...env,
        PYTHONPATH: sparkPackageFolder(),
        PYTHONDONTWRITEBYTECODE: '1',
        PYSPARK_PYTHON: python,
        PYSPARK_SUBMIT_ARGS: `--properties-file ${quotedWord(conf)} pyspark-shell`,
        SPARK_CONF_DIR: confFolder,
        SPARK_LOCAL_IP: loopbackHost,
        SPARK_DIST_CLASSPATH: join(sparkJarsFolder, '*'),
        SPARK_SUBMIT_OPTS: [`-XX:ArchiveClassesAtExit=${archiveIn(folder)}`, ...quietJvm]
          .map(quotedWord)
          .join(' '),
      },
      logFile: join(folder, 'archive.log'),
      onLine: () => {},
      explain: (lines) => lines.slice(-5).join('\n'),
      signal,
      failure: (explanation) => ({ code: 'PROCESS_FAILED', remedy: explanation }),
    })
    say(`archived in ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`, 'done')
  } catch (thrown) {
    throwIfAborted(signal)
    if (!TidewaterError.isInstance(thrown)) throw thrown
    await rm(archiveIn(folder), { force: true })
    say(`could not be archived, so that Spark starts as slowly as ever: ${messageOf(thrown)}`, 'done')
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function archiveIn(folder: string): string {
  return join(folder, 'spark.jsa')
}
