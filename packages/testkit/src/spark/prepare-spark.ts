import { TidewaterError } from '@tidewater/core'
import type { ToolchainOptions } from '../toolchain/jars.js'
import type { SparkClasses } from '../toolchain/spark-classes.js'
import { prepareToolchain } from '../toolchain/toolchain.js'
import type { SparkModuleOptions } from './types.js'

/** The Python that has PySpark, and the folders of jars that go on Spark's class path. */
export interface PreparedSpark {
  readonly python: string
  readonly jarsFolders: readonly string[]
  readonly classes: SparkClasses
}

interface PrepareSparkOptions extends Partial<ToolchainOptions> {
  /** See {@link SparkModuleOptions}. */
  readonly withAws?: boolean | undefined
  /** The compiled Avro decoder. Default true. */
  readonly withDecoder?: boolean | undefined
}

/** @throws TidewaterError what `prepareToolchain` throws */
export async function prepareSpark({
  withAws = false,
  withDecoder = true,
  env = process.env,
  cacheFolder,
  onProgress,
  signal,
}: PrepareSparkOptions): Promise<PreparedSpark> {
  const { python = '', ...folders } = await prepareToolchain({
    parts: [
      'spark',
      ...(withDecoder ? (['spark-decoder'] as const) : []),
      ...(withAws ? (['spark-aws'] as const) : []),
    ],
    env,
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
    onProgress,
    signal,
  })
  const { sparkJarsFolder, sparkDecoderJarsFolder, sparkAwsJarsFolder, sparkClasses } = folders
  if (sparkClasses === undefined) throw new TidewaterError('INTERNAL', 'The tool chain has no Spark')
  return {
    python,
    classes: sparkClasses,
    jarsFolders: [sparkJarsFolder, sparkDecoderJarsFolder, sparkAwsJarsFolder].filter(
      (folder) => folder !== undefined,
    ),
  }
}
