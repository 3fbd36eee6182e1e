import { prepareToolchain } from '../toolchain/toolchain.js'
import type { SparkModuleOptions } from './types.js'

/** The Python that has PySpark, and the folders of jars that go on Spark's class path. */
export interface PreparedSpark {
  readonly python: string
  readonly jarsFolders: readonly string[]
}

/** @throws TidewaterError what `prepareToolchain` throws */
export async function prepareSpark({
  withAws = false,
  env = process.env,
  cacheFolder,
  onProgress,
  signal,
}: Pick<
  SparkModuleOptions,
  'withAws' | 'env' | 'cacheFolder' | 'onProgress' | 'signal'
>): Promise<PreparedSpark> {
  const { python = '', ...folders } = await prepareToolchain({
    parts: ['spark', 'spark-decoder', ...(withAws ? (['spark-aws'] as const) : [])],
    env,
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
    onProgress,
    signal,
  })
  const { sparkJarsFolder, sparkDecoderJarsFolder, sparkAwsJarsFolder } = folders
  return {
    python,
    jarsFolders: [sparkJarsFolder, sparkDecoderJarsFolder, sparkAwsJarsFolder].filter(
      (folder) => folder !== undefined,
    ),
  }
}
