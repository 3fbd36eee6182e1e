import { expect, it } from 'vitest'
import {
  effectsOf,
  type PlannedOperation,
  type TableHealth,
  type TableOperation,
  type TablePlan,
} from '../../src/index.js'
import { noRewrites, nowMs, partitionOf, tableOf, tableWith } from '../health/table-fixture.js'

function planOf(operation: TableOperation, partitions?: string[]): TablePlan {
  const planned: PlannedOperation = {
    name: operation.operation,
    planned: true,
    operation,
    reason: '',
    expected: '',
    gainFiles: 0,
    costBytes: 0,
    ...(partitions === undefined ? {} : { partitions }),
  }
  const skipped = { name: 'vacuum', planned: false, reason: '' } as const
  return { table: 't', snapshotId: '1', decisions: [planned, skipped], gainFiles: 0, costBytes: 0 }
}

const achieved = (plan: TablePlan, before: TableHealth, after: TableHealth) =>
  effectsOf(plan, before, after).map((effect) => effect.achieved)

const small = partitionOf('2026-01-29')
const merged = partitionOf('2026-01-29', { files: 1, candidateFiles: 0, candidateFilesAfter: 0 })
const busy = partitionOf('2026-01-31', { candidateFiles: 500 })
const rewrite: TableOperation = { operation: 'rewrite_data_files' }

it.each<[string, TablePlan, TableHealth, TableHealth, boolean | null]>([
  [
    'a merge of partitions',
    planOf(rewrite, ['day=2026-01-29']),
    tableWith(small),
    tableWith(merged, busy),
    true,
  ],
  [
    'a merge after which it is not listed',
    planOf(rewrite, ['day=2026-01-29']),
    tableWith(small),
    tableWith(busy),
    true,
  ],
  [
    'a merge that did nothing',
    planOf(rewrite, ['day=2026-01-29']),
    tableWith(small),
    tableWith(small, busy),
    false,
  ],
  ['a merge of everything', planOf(rewrite), tableWith(small), tableWith(merged), true],
  [
    'a merge of everything while a stream adds as much',
    planOf(rewrite),
    tableWith(small),
    {
      ...tableWith(small),
      snapshots: { ...tableOf().snapshots, rewrites: { ...noRewrites, dataFilesMs: nowMs } },
    },
    true,
  ],
  ['one of everything that did nothing', planOf(rewrite), tableWith(small), tableWith(small), false],
  [
    'manifests in groups',
    planOf({ operation: 'rewrite_manifests' }),
    tableOf({ manifests: { ...tableOf().manifests, meanManifestsPerPartition: 9 } }),
    tableOf(),
    true,
  ],
  ['manifests as they were', planOf({ operation: 'rewrite_manifests' }), tableOf(), tableOf(), false],
  [
    'fewer snapshots',
    planOf({ operation: 'expire_snapshots', olderThanMs: nowMs, retainLast: 1 }),
    tableOf({ snapshots: { ...tableOf().snapshots, count: 9 } }),
    tableOf(),
    true,
  ],
  [
    'snapshots that something else may need',
    planOf({ operation: 'expire_snapshots', olderThanMs: nowMs, retainLast: 1 }),
    tableOf(),
    tableOf(),
    null,
  ],
  ...(
    [
      [3, 0, false, true],
      [3, 3, false, false],
      [0, 0, false, true],
      [3, 3, true, null],
    ] as const
  ).map(([was, is, dryRun, expected]): [string, TablePlan, TableHealth, TableHealth, boolean | null] => [
    `${was} orphans that became ${is}, dry ${dryRun}`,
    planOf({ operation: 'remove_orphan_files', olderThanMs: 0, dryRun }),
    tableOf({ orphans: { olderThanMs: 0, listedFiles: 9, count: was, bytes: was, examples: [] } }),
    tableOf({ orphans: { olderThanMs: 0, listedFiles: 9, count: is, bytes: is, examples: [] } }),
    expected,
  ]),
  ...(
    [
      [9, 0, 0, true],
      [9, 3, 3, false],
      [9, 3, 8, false],
      [2, 3, 0, true],
    ] as const
  ).map(([snapshots, was, is, expected]): [string, TablePlan, TableHealth, TableHealth, boolean | null] => [
    `a vacuum of ${snapshots} snapshots after which ${was} orphans were ${is}`,
    planOf({ operation: 'vacuum' }),
    tableOf({
      snapshots: { ...tableOf().snapshots, count: snapshots },
      orphans: { olderThanMs: 0, listedFiles: 9, count: was, bytes: was, examples: [] },
    }),
    tableOf({ orphans: { olderThanMs: 0, listedFiles: 9, count: is, bytes: is, examples: [] } }),
    expected,
  ]),
  ['a vacuum of what was not listed', planOf({ operation: 'vacuum' }), tableOf(), tableOf(), null],
  [
    'fewer delete files',
    planOf({ operation: 'rewrite_position_delete_files' }),
    tableOf({ deletes: { ...tableOf().deletes, positionDeleteFiles: 3 } }),
    tableOf(),
    true,
  ],
  ['what can not be measured', planOf({ operation: 'compute_table_stats' }), tableOf(), tableOf(), null],
])('%s', (_, plan, before, after, expected) => {
  expect(achieved(plan, before, after)).toEqual([expected])
})
