import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { SparkJob } from '@tidewater/emr'
import { runSparkModule } from './run-spark-module.js'
import type { SparkEvent, SparkModuleOptions, SparkRun } from './types.js'

/** Where and with what a document of Tidewater's Spark modules runs. */
export type SparkRunOptions = Pick<
  SparkModuleOptions,
  | 'stateFolder'
  | 'cores'
  | 'driverMemoryMb'
  | 'withAws'
  | 'sparkConf'
  | 'onProgress'
  | 'signal'
  | 'cacheFolder'
  | 'env'
>

type Catalog = SparkJob['table']['catalog']

type Document =
  | { readonly catalog: Catalog; readonly [field: string]: unknown }
  | { readonly table: { readonly catalog: Catalog } }

/**
 * Writes a document into the state folder and runs the module that it drives. A Glue catalog brings what it needs on the
 * class path.
 */
export async function runDocument<E extends SparkEvent>(
  module: string,
  flag: '--job' | '--plan' | '--queries',
  document: Document,
  options: SparkRunOptions & Pick<SparkModuleOptions<E>, 'onEvent' | 'stopTimeoutMs'>,
): Promise<SparkRun<E>> {
  const folder = join(resolve(options.stateFolder), 'spark', 'documents')
  const file = join(folder, `${module}-${randomUUID().slice(0, 8)}.json`)
  await mkdir(folder, { recursive: true })
  await writeFile(file, JSON.stringify(document, null, 2))
  const { type } = 'catalog' in document ? document.catalog : document.table.catalog
  const { withAws = type === 'glue' } = options
  return runSparkModule<E>({ ...options, withAws, module: `tidewater_spark.${module}`, args: [flag, file] })
}
