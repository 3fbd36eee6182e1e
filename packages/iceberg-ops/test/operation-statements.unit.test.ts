import { describe, expect, it } from 'vitest'
import { athenaStatement, sparkStatement, type TableOperation } from '../src/index.js'

const spark = { catalog: 'lake', namespace: 'web', name: 'clicks' }
const athena = { database: 'web', name: 'clicks' }
const codeOf = (render: () => unknown) => {
  try {
    render()
  } catch (thrown) {
    const { code, remedy } = thrown as { code: string; remedy: string }
    return { code, remedy }
  }
  return undefined
}

const closedDays: TableOperation = {
  operation: 'rewrite_data_files',
  where: {
    and: [
      { column: 'day', is: '<', value: { date: '2026-01-31' } },
      { column: 'region', is: 'in', values: ["o'hare", 'x'] },
    ],
  },
}

describe('Spark', () => {
  it.each<[string, TableOperation, string]>([
    [
      'merges with every option by its own name',
      {
        ...closedDays,
        targetFileSizeBytes: 512 * 2 ** 20,
        minInputFiles: 5,
        maxCommits: 10,
        maxFailedCommits: 1,
        deleteRatioThreshold: 0.3,
      },
      "CALL `lake`.system.rewrite_data_files(table => '`web`.`clicks`', where => '(`day` < DATE \\'2026-01-31\\') AND (`region` IN (\\'o\\\\\\'hare\\', \\'x\\'))', options => map('target-file-size-bytes', '536870912', 'min-input-files', '5', 'delete-ratio-threshold', '0.3', 'partial-progress.enabled', 'true', 'partial-progress.max-commits', '10', 'partial-progress.max-failed-commits', '1'))",
    ],
    [
      'sorts',
      {
        operation: 'rewrite_data_files',
        strategy: 'sort',
        sortBy: [{ column: 'a', direction: 'desc', nulls: 'last' }, { column: 'b' }],
      },
      "CALL `lake`.system.rewrite_data_files(table => '`web`.`clicks`', strategy => 'sort', sort_order => '`a` DESC NULLS LAST, `b`')",
    ],
    [
      'orders by z',
      { operation: 'rewrite_data_files', strategy: 'zorder', sortBy: [{ column: 'a' }, { column: 'b' }] },
      "CALL `lake`.system.rewrite_data_files(table => '`web`.`clicks`', strategy => 'sort', sort_order => 'zorder(`a`, `b`)')",
    ],
    [
      'expires',
      {
        operation: 'expire_snapshots',
        olderThanMs: Date.UTC(2026, 0, 2),
        retainLast: 3,
        cleansMetadata: true,
      },
      "CALL `lake`.system.expire_snapshots(table => '`web`.`clicks`', older_than => TIMESTAMP '2026-01-02T00:00:00.000Z', retain_last => 3, stream_results => true, clean_expired_metadata => true)",
    ],
    [
      'lists orphans',
      { operation: 'remove_orphan_files', olderThanMs: 0, dryRun: true },
      "CALL `lake`.system.remove_orphan_files(table => '`web`.`clicks`', older_than => TIMESTAMP '1970-01-01T00:00:00.000Z', dry_run => true)",
    ],
    [
      'rewrites manifests of a spec',
      { operation: 'rewrite_manifests', specId: 1 },
      "CALL `lake`.system.rewrite_manifests(table => '`web`.`clicks`', use_caching => false, spec_id => 1)",
    ],
    [
      'merges position deletes',
      { operation: 'rewrite_position_delete_files', targetFileSizeBytes: 64 * 2 ** 20 },
      "CALL `lake`.system.rewrite_position_delete_files(table => '`web`.`clicks`', options => map('target-file-size-bytes', '67108864'))",
    ],
    [
      'computes statistics',
      { operation: 'compute_table_stats', columns: ['a', "b'"] },
      "CALL `lake`.system.compute_table_stats(table => '`web`.`clicks`', columns => array('a', 'b\\''))",
    ],
    [
      'sets properties',
      { operation: 'set_table_properties', properties: { 'write.target-file-size-bytes': '1' } },
      "ALTER TABLE `lake`.`web`.`clicks` SET TBLPROPERTIES ('write.target-file-size-bytes' = '1')",
    ],
  ])('%s', (_, operation, sql) => {
    expect(sparkStatement(operation, spark, '1.10.1')).toBe(sql)
  })

  it.each<[string, string, TableOperation]>([
    ['1.4.0', 'spec_id', { operation: 'rewrite_manifests', specId: 0 }],
    ['1.5.2', 'output-spec-id', { operation: 'rewrite_data_files', outputSpecId: 0 }],
    ['1.5.2', 'max-failed-commits', { operation: 'rewrite_data_files', maxFailedCommits: 1 }],
    ['1.6.1', 'remove-dangling-deletes', { operation: 'rewrite_data_files', removesDanglingDeletes: true }],
    ['1.7.1-amzn-0', 'compute_table_stats', { operation: 'compute_table_stats' }],
    ['1.7.1', 'delete-ratio-threshold', { operation: 'rewrite_data_files', deleteRatioThreshold: 0.5 }],
    ['1.9.2', 'max-files-to-rewrite', { operation: 'rewrite_data_files', maxFilesToRewrite: 5 }],
    [
      '1.9.2',
      'clean_expired_metadata',
      { operation: 'expire_snapshots', olderThanMs: 0, retainLast: 1, cleansMetadata: true },
    ],
  ])('Iceberg %s has no %s', (version, what, operation) => {
    expect(() => sparkStatement(operation, spark, version)).toThrowError(what)
    expect(codeOf(() => sparkStatement(operation, spark, version))?.code).toBe('UNSUPPORTED_BY_ENGINE')
    expect(sparkStatement(operation, spark, '1.10.1')).toContain('CALL')
  })

  it('has no VACUUM, and says what to use', () => {
    expect(codeOf(() => sparkStatement({ operation: 'vacuum' }, spark, '1.10.1'))).toEqual({
      code: 'UNSUPPORTED_BY_ENGINE',
      remedy: expect.stringContaining('remove_orphan_files'),
    })
  })

  it.each<TableOperation>([
    { operation: 'rewrite_data_files', minInputFiles: 1.5 },
    { operation: 'rewrite_data_files', targetFileSizeBytes: Number.NaN },
    { operation: 'rewrite_data_files', deleteRatioThreshold: 1.1 },
    { operation: 'expire_snapshots', olderThanMs: 0, retainLast: 0 },
    { operation: 'expire_snapshots', olderThanMs: Number.POSITIVE_INFINITY, retainLast: 1 },
    { operation: 'set_table_properties', properties: { "x' = '": '1' } },
    { operation: 'rewrite_data_files', where: { column: '', is: 'null' } },
    { operation: 'rewrite_data_files', where: { column: 'a', is: '=', value: Number.NaN } },
    { operation: 'rewrite_data_files', where: { column: 'a', is: '=', value: 2 ** 60 } },
    { operation: 'rewrite_data_files', where: { column: 'a', is: '=', value: 2n ** 63n } },
    { operation: 'rewrite_data_files', where: { column: 'a', is: '=', value: { date: '2026-02-30' } } },
    { operation: 'rewrite_data_files', where: { column: 'a', is: '=', value: { timestampMs: 0.5 } } },
    { operation: 'rewrite_data_files', where: { column: 'a', is: 'in', values: [] as never } },
    { operation: 'rewrite_data_files', where: { or: [] as never } },
  ])('refuses %o', (operation) => {
    expect(codeOf(() => sparkStatement(operation, spark, '1.10.1'))?.code).toBe('CONFIG_INVALID')
  })
})

