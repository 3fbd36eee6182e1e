// Tables that Spark wrote, read from their files alone: what the reader finds is what Spark's metadata tables say.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fileStore } from '@tidewater/core/storage'
import {
  decideMaintenance,
  healthFindings,
  measureHealth,
  measureTable,
  parsePolicy,
  quoteSparkTable,
  sparkPredicate,
  type TableHealth,
} from '@tidewater/iceberg-ops'
import { type FileEntry, openTable, type SnapshotSelection, scanFiles } from '@tidewater/iceberg-ops/metadata'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preparePython, queryRunner, runSparkModule, type SparkEvent } from '../../src/index.js'
import { tables } from './tables.js'

type Row = Readonly<Record<string, unknown>>
type Reported = SparkEvent & { readonly name: string } & Readonly<
    Record<
      | 'files'
      | 'entries'
      | 'manifests'
      | 'snapshots'
      | 'refs'
      | 'partitions'
      | 'deletes'
      | 'all_deletes'
      | 'all'
      | 'history'
      | 'rows'
      | 'log',
      readonly Row[]
    >
  >

/** What `pyiceberg_tables.py` prints of a table. */
interface PyicebergReport {
  readonly formatVersion: number
  readonly files: readonly { content: string; bytes: number; records: number }[]
  readonly manifests: readonly { content: string; bytes: number }[]
  readonly partitions: readonly {
    specId: number
    files: number
    bytes: number
    records: number
    deleteFiles: number
  }[]
  readonly snapshots: readonly string[]
  readonly refs: readonly { name: string; type: string; snapshotId: string }[]
  readonly previousFiles: number
}

let byPyiceberg: Readonly<Record<string, PyicebergReport>> = {}
const reported = new Map<string, Reported>()
const options = { objects: fileStore }
let warehouse = ''
let stateFolder = ''

beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-metadata-'))
  warehouse = join(stateFolder, 'warehouse')
  const run = await runSparkModule({
    module: 'testkit_fixture.iceberg_tables',
    args: [JSON.stringify(tables)],
    pythonPath: [fileURLToPath(new URL('../fixtures/python', import.meta.url))],
    stateFolder,
    driverMemoryMb: 768,
    sparkConf: {
      'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
      'spark.sql.catalog.lake': 'org.apache.iceberg.spark.SparkCatalog',
      'spark.sql.catalog.lake.type': 'hadoop',
      'spark.sql.catalog.lake.warehouse': warehouse,
      'spark.sql.session.timeZone': 'UTC',
      'spark.sql.shuffle.partitions': '2',
    },
    onEvent: (event) => {
      if (event.event === 'table') reported.set((event as Reported).name, event as Reported)
    },
  })
  await run.wait()
  byPyiceberg = await askPyiceberg()
})
afterAll(() => rm(stateFolder, { recursive: true, force: true }))

const source = (name: string) => ({ type: 'hadoop', warehouse, namespace: 'db', name }) as const
const contents = { data: '0', 'position-deletes': '1', 'equality-deletes': '2' }
const statuses = { existing: '0', added: '1', deleted: '2' }
const texts = (values: readonly (number | bigint)[]) => values.map(String)
const textOf = (value: number | bigint | undefined) => (value === undefined ? null : String(value))

/** A second implementation of the format, which shares no code with the Java library that wrote the tables. */
async function askPyiceberg(): Promise<Readonly<Record<string, PyicebergReport>>> {
  // One pin and one environment for the benchmark and for this.
  const requirements = fileURLToPath(new URL('../../../../bench/health/requirements.txt', import.meta.url))
  const locations = await Promise.all(
    Object.keys(tables).map(async (name) => {
      const { metadataLocation } = await openTable(source(name), options)
      return [name, metadataLocation] as const
    }),
  )
  const script = fileURLToPath(new URL('pyiceberg_tables.py', import.meta.url))
  const { stdout } = await promisify(execFile)(
    await preparePython(requirements),
    [script, JSON.stringify(Object.fromEntries(locations))],
    {
      // No configuration of this machine's user gets in.
      env: { PATH: process.env.PATH, HOME: stateFolder, PYTHONDONTWRITEBYTECODE: '1' },
      maxBuffer: 16 * 2 ** 20,
    },
  )
  return JSON.parse(stdout)
}

