import { describe, expect, it } from 'vitest'
import { maintenanceDocument, type TableOperation } from '../src/index.js'

const table = {
  catalog: { name: 'lake', type: 'hadoop', warehouse: '/w' },
  namespace: 'web',
  name: 'clicks',
} as const
const documentOf = (operation: TableOperation, version = '1.10.1') =>
  maintenanceDocument(table, [operation], version).operations[0]

describe("a plan as the job's document", () => {
  it.each<[TableOperation, object]>([
    [
      {
        operation: 'rewrite_data_files',
        strategy: 'zorder',
        sortBy: [{ column: 'a' }, { column: "b'" }],
        where: { column: 'day', is: '=', value: "o'hare" },
        minInputFiles: 5,
        maxCommits: 3,
      },
      {
        operation: 'rewrite_data_files',
        strategy: 'sort',
        sortOrder: "zorder(`a`, `b'`)",
        where: "`day` = 'o\\'hare'",
        options: {
          'min-input-files': '5',
          'partial-progress.enabled': 'true',
          'partial-progress.max-commits': '3',
        },
      },
    ],
    [
      { operation: 'rewrite_data_files' },
      { operation: 'rewrite_data_files', strategy: 'binpack', options: {} },
    ],
    [{ operation: 'rewrite_manifests' }, { operation: 'rewrite_manifests' }],
    [
      { operation: 'expire_snapshots', olderThanMs: 0, retainLast: 2 },
      { operation: 'expire_snapshots', olderThan: '1970-01-01T00:00:00.000Z', retainLast: 2 },
    ],
    [
      { operation: 'remove_orphan_files', olderThanMs: 1, dryRun: false },
      { operation: 'remove_orphan_files', olderThan: '1970-01-01T00:00:00.001Z', dryRun: false },
    ],
    [
      { operation: 'rewrite_position_delete_files', targetFileSizeBytes: 10 },
      { operation: 'rewrite_position_delete_files', options: { 'target-file-size-bytes': '10' } },
    ],
    [
      { operation: 'compute_table_stats', columns: ['a'] },
      { operation: 'compute_table_stats', columns: ['a'] },
    ],
    [{ operation: 'compute_table_stats' }, { operation: 'compute_table_stats' }],
  ])('has %j', (operation, expected) => {
    expect(documentOf(operation)).toEqual(expected)
  })

  it.each<[TableOperation, string]>([
    [{ operation: 'vacuum' }, '1.10.1'],
    [{ operation: 'set_table_properties', properties: {} }, '1.10.1'],
    [{ operation: 'rewrite_manifests', specId: 1 }, '1.10.1'],
    [{ operation: 'compute_table_stats' }, '1.7.1'],
    [{ operation: 'rewrite_data_files', outputSpecId: 1 }, '1.5.0'],
  ])('has no %j on Iceberg %s', (operation, version) => {
    expect(() => documentOf(operation, version)).toThrowError(
      expect.objectContaining({ code: 'UNSUPPORTED_BY_ENGINE' }),
    )
  })

  it('of nothing is refused', () => {
    expect(() => maintenanceDocument(table, [], '1.10.1')).toThrowError(
      expect.objectContaining({ code: 'PLAN_INVALID' }),
    )
  })
})
