import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { JarBundle } from '../progress.js'
import { prepareAwsEmulator } from './aws-emulator.js'
import { cacheFolder } from './cache-folder.js'
import { ensureJars, jarPrerequisites, type ToolchainOptions } from './jars.js'
import { ensurePythonEnvironment } from './python-env.js'
import { requirePrerequisites } from './require-prerequisites.js'
import { ensureSparkClasses, type SparkClasses } from './spark-classes.js'

export type ToolchainPart = JarBundle | 'aws-emulator'

export interface PrepareToolchainOptions extends Partial<ToolchainOptions> {
  /**
   * What is going to be used. `startLocal` adds `msk-iam-broker` with `iam`, and with `aws` `aws-emulator` and, for the
   * first job, `spark-aws`. Default: `kafka`, `spark`, `spark-decoder`.
   */
  readonly parts?: readonly ToolchainPart[]
}

/** Where the parts of the tool chain lie. */
export interface Toolchain {
  readonly cacheFolder: string
  /** Folder of the Kafka broker's jars. */
  readonly kafkaJarsFolder?: string
  /** The same of `startLocal({ kafkaVersion: '4.1' })`. */
  readonly kafka41JarsFolder?: string
  /** Folder of the jars Spark needs beyond PySpark's own: Kafka and Avro connectors, Iceberg. */
  readonly sparkJarsFolder?: string
  /** Folder of the compiled Avro decoder of the Spark job, built from @tidewater/spark's sources. */
  readonly sparkDecoderJarsFolder?: string
  /** Folder of the jars that Spark needs for S3 and Glue, beside those. */
  readonly sparkAwsJarsFolder?: string
  /** Folder of the broker's IAM plugin, built from this package's sources. */
  readonly mskIamBrokerJarsFolder?: string
  /** The Python that has PySpark, for `python -m …`. */
  readonly python?: string
  /** What Spark's JVM starts from. */
  readonly sparkClasses?: SparkClasses
}

/** The options of every tool-chain function with their defaults filled in. */
export function resolveToolchainOptions(options: Partial<ToolchainOptions> = {}): ToolchainOptions {
  const env = options.env ?? process.env
  return {
    cacheFolder: options.cacheFolder ?? cacheFolder(env, process.platform, homedir()),
    env,
    onProgress: options.onProgress,
    signal: options.signal,
  }
}

/**
 * Fetches what a local stack needs, ahead of its first use: Kafka's and Spark's jars through Maven, PySpark through pip
 * in a virtual environment. Kept under the user's cache folder ($TIDEWATER_CACHE_FOLDER, $XDG_CACHE_HOME/tidewater,
 * ~/.cache/tidewater, on macOS ~/Library/Caches/tidewater), where the next call finds it within milliseconds.
 *
 * @throws TidewaterError `PREREQUISITE_MISSING` | `PREREQUISITE_TOO_OLD` before anything is downloaded, `DOWNLOAD_FAILED`,
 *   `FOLDER_NOT_WRITABLE`, `ABORTED`
 */
export async function prepareToolchain(options: PrepareToolchainOptions = {}): Promise<Toolchain> {
  const resolved = resolveToolchainOptions(options)
  const parts = options.parts ?? ['kafka', 'spark', 'spark-decoder']
  const bundles = parts.filter((part) => part !== 'aws-emulator')
  const forJars = await jarPrerequisites(bundles, resolved.cacheFolder)
  const usesPython = parts.includes('spark') || parts.includes('aws-emulator')
  const machine = await requirePrerequisites(
    ['node', ...forJars, ...(usesPython ? (['python'] as const) : [])],
    resolved.env,
  )
  const jars = (bundle: JarBundle) => (parts.includes(bundle) ? ensureJars(bundle, resolved) : undefined)
  // One after the other: Maven does not share its local repository between two downloads, and progress stays readable.
  const kafkaJarsFolder = await jars('kafka')
  const kafka41JarsFolder = await jars('kafka-4.1')
  const mskIamBrokerJarsFolder = await jars('msk-iam-broker')
  const sparkJarsFolder = await jars('spark')
  const sparkDecoderJarsFolder = await jars('spark-decoder')
  const sparkAwsJarsFolder = await jars('spark-aws')
  const python = parts.includes('spark')
    ? await ensurePythonEnvironment(machine.python ?? {}, resolved)
    : undefined
  const sparkClasses =
    python === undefined || sparkJarsFolder === undefined
      ? undefined
      : await ensureSparkClasses(
          { python, sparkJarsFolder, javaVersion: machine.java?.version ?? '' },
          resolved,
        )
  if (parts.includes('aws-emulator')) await prepareAwsEmulator(resolved)
  return {
    cacheFolder: resolved.cacheFolder,
    ...(kafkaJarsFolder === undefined ? {} : { kafkaJarsFolder }),
    ...(kafka41JarsFolder === undefined ? {} : { kafka41JarsFolder }),
    ...(sparkDecoderJarsFolder === undefined ? {} : { sparkDecoderJarsFolder }),
    ...(sparkAwsJarsFolder === undefined ? {} : { sparkAwsJarsFolder }),
    ...(mskIamBrokerJarsFolder === undefined ? {} : { mskIamBrokerJarsFolder }),
    ...(sparkJarsFolder === undefined ? {} : { sparkJarsFolder }),
    ...(python === undefined ? {} : { python }),
    ...(sparkClasses === undefined ? {} : { sparkClasses }),
  }
}

/**
 * The Python of a virtual environment of the caller's own, kept in the cache folder like Tidewater's.
 *
 * @param requirements a requirements file for pip. Default: that of @tidewater/spark, for a Python that has PySpark and what
 *   `packageSpark` brings along
 * @returns path of the environment's `python`; use it as `python -m …`
 * @throws TidewaterError `PREREQUISITE_MISSING` | `PREREQUISITE_TOO_OLD`, `DOWNLOAD_FAILED`, `FOLDER_NOT_WRITABLE`, `ABORTED`
 */
export async function preparePython(
  requirements?: string,
  options: Partial<ToolchainOptions> = {},
): Promise<string> {
  const resolved = resolveToolchainOptions(options)
  const { python = {} } = await requirePrerequisites(['python'], resolved.env)
  return ensurePythonEnvironment(
    python,
    resolved,
    requirements === undefined ? undefined : resolve(requirements),
  )
}