async function scanned<T>(
  name: string,
  selection: SnapshotSelection,
  pick: (file: FileEntry) => T,
  includeDeleted = false,
): Promise<T[]> {
  const { metadata } = await openTable(source(name), options)
  const found: T[] = []
  const report = await scanFiles(
    metadata,
    selection,
    { file: (file) => found.push(pick(file)) },
    {
      ...options,
      includeDeleted,
    },
  )
  expect(report).toMatchObject({ complete: true, files: found.length })
  return found
}

function inOrder<T>(rows: readonly T[]): T[] {
  const key = (row: T) => JSON.stringify(row)
  return [...rows].sort((one, other) => (key(one) < key(other) ? -1 : 1))
}

async function healthOf(name: string, more: { orphansOlderThanMs?: number } = {}): Promise<TableHealth> {
  const opened = await openTable(source(name), options)
  return measureHealth({ name: `db.${name}`, ...opened }, { ...options, ...more, nowMs: Date.now() })
}

describe.each(Object.keys(tables))('%s', (name) => {
  it('has the health that its metadata tables show', async () => {
    const health = await healthOf(name, { orphansOlderThanMs: Date.now() + 60_000 })
    const spark = reported.get(name) as Reported
    const files = (content: string) => spark.files.filter((row) => row.content === content)
    const sum = (rows: readonly Row[], column: string) =>
      rows.reduce((total, row) => total + Number(row[column]), 0)
    expect(health.dataFiles).toMatchObject({
      count: files('0').length,
      bytes: sum(files('0'), 'file_size_in_bytes'),
      records: sum(files('0'), 'record_count'),
      smallCount: files('0').length,
    })
    const deletes = (content: string, isVector: boolean) =>
      spark.deletes.filter((row) => row.content === content && (row.file_format === 'PUFFIN') === isVector)
    const positions = spark.deletes.filter(({ content }) => content === '1')
    const ofFiles = spark.deletes.filter(({ file_format }) => file_format !== 'PUFFIN')
    expect(health.deletes).toMatchObject({
      positionDeleteFiles: deletes('1', false).length,
      equalityDeleteFiles: deletes('2', false).length,
      deletionVectors: deletes('1', true).length,
      positionDeletes: sum(positions, 'record_count'),
      equalityDeletes: sum(deletes('2', false), 'record_count'),
      // A Puffin file holds the vectors of many data files.
      bytes: sum(ofFiles, 'file_size_in_bytes') + sum(deletes('1', true), 'content_size_in_bytes'),
    })
    expect(health.manifests).toMatchObject({
      dataManifests: spark.manifests.filter(({ content }) => content === '0').length,
      deleteManifests: spark.manifests.filter(({ content }) => content === '1').length,
      bytes: sum(spark.manifests, 'length'),
    })
    expect(health.partitions.count).toBe(spark.partitions.filter((row) => Number(row.file_count) > 0).length)
    expect(health.snapshots.count).toBe(spark.snapshots.length)
    expect(health.snapshots.refs).toHaveLength(spark.refs.length)
    expect(health.metadata.previousFiles).toBe(spark.log.length - 1)
    // Every file is one that some snapshot or the metadata names, however new.
    expect(health.orphans).toMatchObject({ count: 0 })
    expect(health.orphans?.listedFiles).toBeGreaterThan(0)
    expect(health.unreadable).toEqual([])
    expect(healthFindings(health).filter(({ severity }) => severity === 'error')).toEqual([])
  })

  it('has the health that pyiceberg shows', async () => {
    const health = await healthOf(name)
    const python = byPyiceberg[name] as PyicebergReport
    const files = (content: string) => python.files.filter((file) => file.content === content)
    const sum = <T>(rows: readonly T[], pick: (row: T) => number) =>
      rows.reduce((total, row) => total + pick(row), 0)
    expect(health.formatVersion).toBe(python.formatVersion)
    expect(health.dataFiles).toMatchObject({
      count: files('data').length,
      bytes: sum(files('data'), ({ bytes }) => bytes),
      records: sum(files('data'), ({ records }) => records),
    })
    const { positionDeleteFiles, deletionVectors, positionDeletes, ...deletes } = health.deletes
    expect({
      positions: [positionDeleteFiles + deletionVectors, positionDeletes],
      equalities: [deletes.equalityDeleteFiles, deletes.equalityDeletes],
    }).toEqual({
      positions: [files('position-deletes').length, sum(files('position-deletes'), ({ records }) => records)],
      equalities: [
        files('equality-deletes').length,
        sum(files('equality-deletes'), ({ records }) => records),
      ],
    })
    const dataManifests = python.manifests.filter(({ content }) => content === 'data').length
    expect(health.manifests).toMatchObject({
      dataManifests,
      deleteManifests: python.manifests.length - dataManifests,
      bytes: sum(python.manifests, ({ bytes }) => bytes),
    })
    expect(health.snapshots.count).toBe(python.snapshots.length)
    expect(inOrder(health.snapshots.refs)).toEqual(inOrder(python.refs))
    expect(health.metadata.previousFiles).toBe(python.previousFiles)
    const partitions = health.partitions.listed.map(({ specId, files, bytes, records, deleteFiles }) => ({
      specId,
      files,
      bytes,
      records,
      deleteFiles,
    }))
    expect(partitions).toHaveLength(health.partitions.count)
    expect(inOrder(partitions)).toEqual(inOrder(python.partitions.filter(({ files }) => files > 0)))
  })

  it('has the files of the current snapshot, each with what its entry says', async () => {
    const files = await scanned(name, 'current', (file) => ({
      content: contents[file.content],
      file_path: file.location,
      file_format: file.format.toUpperCase(),
      spec_id: String(file.partition.specId),
      record_count: String(file.recordCount),
      file_size_in_bytes: String(file.fileSizeBytes),
      equality_ids: file.equalityIds.length === 0 ? null : texts(file.equalityIds),
      sort_order_id: textOf(file.sortOrderId),
    }))
    expect(inOrder(files)).toEqual(inOrder(reported.get(name)?.files ?? []))
  })

  it('has all entries, with the numbers they inherit', async () => {
    const entries = await scanned(
      name,
      'current',
      (file) => ({
        status: statuses[file.status],
        snapshot_id: textOf(file.snapshotId),
        sequence_number: String(file.sequenceNumber),
        file_sequence_number: String(file.fileSequenceNumber),
        file_path: file.location,
        content: contents[file.content],
        referenced_data_file: file.referencedDataFile ?? null,
        content_offset: textOf(file.contentOffset),
        content_size_in_bytes: textOf(file.contentSizeBytes),
      }),
      true,
    )
    expect(inOrder(entries)).toEqual(inOrder(reported.get(name)?.entries ?? []))
  })

  it('names partitions as the paths that Iceberg wrote, and sums them as it does', async () => {
    const sums = new Map<number, number[]>()
    await scanned(name, 'current', (file) => {
      const { index, specId, name: path } = file.partition
      if (file.content === 'data') expect(file.location).toContain(`/data/${path === '' ? '' : `${path}/`}0`)
      const sum = sums.get(index) ?? [specId, 0, 0, 0, 0, 0]
      sums.set(index, sum)
      const adds =
        file.content === 'data'
          ? [0, file.recordCount, 1, file.fileSizeBytes, 0, 0]
          : [0, 0, 0, 0, file.recordCount, 1]
      for (const [at, add] of adds.entries()) sum[at] = (sum[at] ?? 0) + add
    })
    const expected = (reported.get(name)?.partitions ?? []).map((row) => Object.values(row).map(Number))
    // Spark's table shows a partition of an empty unpartitioned table too.
    const filled = (rows: number[][]) =>
      inOrder(rows.filter(([, ...counts]) => counts.some((count) => count > 0)))
    expect(filled([...sums.values()])).toEqual(filled(expected))
  })

  it('has the data files of all snapshots', async () => {
    const found = await scanned(name, 'all', ({ content, location, recordCount, fileSizeBytes }) => ({
      content,
      location,
      recordCount,
      fileSizeBytes,
    }))
    const data = found.filter(({ content }) => content === 'data')
    const sum = (pick: (one: (typeof data)[number]) => number) =>
      textOf(data.reduce((total, one) => total + pick(one), 0))
    expect([
      {
        files: String(data.length),
        paths: String(new Set(data.map(({ location }) => location)).size),
        records: data.length === 0 ? null : sum((one) => one.recordCount),
        bytes: data.length === 0 ? null : sum((one) => one.fileSizeBytes),
      },
    ]).toEqual(reported.get(name)?.all)
  })

  it('has the delete files of all snapshots', async () => {
    const found = await scanned(name, 'all', (file) => ({
      content: contents[file.content],
      file_path: file.location,
      content_offset: textOf(file.contentOffset),
      record_count: String(file.recordCount),
    }))
    const deletes = found.filter(({ content }) => content !== '0').map((row) => JSON.stringify(row))
    const expected = (reported.get(name)?.all_deletes ?? []).map((row) => JSON.stringify(row))
    expect([...new Set(deletes)].sort()).toEqual(expected.sort())
  })

  it('has the manifests, with the sizes and counts of the list', async () => {
    const { metadata } = await openTable(source(name), options)
    const manifests: Row[] = []
    await scanFiles(
      metadata,
      'current',
      {
        manifest: (manifest) => {
          manifests.push({
            content: manifest.content === 'data' ? '0' : '1',
            path: manifest.location,
            length: textOf(manifest.sizeBytes),
            partition_spec_id: String(manifest.specId),
            added_snapshot_id: textOf(manifest.addedSnapshotId),
            added: textOf(manifest.addedFiles),
            existing: textOf(manifest.existingFiles),
            deleted: textOf(manifest.deletedFiles),
          })
          return false
        },
        file: () => expect.unreachable(),
      },
      options,
    )
    expect(inOrder(manifests)).toEqual(inOrder(reported.get(name)?.manifests ?? []))
  })

  it('has the snapshots, the references and the logs', async () => {
    const { metadata, metadataLocation } = await openTable(source(name), options)
    const spark = reported.get(name)
    const snapshots = metadata.snapshots.map((snapshot) => ({
      committed_at_ms: String(snapshot.timestampMs),
      snapshot_id: String(snapshot.snapshotId),
      parent_id: textOf(snapshot.parentSnapshotId),
      operation: snapshot.operation,
      manifest_list: snapshot.manifestList,
      summary: Object.fromEntries(Object.entries(snapshot.summary).filter(([key]) => key !== 'operation')),
    }))
    expect(inOrder(snapshots)).toEqual(inOrder(spark?.snapshots ?? []))
    const refs = [...metadata.refs].map(([ref, one]) => ({
      name: ref,
      type: one.type.toUpperCase(),
      snapshot_id: String(one.snapshotId),
      max_reference_age_in_ms: textOf(one.maxRefAgeMs),
      min_snapshots_to_keep: textOf(one.minSnapshotsToKeep),
      max_snapshot_age_in_ms: textOf(one.maxSnapshotAgeMs),
    }))
    expect(inOrder(refs)).toEqual(inOrder(spark?.refs ?? []))
    const history = metadata.snapshotLog.map(({ timestampMs, snapshotId }) => ({
      made_current_at_ms: String(timestampMs),
      snapshot_id: String(snapshotId),
    }))
    expect(history).toEqual(spark?.history)
    const log = [...metadata.metadataLog.map(({ metadataFile }) => metadataFile), metadataLocation]
    expect(log).toEqual(spark?.log.map(({ file }) => file))
  })
})

