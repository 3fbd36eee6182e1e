import { access, readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SparkMaintenanceRunner } from '@tidewater/core'
import { fileStore } from '@tidewater/core/storage'
import { measureTable, type TableHealth } from '@tidewater/iceberg-ops'
import { openTable, scanFiles } from '@tidewater/iceberg-ops/metadata'
import { type SparkSession, sparkSession } from '../../src/spark/spark-session.js'

const namespace = 'db'
const name = 'kept'
const objects = fileStore
const icebergVersion = '1.10.1'

export const tableName = `lake.${namespace}.${name}`

/** One table and one Spark, through which all of it is written, read and maintained. */
export function maintainedTable(stateFolder: string) {
  const warehouse = join(stateFolder, 'warehouse')
  const catalog = { name: 'lake', type: 'hadoop', warehouse } as const
  const source = { type: 'hadoop', warehouse, namespace, name } as const
  const session: SparkSession = sparkSession({
    catalog,
    stateFolder,
    driverMemoryMb: 768,
    pythonPath: [fileURLToPath(new URL('../fixtures/python', import.meta.url))],
    sparkConf: { 'spark.sql.session.timeZone': 'UTC', 'spark.sql.shuffle.partitions': '2' },
  })

  async function sql(statement: string): Promise<readonly unknown[][]> {
    const rows: unknown[][] = []
    await session.run({
      function: 'tidewater_testkit.sql:run',
      arguments: { sql: statement, namespace: '' },
      onPart: (part) => rows.push(...(part as unknown[][])),
    })
    return rows
  }

  /** What a reader gets, in whatever order: how many rows, two checksums over all their columns, and extremes. */
  async function rowsOf(version = ''): Promise<unknown> {
    await sql(`REFRESH TABLE ${tableName}`)
    const hash = 'xxhash64(to_json(struct(*)))'
    const [row] = await sql(
      `SELECT count(*), sum(cast(h AS decimal(38, 0))), bit_xor(h), min(id), max(id), min(at), max(at), min(amount), max(amount), ` +
        `count(DISTINCT region) FROM (SELECT ${hash} AS h, * FROM ${tableName} ${version})`,
    )
    return row
  }

  const runner: SparkMaintenanceRunner = {
    icebergVersion,
    run: async (plan) =>
      (await session.run({
        function: 'testkit_fixture.maintained_table:maintain',
        arguments: { plan, namespace: '' },
      })) as Awaited<ReturnType<SparkMaintenanceRunner['run']>>,
  }

  const opened = () => openTable(source, { objects })

  return {
    table: { catalog, namespace, name },
    location: join(warehouse, namespace, name),
    session,
    sql,
    rowsOf,
    runner,
    opened,
    equalityDelete: (of: object) =>
      session.run({
        function: 'testkit_fixture.maintained_table:equality_delete',
        arguments: { table: tableName, namespace: '', ...of },
      }),
    measure: (orphansOlderThanMs: number): Promise<TableHealth> =>
      measureTable(`${namespace}.${name}`, source, { objects, nowMs: Date.now(), orphansOlderThanMs }),

    /** Files that a snapshot or the metadata names and that are not on disk as they are said to be. */
    async lost(): Promise<string[]> {
      const { metadata, metadataLocation = '' } = await opened()
      const sizes = new Map<string, number | undefined>()
      for (const { manifestList } of metadata.snapshots) sizes.set(manifestList ?? '', undefined)
      for (const { metadataFile } of metadata.metadataLog) sizes.set(metadataFile, undefined)
      for (const { location, fileSizeBytes } of [...metadata.statistics, ...metadata.partitionStatistics])
        sizes.set(location, fileSizeBytes)
      sizes.set(metadataLocation, undefined)
      const { complete } = await scanFiles(
        metadata,
        'all',
        {
          manifest: ({ location, sizeBytes }) => void sizes.set(location, sizeBytes ?? undefined),
          file: ({ location, fileSizeBytes }) => void sizes.set(location, fileSizeBytes),
        },
        { objects },
      )
      const missing = await Promise.all(
        [...sizes].map(async ([location, size]) => {
          const found = await stat(location.replace(/^file:/, '')).catch(() => undefined)
          return found === undefined || (size !== undefined && size !== found.size) ? [location] : []
        }),
      )
      return [...missing.flat(), ...(complete ? [] : ['a manifest'])]
    },

    /** Locations of the data files of the current snapshot. */
    async dataFiles(): Promise<string[]> {
      const found: string[] = []
      const { metadata } = await opened()
      const file = (one: { content: string; location: string }) =>
        one.content === 'data' ? void found.push(one.location) : undefined
      await scanFiles(metadata, 'current', { file }, { objects })
      return found.sort()
    },

    /** Makes all files three days older: what removes orphans by their age alone would take them for some. */
    async age(): Promise<void> {
      const then = new Date(Date.now() - 3 * 86_400_000)
      const entries = await readdir(join(warehouse, namespace, name), {
        recursive: true,
        withFileTypes: true,
      })
      for (const entry of entries)
        if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), then, then)
    },

    isThere: (location: string) =>
      access(location).then(
        () => true,
        () => false,
      ),
  }
}