describe('Athena', () => {
  it.each<[string, TableOperation, string]>([
    [
      'merges by partition columns',
      closedDays,
      `OPTIMIZE web.clicks REWRITE DATA USING BIN_PACK WHERE ("day" < DATE '2026-01-31') AND ("region" IN ('o''hare', 'x'))`,
    ],
    ['vacuums', { operation: 'vacuum' }, 'VACUUM web.clicks'],
    [
      'sets properties',
      { operation: 'set_table_properties', properties: { vacuum_min_snapshots_to_keep: '3' } },
      "ALTER TABLE web.clicks SET TBLPROPERTIES ('vacuum_min_snapshots_to_keep'='3')",
    ],
  ])('%s', (_, operation, sql) => {
    expect(athenaStatement(operation, athena)).toBe(sql)
  })

  it('writes an instant as Trino does', () => {
    const at: TableOperation = {
      operation: 'rewrite_data_files',
      where: { column: 'at', is: '<', value: { timestampMs: Date.UTC(2026, 0, 2) } },
    }
    expect(athenaStatement(at, athena)).toContain(`"at" < TIMESTAMP '2026-01-02 00:00:00.000 UTC'`)
  })

  it('puts a name that begins with an underscore in back quotes, and no other', () => {
    expect(athenaStatement({ operation: 'vacuum' }, { database: 'web', name: '_t' })).toBe('VACUUM web.`_t`')
  })

  it.each<[TableOperation, string]>([
    [{ operation: 'rewrite_manifests' }, 'Spark'],
    [{ operation: 'expire_snapshots', olderThanMs: 0, retainLast: 1 }, 'vacuum_max_snapshot_age_seconds'],
    [{ operation: 'remove_orphan_files', olderThanMs: 0, dryRun: true }, 'Spark'],
    [{ operation: 'rewrite_position_delete_files' }, 'rewrite_data_files'],
    [{ operation: 'compute_table_stats' }, 'Spark'],
    [{ operation: 'rewrite_data_files', strategy: 'sort' }, 'binpack'],
    [{ operation: 'rewrite_data_files', targetFileSizeBytes: 1 }, 'write_target_data_file_size_bytes'],
    [{ operation: 'rewrite_data_files', maxCommits: 1 }, 'Spark'],
  ])('has no %j, and says what to use', (operation, alternative) => {
    expect(codeOf(() => athenaStatement(operation, athena))).toEqual({
      code: 'UNSUPPORTED_BY_ENGINE',
      remedy: expect.stringContaining(alternative),
    })
  })

  it.each<[string, () => unknown]>([
    ['a database', () => athenaStatement({ operation: 'vacuum' }, { database: 'a.b', name: 't' })],
    ['a table', () => athenaStatement({ operation: 'vacuum' }, { database: 'a', name: 't; DROP' })],
    [
      'a property',
      () => athenaStatement({ operation: 'set_table_properties', properties: { a: "1', 'b'='2" } }, athena),
    ],
    [
      'a statement',
      () =>
        athenaStatement(
          {
            operation: 'rewrite_data_files',
            where: { column: 'a', is: '=', value: 'ü'.repeat(131_072) },
          },
          athena,
        ),
    ],
  ])('refuses %s that it can not hold', (_, render) => {
    expect(codeOf(render)?.code).toBe('CONFIG_INVALID')
  })
})