// What the deletes of these tables are known to be by the statements that made them.
it.each([
  ['equality_deletes', 23, { equalityDeleteFiles: 3, equalityDeletes: 6, positionDeleteFiles: 1 }],
  ['deletes_of_both_kinds', 39, { equalityDeleteFiles: 1, equalityDeletes: 12, positionDeletes: 9 }],
  ['deletion_vectors', 73, { equalityDeleteFiles: 0, positionDeleteFiles: 0, positionDeletes: 47 }],
] as const)('counts the deletes of %s, which leave Spark %i rows', async (name, rows, deletes) => {
  expect(reported.get(name)?.rows).toEqual([{ n: String(rows) }])
  expect((await healthOf(name)).deletes).toMatchObject(deletes)
})

it('reads what a branch and a tag point at', async () => {
  const records = async (ref: string) =>
    (await scanned('branches', { ref }, ({ recordCount }) => recordCount)).reduce(
      (sum, count) => sum + count,
      0,
    )
  expect(await records('first')).toBe(10)
  expect(await records('audit')).toBe(25)
  expect(await records('main')).toBe(5)
})

it('finds deletion vectors, and the columns of every format version', async () => {
  const vectors = await scanned('deletion_vectors', 'current', (file) => file.isDeletionVector)
  expect(vectors.filter(Boolean).length).toBeGreaterThan(0)
  for (const [name, version] of [
    ['version_1', 1],
    ['evolved', 2],
    ['deletion_vectors', 3],
  ] as const) {
    const { metadata } = await openTable(source(name), options)
    expect(metadata.formatVersion).toBe(version)
    expect(metadata.schemas.at(-1)?.fields.map((field) => field.type)).toEqual([
      'long',
      'timestamptz',
      'string',
      'decimal(9, 2)',
      'date',
    ])
  }
})

