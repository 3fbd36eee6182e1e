import { describe, expect, it } from 'vitest'
import { healthFindings, healthMarkdown, healthText, type TableHealth } from '../../src/index.js'
import { noRewrites, nowMs, partitionOf, streamOf, tableOf, tableWith } from './table-fixture.js'

const healthy = tableOf()
const small = tableWith(partitionOf('2026-01-29'))

describe('findings', () => {
  it('of a healthy table are none', () => {
    expect(healthFindings(healthy)).toEqual([])
  })

  it.each<[string, string, Partial<TableHealth>]>([
    [
      'table.unreadable-manifest',
      'error',
      {
        unreadable: [
          { location: 's3://lake/m1.avro', filesRead: 0, code: 'STORAGE_FAILED', message: 'Access Denied' },
        ],
      },
    ],
    [
      'table.catalogs-disagree',
      'error',
      {
        disagreements: [
          {
            what: 'metadata',
            measured: 's3://lake/2.json',
            said: 's3://lake/1.json',
            by: 'Glue (web.clicks)',
          },
        ],
      },
    ],
    ['table.clock', 'warning', { snapshots: { ...healthy.snapshots, newestMs: nowMs + 60_001 } }],
    ['table.bucket-root', 'warning', { location: 's3://lake/' }],
    [
      'table.unreadable-manifest',
      'error',
      {
        unreadable: [
          { location: 's3://lake/m1.avro', filesRead: 6, code: 'METADATA_CORRUPT', message: 'cut' },
        ],
      },
    ],
    ['table.small-files', 'error', { dataFiles: small.dataFiles, compaction: small.compaction }],
    [
      'table.small-files',
      'warning',
      { dataFiles: { ...small.dataFiles, smallCount: 40 }, compaction: small.compaction },
    ],
    [
      'table.deletes',
      'warning',
      { deletes: { ...healthy.deletes, positionDeleteFiles: 3, positionDeletes: 100_000 } },
    ],
    [
      'table.deletes',
      'warning',
      { deletes: { ...healthy.deletes, equalityDeleteFiles: 1, equalityDeletes: 1 } },
    ],
    [
      'table.metadata-size',
      'error',
      { metadata: { ...healthy.metadata, currentBytes: 2 ** 30, ratioToData: 0.1 } },
    ],
    ['table.snapshots', 'warning', { snapshots: { ...healthy.snapshots, count: 1_001 } }],
    [
      'table.manifest-clustering',
      'warning',
      { manifests: { ...healthy.manifests, meanManifestsPerPartition: 4.5 } },
    ],
    [
      'table.orphan-files',
      'warning',
      { orphans: { olderThanMs: 0, listedFiles: 30, count: 2, bytes: 5, examples: ['s3://lake/x'] } },
    ],
    ['table.commit-interval', 'warning', { streams: [streamOf(nowMs, { commitIntervalMs: 5_000 })] }],
    [
      'table.partition-skew',
      'info',
      { partitions: { ...healthy.partitions, count: 3, largestBytes: 210, medianBytes: 10 } },
    ],
    [
      'table.old-partition-spec',
      'info',
      { partitions: { ...healthy.partitions, filesBySpec: { 0: 5, 1: 15 }, specId: 1 } },
    ],
  ])('%s, %s', (id, severity, more) => {
    expect(healthFindings(tableOf(more))).toMatchObject([{ id, severity, subject: 'web.clicks' }])
  })

  it('name both of those that disagree, and how far a clock is off', () => {
    const disagreements = [
      { what: 'metadata', measured: 's3://lake/2.json', said: 's3://lake/1.json', by: 'Glue (web.clicks)' },
      { what: 'location', measured: 's3://lake/a', said: 's3://lake/b', by: 'Glue (web.clicks)' },
    ] as const
    expect(healthFindings(tableOf({ disagreements }))[0]?.evidence).toBe(
      'The current metadata is s3://lake/2.json by the metadata that was measured, and s3://lake/1.json by Glue (web.clicks); ' +
        'the location is s3://lake/a by the metadata that was measured, and s3://lake/b by Glue (web.clicks)',
    )
    const ahead = tableOf({ snapshots: { ...healthy.snapshots, newestMs: nowMs + 7_200_000 } })
    expect(healthFindings(ahead)[0]?.evidence).toBe(
      'The newest snapshot is of 2026-01-31T14:00:00Z, 2.0 h after this machine measured it',
    )
    expect(healthFindings(ahead, { maxClockSkewMs: 7_200_000 })).toEqual([])
    expect(healthText(ahead, [])).toContain('newest 0 ms old')
  })

  it('are no more than worth knowing where a scan takes as many tasks afterwards', () => {
    const little = { ...small.compaction, scanTasksNow: 1, scanTasksAfter: 1 }
    expect(healthFindings({ ...small, compaction: little })).toMatchObject([
      { id: 'table.small-files', severity: 'info' },
    ])
  })

  it('leave what no compaction can mend, and what is little', () => {
    const onePerPartition = { ...small.compaction, candidateFiles: 0, filesAfter: 100 }
    expect(healthFindings({ ...small, compaction: onePerPartition })).toEqual([])
    const few = { ...small.dataFiles, count: 9, smallCount: 9 }
    expect(healthFindings({ ...small, dataFiles: few })).toEqual([])
    expect(healthFindings(tableOf({ metadata: { ...healthy.metadata, ratioToData: 0.9 } }))).toEqual([])
  })

  it('come worst first, by thresholds of the caller', () => {
    const bad = tableOf({
      streams: [streamOf(nowMs, { commitIntervalMs: 5_000 })],
      metadata: { ...healthy.metadata, currentBytes: 2 ** 30, ratioToData: 0.2 },
      partitions: { ...healthy.partitions, filesBySpec: { 7: 1 } },
    })
    expect(healthFindings(bad).map(({ severity }) => severity)).toEqual(['error', 'warning', 'info'])
    expect(healthFindings(bad, { minCommitIntervalMs: 5_000 }).map(({ id }) => id)).not.toContain(
      'table.commit-interval',
    )
    expect(() => healthFindings(bad, { deleteRatio: 2 })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})

describe('reports', () => {
  it('show figures, sizes as bars, the partitions that gain most, and what to do', () => {
    const text = healthText(small, healthFindings(small))
    expect(text).toContain('web.clicks  snapshot 9007199254740993, Iceberg v2')
    expect(text).toMatch(/ {2}384 MiB and more +█{40} 20\n/)
    expect(text).toMatch(
      / {2}day=2026-01-29 +100 files, 100 MiB; 100 become 1, written 2026-01-29T12:00:00Z\n/,
    )
    expect(text).toContain('ERROR table.small-files')
    expect(text).toContain('Fix: Run rewrite_data_files')
  })

  it('of a healthy table and of one without a snapshot end well', () => {
    expect(healthText(healthy, [])).toContain('No findings.')
    const empty = tableOf({
      snapshotId: null,
      dataFiles: { ...healthy.dataFiles, count: 0, bytes: 0, records: 0, histogram: [] },
      snapshots: { count: 0, oldestMs: null, newestMs: null, perHour: null, rewrites: noRewrites, refs: [] },
      metadata: { ...healthy.metadata, ratioToData: null },
    })
    expect(healthFindings(empty)).toEqual([])
    expect(healthText(empty, [])).toContain('no snapshot')
  })

  it('as Markdown keep names from becoming markup', () => {
    const named = tableOf({ table: 'web.a|b*c' })
    expect(healthMarkdown(named, healthFindings(small))).toContain('# web.a\\|b\\*c\n')
    expect(healthMarkdown(small, healthFindings(small))).toContain(
      '- **error** `table.small-files`: 100 of 100 data files',
    )
    expect(healthMarkdown(small, [])).toContain('## Findings\n\nNone.\n')
  })
})
