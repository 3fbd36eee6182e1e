import { describe, expect, it } from 'vitest'
import { type FileEntry, parseTableMetadata, scanFiles } from '../../src/metadata/index.js'
import { codecs } from './avro-file.js'
import {
  at,
  dayAndRegion,
  entry,
  entrySchema,
  manifest,
  manifestList,
  metadataJson,
  objectsIn,
  scan,
  snapshotId,
  snapshotJson,
  table,
} from './table-fixture.js'

const locationOf = (file: FileEntry) => file.location

describe('the files of a snapshot', () => {
  it.each(codecs)('are read from manifests compressed with %s', async (codec) => {
    const names = Array.from({ length: 20 }, (_, number) => `s3://bucket/data/${number}.parquet`)
    const { found, report } = await scan(
      table({
        a: manifest(
          names.map((name) => entry(name)),
          codec,
        ),
      }),
      locationOf,
    )
    expect(found).toEqual(names)
    expect(report).toEqual({
      complete: true,
      manifestLists: 1,
      manifests: 1,
      files: 20,
      partitions: 1,
      unreadable: [],
    })
  })

  it('have what the entry says, and inherit what it leaves out', async () => {
    const held = table({
      data: manifest([
        entry('new'),
        entry('old', {}, { status: 0, snapshot_id: 5n, sequence_number: 3n, file_sequence_number: 2n }),
      ]),
      deletes: manifest([
        entry('d1', { content: 2, equality_ids: [1, 2], file_format: 'avro', sort_order_id: 4 }),
        entry('d2', {
          content: 1,
          file_format: 'PUFFIN',
          referenced_data_file: 'old',
          content_offset: 4n,
          content_size_in_bytes: 40n,
        }),
        entry('d3', { content: 1 }),
      ]),
    })
    const { found } = await scan(held, (file) => ({
      ...file,
      bytes: undefined,
      location: file.location,
      referencedDataFile: file.referencedDataFile,
      isDeletionVector: file.isDeletionVector,
    }))
    const inherited = {
      snapshotId,
      sequenceNumber: 7,
      fileSequenceNumber: 7,
      equalityIds: [],
      isDeletionVector: false,
    }
    expect(found).toMatchObject([
      {
        ...inherited,
        location: 'new',
        content: 'data',
        status: 'added',
        format: 'parquet',
        recordCount: 10,
        fileSizeBytes: 1_000,
      },
      { location: 'old', status: 'existing', snapshotId: 5n, sequenceNumber: 3, fileSequenceNumber: 2 },
      {
        ...inherited,
        location: 'd1',
        content: 'equality-deletes',
        equalityIds: [1, 2],
        format: 'avro',
        sortOrderId: 4,
      },
      {
        location: 'd2',
        content: 'position-deletes',
        isDeletionVector: true,
        referencedDataFile: 'old',
        contentOffset: 4,
        contentSizeBytes: 40,
      },
      {
        ...inherited,
        location: 'd3',
        content: 'position-deletes',
        sortOrderId: undefined,
        referencedDataFile: undefined,
        contentOffset: undefined,
      },
    ])
  })

  it('show removed files only when asked', async () => {
    const held = table({ a: manifest([entry('kept'), entry('gone', {}, { status: 2 })]) })
    expect((await scan(held, locationOf)).found).toEqual(['kept'])
    expect((await scan(held, locationOf, { includeDeleted: true })).found).toEqual(['kept', 'gone'])
  })

  it('share one partition object, however a writer encodes the tuple', async () => {
    const reordered = entrySchema([
      { name: 'region', type: ['string', 'null'], 'field-id': 1001 },
      { name: 'ts_day', type: ['null', { type: 'long' }], 'field-id': 1000 },
    ])
    const other = { partition: { ts_day: 20_001, region: null } }
    const held = table({
      a: manifest([entry('1'), entry('2', other), entry('3')]),
      b: manifest([entry('4'), entry('5', other)], 'null', reordered),
    })
    const { found, report } = await scan(held, ({ partition }) => partition, { concurrency: 1 })
    expect(found.map(({ index }) => index)).toEqual([0, 1, 0, 0, 1])
    expect(new Set(found).size).toBe(2)
    expect(report.partitions).toBe(2)
    expect(found.map(({ name }) => name).slice(0, 2)).toEqual([
      'ts_day=2024-10-04/region=eu',
      'ts_day=2024-10-05/region=null',
    ])
    expect(found[1]).toMatchObject({ specId: 0, values: [20_001, null] })
  })

  it('are none in a table without a snapshot', async () => {
    const metadata = parseTableMetadata(metadataJson({ 'current-snapshot-id': '-1', snapshots: '[]' }))
    const visitor = { file: () => expect.unreachable() }
    expect(await scanFiles(metadata, 'current', visitor, { objects: objectsIn(new Map()) })).toMatchObject({
      complete: true,
      files: 0,
    })
    await expect(
      scanFiles(metadata, { snapshotId: 1n }, visitor, { objects: objectsIn(new Map()) }),
    ).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' })
    await expect(
      scanFiles(metadata, { ref: 'x' }, visitor, { objects: objectsIn(new Map()) }),
    ).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' })
  })
})