it('finds the current metadata when the hint is missing, behind, or nonsense', async () => {
  const hint = join(warehouse, 'db', 'evolved', 'metadata', 'version-hint.text')
  const right = await readFile(hint, 'utf8')
  const { metadataVersion } = await openTable(source('evolved'), options)
  expect(String(metadataVersion)).toBe(right.trim())
  for (const wrong of ['1', '999', 'x']) {
    await writeFile(hint, wrong)
    expect((await openTable(source('evolved'), options)).metadataVersion).toBe(metadataVersion)
  }
  await writeFile(hint, right)
})

it('selects each partition by its columns as Spark does', async () => {
  const counted: { id: string; partition: string; sql: string; records: number }[] = []
  for (const name of Object.keys(tables)) {
    const { partitions } = await healthOf(name)
    for (const { predicate, records, deleteFiles, name: partition } of partitions.listed) {
      // Records that are deleted are in a partition's files still, and in no query's answer.
      if (predicate === null || deleteFiles > 0) continue
      const table = quoteSparkTable({ catalog: 'lake', namespace: 'db', name })
      const where = sparkPredicate(predicate)
      counted.push({
        id: `${counted.length}`,
        partition: `${name} ${partition}`,
        sql: `SELECT count(*) AS n FROM ${table} WHERE ${where}`,
        records,
      })
    }
  }
  for (const name of ['days_and_regions', 'hours_and_dates', 'months_and_years'])
    expect(counted.filter(({ partition }) => partition.startsWith(name)).length, name).toBeGreaterThan(2)
  const query = queryRunner(
    { name: 'lake', type: 'hadoop', warehouse },
    { stateFolder, driverMemoryMb: 768, sparkConf: { 'spark.sql.session.timeZone': 'America/New_York' } },
  )
  const rows = await query(counted.map(({ id, sql }) => ({ id, sql })))
  for (const { id, partition, records } of counted)
    expect(rows.get(id)?.[0]?.n, partition).toBe(String(records))
})

