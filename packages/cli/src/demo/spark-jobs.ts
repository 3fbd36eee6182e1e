import { join } from 'node:path'
import type { SparkMaintenanceRunner } from '@tidewater/core'
import { fileStore, type ObjectStore } from '@tidewater/core/storage'
import type { SparkJob } from '@tidewater/emr'
import type { TableSource } from '@tidewater/iceberg-ops/metadata'
import {
  type LocalStack,
  localMaintenanceRunner,
  type QueryRunner,
  queryRunner,
  runJob,
  type SparkRunOptions,
} from '@tidewater/testkit'

/** What a run of the streaming job did. */
export interface Streamed {
  readonly inputRows: number
  readonly batches: number
  /** Of the micro-batches alone, without Spark's start. */
  readonly batchSeconds: number
}

/** Where the demo's jobs run, and where their tables are. */
export interface DemoSpark {
  /** For the summary. */
  readonly place: string
  readonly catalog: SparkJob['table']['catalog']
  readonly checkpointLocation: string
  stream(
    job: SparkJob,
    onBatch: (sofar: { readonly inputRows: number; readonly batches: number }) => void,
  ): Promise<Streamed>
  readonly maintenance: SparkMaintenanceRunner
  /** A table as those find it that read its metadata, and the store that has its files. */
  source(namespace: string, name: string): TableSource
  readonly objects: ObjectStore
  /** Statements that read, by Spark in this process's care. */
  readonly runQueries: QueryRunner
  close(): void
}

/** Spark started by this process, tables in a folder. */
export function sparkHere(
  stack: LocalStack,
  spark: SparkRunOptions,
  jobEnv: Readonly<Record<string, string | undefined>>,
): DemoSpark {
  const catalog = { name: 'local', type: 'hadoop', warehouse: stack.warehouseFolder } as const
  return {
    place: 'Spark on this machine, tables in a folder',
    catalog,
    checkpointLocation: join(stack.stateFolder, 'checkpoint'),
    stream: (job, onBatch) =>
      runJob(job, {
        ...spark,
        env: jobEnv,
        onStarted: () => onBatch({ inputRows: 0, batches: 0 }),
        onBatch: (_, totals) => onBatch(totals),
      }),
    maintenance: localMaintenanceRunner(spark),
    source: (namespace, name) => ({ type: 'hadoop', warehouse: catalog.warehouse, namespace, name }),
    objects: fileStore,
    runQueries: queryRunner(catalog, spark),
    close() {},
  }
}
