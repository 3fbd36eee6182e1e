import { describe, expect, it } from 'vitest'
import { validateMaintenancePlan } from '../src/index.js'

const table = {
  catalog: { name: 'local', type: 'hadoop', warehouse: '/warehouse' },
  namespace: 'demo',
  name: 'netflow',
} as const

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