describe('damage to real files', () => {
  const name = 'days_and_regions'

  /** Puts other bytes in place of a file for as long as something is done. */
  async function damaged<T>(location: string, edit: (bytes: Buffer) => Buffer, look: () => Promise<T>) {
    const file = location.replace(/^file:/, '')
    const bytes = await readFile(file)
    await writeFile(file, edit(Buffer.from(bytes)))
    try {
      return await look()
    } finally {
      await writeFile(file, bytes)
    }
  }

  it.each([
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    // Deflate has no checksum: a wrong bit in a block may stay unseen, but not one in what stands between blocks.
    [
      'wrong in its last byte',
      (bytes: Buffer) => bytes.fill(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1),
    ],
    ['overwritten in a block', (bytes: Buffer) => bytes.fill(0xff, bytes.length - 60, bytes.length - 16)],
    [
      'of an unknown codec',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('deflate', 'deflite'), 'latin1'),
    ],
  ])('a manifest that is %s is named, and the others are measured', async (_, edit) => {
    const { manifests, files } = reported.get(name) as Reported
    const [path = '', count = 0] = [manifests[0]?.path as string, Number(manifests[0]?.added)]
    const orphansOlderThanMs = Date.now() + 60_000
    const health = await damaged(path, edit, () => healthOf(name, { orphansOlderThanMs }))
    expect(health.unreadable).toMatchObject([
      { location: path, code: expect.stringMatching(/^METADATA_(CORRUPT|UNSUPPORTED)$/) },
    ])
    expect(health.unreadable[0]?.message).toContain(path)
    expect(health.dataFiles.count).toBe(files.length - count)
    expect(health.orphans).toBeNull()
    expect(healthFindings(health)[0]).toMatchObject({
      id: 'table.unreadable-manifest',
      evidence: expect.stringContaining(path),
    })
    expect((await healthOf(name)).unreadable).toEqual([])
  })

  it('a metadata file or a manifest list that is cut is the end, and named', async () => {
    const { metadataLocation = '', metadata } = await openTable(source(name), options)
    const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)
    for (const location of [metadataLocation, metadata.snapshots.at(-1)?.manifestList ?? ''])
      await expect(
        damaged(location, half, () => healthOf(name)),
        location,
      ).rejects.toMatchObject({
        code: 'METADATA_CORRUPT',
        message: expect.stringContaining(location),
      })
  })
})

