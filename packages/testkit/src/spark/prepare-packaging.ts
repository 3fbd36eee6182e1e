import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import type { PackageSparkOptions } from '@tidewater/emr'
import type { ToolchainOptions } from '../toolchain/jars.js'
import { preparePython, prepareToolchain } from '../toolchain/toolchain.js'

/**
 * What `packageSpark` takes: a Python that has the job's one package, and the compiled decoder, built the first time.
 *
 * @throws TidewaterError what `prepareToolchain` throws
 */
export async function preparePackaging(
  options: Partial<ToolchainOptions> = {},
): Promise<Required<PackageSparkOptions>> {
  const { sparkDecoderJarsFolder } = await prepareToolchain({ ...options, parts: ['spark-decoder'] })
  if (sparkDecoderJarsFolder === undefined)
    throw new TidewaterError('INTERNAL', 'The tool chain has no decoder')
  return {
    python: await preparePython(undefined, options),
    decoderJar: join(sparkDecoderJarsFolder, 'tidewater-avro-spark-3.5_2.12.jar'),
  }
}