describe('all snapshots', () => {
  const metadata = parseTableMetadata(
    metadataJson({
      snapshots: `[${snapshotJson(snapshotId, at('l1'))},${snapshotJson(snapshotId - 1n, at('l2'))},${snapshotJson(7n, at('l3'))}]`,
    }),
  )
  const one = manifest([entry('1')])
  const two = manifest([entry('2')])
  const listed = (name: string, bytes: Buffer) => ({ location: at(name), sizeBytes: bytes.length })

  it('read a manifest once that several have, and go on without a list that is gone', async () => {
    const objects = objectsIn(
      new Map([
        [at('l1'), manifestList([listed('one', one), listed('two', two)])],
        [at('l2'), manifestList([listed('one', one)])],
        [at('one'), one],
        [at('two'), two],
      ]),
    )
    const found: string[] = []
    const report = await scanFiles(
      metadata,
      'all',
      { file: (file) => found.push(file.location) },
      { objects },
    )
    expect(found.sort()).toEqual(['1', '2'])
    expect(objects.reads.filter((location) => location === at('one'))).toHaveLength(1)
    expect(report).toMatchObject({
      complete: false,
      manifests: 2,
      unreadable: [{ kind: 'manifest-list', location: at('l3'), error: { code: 'METADATA_MISSING' } }],
    })
  })

  it('of version 1 may name their manifests themselves', async () => {
    const withoutList = parseTableMetadata(
      metadataJson({
        'format-version': '1',
        snapshots: `[{"snapshot-id":${snapshotId},"timestamp-ms":1,"manifests":["${at('one')}"]}]`,
      }),
    )
    const found: unknown[] = []
    const visitor = {
      file: (file: FileEntry) => found.push([file.location, file.sequenceNumber, file.snapshotId]),
    }
    await scanFiles(withoutList, 'current', visitor, { objects: objectsIn(new Map([[at('one'), one]])) })
    expect(found).toEqual([['1', 0, undefined]])
  })
})

describe('a scan', () => {
  const three = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [name, manifest([entry(`${name}1`), entry(`${name}2`)])]),
  )

  it('ends with what its visitor throws', async () => {
    const failure = new Error('full')
    await expect(
      scan(table(three), () => {
        throw failure
      }),
    ).rejects.toBe(failure)
  })

  it('ends when it is aborted', async () => {
    const abort = new AbortController()
    const found: string[] = []
    const scanning = scan(
      table(three),
      (file) => {
        found.push(file.location)
        abort.abort()
      },
      { signal: abort.signal, concurrency: 1 },
    )
    await expect(scanning).rejects.toMatchObject({ code: 'ABORTED' })
    expect(found).toEqual(['a1', 'a2'])
  })

  it('leaves out the files of manifests that its visitor does not want', async () => {
    const found: string[] = []
    const objects = objectsIn(table(three))
    const visitor = {
      manifest: ({ location }: { location: string }) => location !== at('b'),
      file: (file: FileEntry) => void found.push(file.location),
    }
    await scanFiles(parseTableMetadata(metadataJson()), 'current', visitor, { objects })
    expect(found.sort()).toEqual(['a1', 'a2', 'c1', 'c2'])
    expect(objects.reads).not.toContain(at('b'))
  })

  it('refuses options out of bounds', async () => {
    await expect(scan(table(three), locationOf, { concurrency: 0 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})

it('the fixture has the partition fields of the metadata', () => {
  expect(dayAndRegion.map((one) => one['field-id'])).toEqual(
    parseTableMetadata(metadataJson()).partitionSpecs[0]?.fields.map(({ fieldId }) => fieldId),
  )
})