it('finds that a copy of the metadata, or another catalog, says something else', async () => {
  const { metadataLocation = '', metadata } = await openTable(source('evolved'), options)
  const copy = join(warehouse, 'copied', 't', 'metadata', 'v1.metadata.json')
  await mkdir(join(copy, '..'), { recursive: true })
  await copyFile(metadataLocation, copy)
  const copied = { type: 'hadoop', warehouse, namespace: 'copied', name: 't' } as const
  const look = { ...options, nowMs: Date.now(), orphansOlderThanMs: Date.now() + 60_000 }
  const health = await measureTable('copied.t', copied, { ...look, alsoIn: source('evolved') })
  expect(health.disagreements.map(({ what, measured, said }) => [what, measured, said])).toEqual([
    ['location', metadata.location, copy],
    ['metadata', copy, metadataLocation],
  ])
  // What the table has written since would be an orphan by the copy.
  expect(health.orphans).toBeNull()
  const policy = parsePolicy({ version: 1, rules: [{ tables: ['*'] }] })
  const { decisions } = decideMaintenance(health, policy, look.nowMs)
  expect(decisions.filter(({ planned }) => planned)).toEqual([])
})

it('lists a file that nothing names once it is old enough, and none that a writer may have', async () => {
  const stray = join(warehouse, 'db', 'evolved', 'data', 'left-over.parquet')
  await writeFile(stray, 'left over')
  await writeFile(join(warehouse, 'db', 'evolved', 'data', '_temporary'), 'hidden')
  const found = (await healthOf('evolved', { orphansOlderThanMs: Date.now() + 60_000 })).orphans
  expect(found).toMatchObject({
    count: 1,
    bytes: 9,
    examples: [expect.stringContaining('left-over.parquet')],
  })
  const young = (await healthOf('evolved', { orphansOlderThanMs: Date.now() - 3_600_000 })).orphans
  expect(young).toMatchObject({ count: 0 })
})
