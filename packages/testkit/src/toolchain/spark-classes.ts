import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { archivingOptions, quotedWord } from '../jvm-options.js'
import { loopbackHost } from '../local/loopback.js'
import { sparkPackageFolder, testkitFolder } from '../package-folders.js'
import { ensureClassArchive } from './class-archive.js'
import type { ToolchainOptions } from './jars.js'
import { runTool } from './run-tool.js'

/** What a Spark on this machine starts from. */
export interface SparkClasses {
  /** Spark's classes as its JVM has them in memory. Undefined where the JVM could not write an archive. */
  readonly archiveFile: string | undefined
  /**
   * Empty, and for SPARK_CONF_DIR: it is on the class path, which an archive is bound to, so that a run's own configuration has to
   * come another way.
   */
  readonly confFolder: string
}

interface Inputs {
  readonly python: string
  readonly sparkJarsFolder: string
  /** Version of the JVM, which alone reads what it wrote. */
  readonly javaVersion: string
}

/** The archive, made the first time by having Spark do what it does in tests. */
export async function ensureSparkClasses(inputs: Inputs, options: ToolchainOptions): Promise<SparkClasses> {
  const { python, sparkJarsFolder, javaVersion } = inputs
  const program = join(testkitFolder(), 'python', 'spark-classes', 'use_spark.py')
  const confFolder = join(options.cacheFolder, 'spark-classes', 'conf')
  const archiveFile = await ensureClassArchive(
    {
      kind: 'spark-classes',
      title: "Spark's classes",
      keyParts: [
        javaVersion,
        basename(sparkJarsFolder),
        basename(dirname(dirname(python))),
        await readFile(program, 'utf8'),
      ],
      make: async (file, workFolder) => {
        await mkdir(confFolder, { recursive: true })
        await useSpark(program, file, workFolder, confFolder, inputs, options)
      },
    },
    options,
  )
  return { archiveFile, confFolder }
}

async function useSpark(
  program: string,
  archiveFile: string,
  workFolder: string,
  confFolder: string,
  { python, sparkJarsFolder }: Inputs,
  { env, signal }: ToolchainOptions,
): Promise<void> {
  const conf = join(workFolder, 'spark.conf')
  await writeFile(
    conf,
    `spark.master local[2]\nspark.driver.host ${loopbackHost}\nspark.driver.bindAddress ${loopbackHost}\nspark.ui.enabled false\n`,
  )
  await runTool({
    name: 'Archiving the classes of Spark',
    command: python,
    args: [program, workFolder],
    cwd: workFolder,
    env: {
      ...env,
      PYTHONPATH: sparkPackageFolder(),
      PYTHONDONTWRITEBYTECODE: '1',
      PYSPARK_PYTHON: python,
      PYSPARK_SUBMIT_ARGS: `--properties-file ${quotedWord(conf)} pyspark-shell`,
      SPARK_CONF_DIR: confFolder,
      SPARK_LOCAL_IP: loopbackHost,
      SPARK_DIST_CLASSPATH: join(sparkJarsFolder, '*'),
      SPARK_SUBMIT_OPTS: archivingOptions(archiveFile).map(quotedWord).join(' '),
    },
    logFile: join(dirname(archiveFile), 'archive.log'),
    onLine: () => {},
    explain: (lines) => lines.slice(-5).join('\n'),
    signal,
    failure: (explanation) => ({ code: 'PROCESS_FAILED', remedy: explanation }),
  })
}
