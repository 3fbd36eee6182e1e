import { describe, expect, it } from 'vitest'
import { planMaintenance, type TableInventory, validateMaintenancePlan } from '../src/index.js'

const nowMs = Date.UTC(2026, 0, 10, 12)
const table = {
  catalog: { name: 'local', type: 'hadoop', warehouse: '/w' },
  namespace: 'db',
  name: 't',
} as const
const busy: TableInventory = {
  dataFiles: 24,
  dataFileBytes: 24n << 20n,
  records: 1_000n,
  snapshots: 8,
  manifests: 8,
}
const calm: TableInventory = {
  dataFiles: 1,
  dataFileBytes: 1n << 29n,
  records: 1_000n,
  snapshots: 1,
  manifests: 1,
}

const planned = (inventory: TableInventory, options = {}) =>
  planMaintenance(table, inventory, options, nowMs)
    .decisions.filter((one) => one.planned)
    .map((one) => one.operation)

describe('planMaintenance', () => {
  it('merges, then rewrites manifests, then expires what both replaced', () => {
    expect(planned(busy)).toEqual([
      'rewrite_data_files',
      'rewrite_manifests',
      'expire_snapshots',
      'remove_orphan_files',
    ])
  })

  it('leaves a table that is in order alone and says why', () => {
    expect(planned(calm)).toEqual(['remove_orphan_files'])
    const { decisions } = planMaintenance(table, calm, {}, nowMs)
    expect(decisions[0]).toEqual({
      operation: 'rewrite_data_files',
      planned: false,
      reason: '1 data files of 512 MiB on average; target 512 MiB, at least 5 files',
    })
  })

  it('takes its instants from the clock it is given', () => {
    const { plan } = planMaintenance(table, busy, { maxSnapshotAgeMs: 0 }, nowMs)
    expect(plan.operations.slice(2)).toEqual([
      { operation: 'expire_snapshots', olderThan: '2026-01-10T12:00:00.000Z', retainLast: 1 },
      { operation: 'remove_orphan_files', olderThan: '2026-01-07T12:00:00.000Z', dryRun: true },
    ])
  })

  it('refuses an orphan age that could reach a running writer', () => {
    expect(() => planMaintenance(table, busy, { orphanAgeMs: 3_600_000 }, nowMs)).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/orphanAgeMs: must be at least 24 hours.*got 3600000/),
      }),
    )
  })
})

describe('validateMaintenancePlan', () => {
  it('names an unknown operation and those there are', () => {
    expect(() =>
      validateMaintenancePlan({ version: 1, table, operations: [{ operation: 'vacuum' }] }),
    ).toThrowError(
      expect.objectContaining({
        code: 'PLAN_INVALID',
        message:
          'Invalid maintenance plan: /operations/0/operation must be one of rewrite_data_files, expire_snapshots, rewrite_manifests, remove_orphan_files, rewrite_position_delete_files, compute_table_stats, got "vacuum"',
      }),
    )
  })
})
