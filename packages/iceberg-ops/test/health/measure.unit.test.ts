import { TidewaterError } from '@tidewater/core'
import type { ListedObject, ObjectStore } from '@tidewater/core/storage'
import { describe, expect, it } from 'vitest'
import { healthFindings, healthText, type MeasureOptions, measureHealth } from '../../src/index.js'
import { parseTableMetadata } from '../../src/metadata/index.js'
import {
  entry,
  manifest,
  manifestList,
  metadataJson,
  snapshotId,
  snapshotJson,
} from '../metadata/table-fixture.js'

const nowMs = 1_767_225_600_000 + 3_600_000
const root = 's3://bucket/t'
const mebibyte = 2 ** 20

interface Stored {
  readonly bytes: Uint8Array
  readonly modifiedAtMs: number
}

/** The objects of a table. */
function storeOf(objects: ReadonlyMap<string, Stored>, denied: readonly string[] = []): ObjectStore {
  const facts = ({ bytes, modifiedAtMs }: Stored) => ({ sizeBytes: bytes.length, etag: '', modifiedAtMs })
  const find = (location: string) => {
    if (denied.includes(location))
      throw new TidewaterError('AUTHORIZATION_FAILED', `Access to ${location} denied`)
    return objects.get(location)
  }
  return {
    async head(location: string) {
      const object = find(location)
      return object && facts(object)
    },
    async open(location: string) {
      const object = find(location)
      if (object === undefined) return undefined
      return {
        ...facts(object),
        pieces: (async function* () {
          yield object.bytes
        })(),
      }
    },
    async *list(folder: string): AsyncGenerator<ListedObject> {
      for (const [location, object] of objects)
        if (location.startsWith(`${folder}/`)) yield { location, ...facts(object) }
    },
  } satisfies Partial<ObjectStore> as unknown as ObjectStore
}

const partition = (ts_day: number | null, region: string | null) => ({ partition: { ts_day, region } })
const sized = (bytes: number) => ({ file_size_in_bytes: bytes })

/** A table of these manifests, each a list of entries. */
function tableOf(manifests: readonly (readonly object[])[], more: Readonly<Record<string, string>> = {}) {
  const objects = new Map<string, Stored>()
  const put = (location: string, bytes: Uint8Array) => objects.set(location, { bytes, modifiedAtMs: 0 })
  const listed = manifests.map((entries, at) => {
    const location = `${root}/metadata/m${at}.avro`
    const bytes = manifest(entries as never)
    put(location, bytes)
    return { location, sizeBytes: bytes.length }
  })
  put(`${root}/metadata/list.avro`, manifestList(listed))
  put(`${root}/metadata/1.metadata.json`, new Uint8Array(500))
  const metadata = parseTableMetadata(
    metadataJson({
      location: `"${root}"`,
      snapshots: `[${snapshotJson(snapshotId, `${root}/metadata/list.avro`)}]`,
      ...more,
    }),
  )
  const measure = (options: Partial<MeasureOptions> = {}, denied: readonly string[] = []) =>
    measureHealth(
      { name: 'web.t', metadata, metadataLocation: `${root}/metadata/1.metadata.json` },
      { objects: storeOf(objects, denied), nowMs, ...options },
    )
  return { objects, measure, put }
}

