import { resolve } from 'node:path'
import { parseConfig } from '@tidewater/core'
import { type JobTarget, localTarget } from '@tidewater/emr'
import { sparkResourcesSchema } from '../local/options.js'
import { requireWritableFolder } from '../toolchain/writable-folder.js'
import { prepareSpark } from './prepare-spark.js'
import type { SparkRunOptions } from './run-document.js'
import { jvmVariables, sparkDefaults } from './spark-files.js'

/** Where jobs are submitted to on this machine. */
export interface LocalJobTarget {
  readonly target: JobTarget
  /** The Python that has PySpark, and what `packageSpark` needs. */
  readonly python: string
}

/**
 * The local target of `@tidewater/emr` on the Spark of this tool chain. Unlike `runJob`, what is submitted to it outlives this
 * process.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PREREQUISITE_MISSING` | `PREREQUISITE_TOO_OLD`, `DOWNLOAD_FAILED`, `FOLDER_NOT_WRITABLE`
 */
export async function localJobTarget(options: SparkRunOptions): Promise<LocalJobTarget> {
  const { cores, driverMemoryMb, env = process.env } = options
  const resources = parseConfig(
    sparkResourcesSchema,
    {
      ...(cores === undefined ? {} : { cores }),
      ...(driverMemoryMb === undefined ? {} : { driverMemoryMb }),
    },
    'Spark resources',
  )
  const { python, ...jvm } = await prepareSpark({ ...options, env })
  const stateFolder = resolve(options.stateFolder)
  await requireWritableFolder(stateFolder, 'state folder', 'Choose another stateFolder.')
  const sparkConf = sparkDefaults({ stateFolder, ...resources, sparkConf: options.sparkConf ?? {} })
  return {
    target: localTarget({ stateFolder, python, sparkConf, env, sparkEnv: jvmVariables(jvm, env) }),
    python,
  }
}
