import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import {
  decideMaintenance,
  parsePolicy,
  ruleFor,
  sparkEngine,
  type TableHealth,
  type TablePlan,
} from '../../src/index.js'
import { nowMs, partitionOf, tableWith } from '../health/table-fixture.js'

const policy = parsePolicy({ version: 1, rules: [{ tables: ['*'] }] })
const table = {
  catalog: { name: 'lake', type: 'hadoop', warehouse: '/warehouse' },
  namespace: 'web',
  name: 'clicks',
} as const

const engineOf = (icebergVersion: string, fails?: Error) =>
  sparkEngine({ table, runner: { icebergVersion, run: () => Promise.reject(fails ?? new Error()) } })

describe('merging position deletes', () => {
  const health = (repeatedColumns: string[]): TableHealth => {
    const merging = tableWith(partitionOf('2026-01-29'))
    const deletes = { ...merging.deletes, positionDeleteFiles: 10, mostInOnePartition: 10, bytes: 100 }
    return { ...merging, repeatedColumns, deletes }
  }
  const adapted = (version: string, of: TableHealth): TablePlan => {
    const rule = ruleFor(policy, of.table)
    if (rule === undefined) throw new Error('no rule')
    return engineOf(version).adapt(decideMaintenance(of, policy, nowMs), rule, nowMs, of)
  }
  const merge = (plan: TablePlan) =>
    plan.decisions.find(({ name }) => name === 'rewrite_position_delete_files')

  it('is left out where Iceberg would fail at it, and the rest is done', () => {
    const plan = adapted('1.10.1-amzn-0', health(['tags', 'place']))
    expect(merge(plan)).toMatchObject({
      planned: false,
      reason: expect.stringContaining('lists or maps (tags, place); 10 position delete files'),
    })
    expect(plan.decisions.find(({ name }) => name === 'rewrite_data_files')).toMatchObject({ planned: true })
    expect(plan.costBytes).toBe(adapted('1.10.1', health([])).costBytes - 200)
  })

  it.each([
    ['1.9.1', ['tags']],
    ['1.10.1', []],
  ])('is done by Iceberg %s with columns %o', (version, columns) => {
    expect(merge(adapted(version, health(columns)))).toMatchObject({ planned: true })
  })
})

it.each([
  ['found new delete for replaced data file', true],
  ['org.apache.iceberg.exceptions.CommitFailedException: stale', true],
  ['no such column', false],
])('a run that fails with "%s" may be tried again: %s', async (message, retryable) => {
  const failed = new TidewaterError('MAINTENANCE_FAILED', message)
  const run = engineOf('1.10.1', failed).run([{ operation: 'rewrite_manifests' }], {})
  await expect(run).rejects.toMatchObject({ code: 'MAINTENANCE_FAILED', message, retryable })
})