describe('measureHealth', () => {
  it('sums up files by size and partition, and what compaction would make of them', async () => {
    const { measure, objects } = tableOf([
      [
        ...Array.from({ length: 10 }, (_, at) => entry(`${root}/data/a${at}`, sized(30 * mebibyte))),
        entry(`${root}/data/whole`, sized(512 * mebibyte)),
      ],
      [
        entry(`${root}/data/b`, { ...partition(20_001, 'eu'), ...sized(1_000 * mebibyte) }),
        entry(`${root}/data/a10`, sized(30 * mebibyte)),
      ],
    ])
    const health = await measure()
    expect(health).toMatchObject({
      table: 'web.t',
      snapshotId: String(snapshotId),
      dataFiles: { count: 13, bytes: (11 * 30 + 512 + 1_000) * mebibyte, records: 130, smallCount: 11 },
      partitions: {
        count: 2,
        largestBytes: 1_000 * mebibyte,
        listed: [
          {
            name: 'ts_day=2024-10-04/region=eu',
            files: 12,
            candidateFiles: 11,
            candidateFilesAfter: 1,
            lastWrittenMs: 1_767_225_600_000,
            predicate: {
              and: [
                {
                  and: [
                    { column: 'ts', is: '>=' },
                    { column: 'ts', is: '<' },
                  ],
                },
                { column: 'region', value: 'eu' },
              ],
            },
          },
          { name: 'ts_day=2024-10-05/region=eu', files: 1, candidateFiles: 1, candidateFilesAfter: 2 },
        ],
      },
      manifests: { dataManifests: 2, meanManifestsPerPartition: 1.5 },
      compaction: { candidateFiles: 12, filesAfter: 13 - 12 + 3, scanTasksNow: 15, scanTasksAfter: 15 },
      orphans: null,
    })
    const listBytes = objects.get(`${root}/metadata/list.avro`)?.bytes.length ?? 0
    expect(health.metadata.currentBytes).toBe(500 + health.manifests.bytes + listBytes)
    expect(health.dataFiles.histogram.filter(({ count }) => count > 0)).toEqual([
      { belowBytes: 32 * mebibyte, count: 11, bytes: 330 * mebibyte },
      { belowBytes: 1_024 * mebibyte, count: 2, bytes: 1_512 * mebibyte },
    ])
  })

  it('goes by the size that the caller or the table wants', async () => {
    const files = [[entry(`${root}/data/a`, sized(100)), entry(`${root}/data/b`, sized(80))]]
    const small = async (options: Partial<MeasureOptions>, properties = '{}') =>
      (await tableOf(files, { properties }).measure(options)).dataFiles.smallCount
    expect(await small({ targetFileSizeBytes: 120 })).toBe(1)
    expect(await small({}, '{"write.target-file-size-bytes":"100"}')).toBe(0)
    expect(await small({}, '{"write.target-file-size-bytes":"none"}')).toBe(2)
    await expect(small({ targetFileSizeBytes: 0 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('tells deletes apart, and counts the bytes of a vector and not of its file', async () => {
    const { measure } = tableOf([
      [
        entry(`${root}/data/d`),
        entry(`${root}/data/p`, { content: 1, ...sized(700), record_count: 3 }),
        entry(`${root}/data/e`, { content: 2, equality_ids: [1], ...sized(900), record_count: 4 }),
        entry(`${root}/data/v`, {
          content: 1,
          file_format: 'PUFFIN',
          content_size_in_bytes: 40,
          content_offset: 4,
          record_count: 2,
        }),
      ],
    ])
    expect((await measure()).deletes).toEqual({
      positionDeleteFiles: 1,
      mostInOnePartition: 1,
      equalityDeleteFiles: 1,
      deletionVectors: 1,
      positionDeletes: 5,
      equalityDeletes: 4,
      bytes: 700 + 900 + 40,
    })
  })

  it('names a manifest that may not be read, measures the rest, and looks for no orphans then', async () => {
    const { measure } = tableOf([[entry(`${root}/data/a`)], [entry(`${root}/data/b`)]])
    const health = await measure({ orphansOlderThanMs: nowMs }, [`${root}/metadata/m1.avro`])
    expect(health.dataFiles.count).toBe(1)
    expect(health.unreadable).toEqual([
      {
        location: `${root}/metadata/m1.avro`,
        filesRead: 0,
        code: 'AUTHORIZATION_FAILED',
        message: expect.stringContaining('denied'),
      },
    ])
    expect(health.orphans).toBeNull()
    expect(healthFindings(health)[0]).toMatchObject({ id: 'table.unreadable-manifest' })
  })

  it('counts what a damaged manifest showed before it broke off, and says how much that is', async () => {
    const whole = manifest(
      Array.from({ length: 9 }, (_, at) => entry(`${root}/data/b${at}`)) as never,
      'null',
    )
    const { measure, put } = tableOf([[entry(`${root}/data/a`)], [entry(`${root}/data/b`)]])
    put(
      `${root}/metadata/list.avro`,
      manifestList([
        {
          location: `${root}/metadata/m0.avro`,
          sizeBytes: manifest([entry(`${root}/data/a`)] as never).length,
        },
        { location: `${root}/metadata/m1.avro`, sizeBytes: whole.length },
      ]),
    )
    put(`${root}/metadata/m1.avro`, Buffer.from(whole).fill(0, whole.length - 3))
    const health = await measure({ orphansOlderThanMs: nowMs })
    expect(health).toMatchObject({
      dataFiles: { count: 1 + 6 },
      orphans: null,
      unreadable: [{ location: `${root}/metadata/m1.avro`, filesRead: 6, code: 'METADATA_CORRUPT' }],
    })
    expect(healthFindings(health)[0]).toMatchObject({
      id: 'table.unreadable-manifest',
      evidence: expect.stringContaining(`${root}/metadata/m1.avro`),
      reason: expect.stringContaining('but for 6 files before the damage'),
    })
  })

  it('looks for no orphans in a whole bucket, nor in a folder that is disputed', async () => {
    const { measure, put } = tableOf([[entry(`${root}/data/a`)]])
    put(`${root}/data/of-another`, new Uint8Array(7))
    const orphansOlderThanMs = nowMs
    expect((await measure({ orphansOlderThanMs })).orphans).toMatchObject({ count: 1 })
    const whole = tableOf([[entry('s3://bucket/data/a')]], { location: '"s3://bucket/"' })
    whole.put('s3://bucket/another/table.parquet', new Uint8Array(7))
    expect(await whole.measure({ orphansOlderThanMs })).toMatchObject({ orphans: null, disagreements: [] })
    // Metadata that was copied says still where the table is that it was copied from.
    const copied = tableOf([[entry(`${root}/data/a`)]], { location: '"s3://bucket/original"' })
    expect(await copied.measure({ orphansOlderThanMs })).toMatchObject({
      orphans: null,
      disagreements: [
        {
          what: 'location',
          measured: 's3://bucket/original',
          said: `${root}/metadata/1.metadata.json`,
          by: 'its metadata file',
        },
      ],
    })
  })

  it('finds files that nothing names, in whatever words, but none that is young, hidden or a hint', async () => {
    const { measure, put, objects } = tableOf([
      [entry('s3a://bucket/t/data/a', partition(1, 'eu')), entry(`${root}/data//b`, partition(1, 'eu'))],
    ])
    for (const name of [
      'data/a',
      'data/b',
      'data/stray',
      'data/_SUCCESS',
      'data/.x',
      '_tidewater/0',
      'metadata/version-hint.text',
    ])
      put(`${root}/${name}`, new Uint8Array(7))
    objects.set(`${root}/data/young`, { bytes: new Uint8Array(1), modifiedAtMs: nowMs })
    expect((await measure({ orphansOlderThanMs: nowMs })).orphans).toEqual({
      olderThanMs: nowMs,
      listedFiles: 11,
      count: 1,
      bytes: 7,
      examples: [`${root}/data/stray`],
    })
  })

  it('finds the queries that stream into it, and how often', async () => {
    const snapshot = (id: number, parent: number, atMs: number, summary: object) =>
      `{"snapshot-id":${id},"parent-snapshot-id":${parent},"sequence-number":1,"timestamp-ms":${atMs},"summary":${JSON.stringify(summary)},"manifest-list":"${root}/metadata/list.avro"}`
    const stream = (queryId: string, epochId: number) => ({
      operation: 'append',
      'spark.sql.streaming.queryId': queryId,
      'spark.sql.streaming.epochId': String(epochId),
    })
    const { measure } = tableOf([[entry(`${root}/data/a`)]], {
      'current-snapshot-id': '6',
      snapshots: `[${[
        snapshot(1, 0, 1_000, stream('old', 3)),
        snapshot(2, 1, 10_000, stream('new', 0)),
        snapshot(3, 2, 70_000, stream('new', 1)),
        snapshot(4, 3, 80_000, { operation: 'replace', 'deleted-data-files': '4', 'added-data-files': '1' }),
        snapshot(5, 4, 150_000, stream('new', 2)),
        snapshot(6, 5, 160_000, { operation: 'delete' }),
        // On a branch that the query does not write to.
        snapshot(7, 5, 170_000, stream('branch', 9)),
      ].join(',')}]`,
    })
    const { streams, snapshots } = await measure()
    expect(streams).toEqual([
      {
        queryId: 'new',
        lastEpochId: '2',
        snapshotId: '5',
        committedAtMs: 150_000,
        commits: 3,
        commitIntervalMs: 80_000,
      },
      {
        queryId: 'old',
        lastEpochId: '3',
        snapshotId: '1',
        committedAtMs: 1_000,
        commits: 1,
        commitIntervalMs: null,
      },
    ])
    expect(snapshots).toMatchObject({
      count: 7,
      oldestMs: 1_000,
      newestMs: 170_000,
      rewrites: { dataFilesMs: 80_000, deleteFilesMs: null, manifestsMs: null },
    })
  })

  it('of a table whose writers have the wrong time has nothing negative', async () => {
    const snapshot = (id: number, parent: number, atMs: number) =>
      `{"snapshot-id":${id},"parent-snapshot-id":${parent},"sequence-number":1,"timestamp-ms":${atMs},"summary":{"operation":"append","spark.sql.streaming.queryId":"q","spark.sql.streaming.epochId":"${id}"},"manifest-list":"${root}/metadata/list.avro"}`
    const { measure } = tableOf([[entry(`${root}/data/a`)]], {
      'current-snapshot-id': '3',
      snapshots: `[${snapshot(1, 0, nowMs + 900_000)},${snapshot(2, 1, nowMs + 890_000)},${snapshot(3, 2, nowMs + 880_000)}]`,
    })
    const health = await measure()
    expect(health.streams).toMatchObject([{ commitIntervalMs: 0 }])
    expect(health.snapshots).toMatchObject({ newestMs: nowMs + 900_000, perHour: 360 })
    expect(healthFindings(health).map(({ id }) => id)).toContain('table.clock')
    expect(healthText(health, healthFindings(health))).not.toMatch(/-\d+(\.\d+)? (s|min|h|d)\b/)
  })

  it('of a table without a snapshot is that of nothing', async () => {
    const { measure } = tableOf([], { 'current-snapshot-id': '-1', snapshots: '[]' })
    expect(await measure()).toMatchObject({
      snapshotId: null,
      dataFiles: { count: 0 },
      metadata: { ratioToData: null },
      snapshots: { count: 0, perHour: null },
    })
  })
})
