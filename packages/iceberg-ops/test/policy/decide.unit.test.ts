import { describe, expect, it } from 'vitest'
import {
  type Decision,
  decideMaintenance,
  type MaintenancePolicyInput,
  parsePolicy,
  rankPlans,
  type TableHealth,
  type TableOperationName,
} from '../../src/index.js'
import { hourMs, nowMs, partitionOf, streamOf, tableOf, tableWith } from '../health/table-fixture.js'

type Operations = NonNullable<MaintenancePolicyInput['rules'][number]['operations']>

const policyOf = (operations: Operations = {}, rule: object = {}) =>
  parsePolicy({ version: 1, rules: [{ tables: ['*'], operations, ...rule }] })

function decision(name: TableOperationName, health: TableHealth, operations: Operations = {}): Decision {
  const plan = decideMaintenance(health, policyOf(operations), nowMs)
  return plan.decisions.find((one) => one.name === name) as Decision
}

describe('merging', () => {
  const name = 'rewrite_data_files'

  it('is about the closed partitions that gain, and says what is left out', () => {
    const health = tableWith(
      partitionOf('2026-01-29'),
      partitionOf('2026-01-28'),
      partitionOf('2026-01-31', { lastWrittenMs: nowMs - hourMs }),
      partitionOf('2026-01-27', { predicate: null }),
      partitionOf('2026-01-26', { candidateFiles: 4 }),
    )
    expect(decision(name, health)).toEqual({
      name,
      planned: true,
      operation: {
        operation: name,
        minInputFiles: 5,
        targetFileSizeBytes: 512 * 2 ** 20,
        where: {
          or: [
            { column: 'day', is: '=', value: { date: '2026-01-29' } },
            { column: 'day', is: '=', value: { date: '2026-01-28' } },
          ],
        },
      },
      partitions: ['day=2026-01-29', 'day=2026-01-28'],
      reason:
        '404 of 500 data files are too small or too large; left out: 1 partition written to in the last 2.0 h, 1 partition that no predicate on columns selects',
      expected: '200 files of 200 MiB become 2',
      gainFiles: 198,
      costBytes: 400 * 2 ** 20,
    })
  })

  it('of an unpartitioned table is of all of it: an append never conflicts', () => {
    const whole = partitionOf('x', { name: '', predicate: null, lastWrittenMs: nowMs })
    expect(decision(name, tableWith(whole))).toMatchObject({
      planned: true,
      operation: { operation: name, minInputFiles: 5, targetFileSizeBytes: 512 * 2 ** 20 },
      reason: '100 of 100 data files are too small or too large',
    })
    expect(decision(name, tableWith(whole))).not.toHaveProperty('partitions')
  })

  it('takes the best first under its limits, and one at least', () => {
    const [cheap, dear] = [
      partitionOf('a', { candidateBytes: 10 }),
      partitionOf('b', { candidateBytes: 1_000 }),
    ]
    const chosen = (limits: object) => {
      const one = decision(name, tableWith(dear, cheap), { rewriteDataFiles: limits })
      return 'partitions' in one ? one.partitions : one.reason
    }
    expect(chosen({ maxPartitions: 1 })).toEqual(['day=a'])
    expect(chosen({ maxBytes: 1_009 })).toEqual(['day=a'])
    expect(chosen({ maxBytes: 1_010 })).toEqual(['day=a', 'day=b'])
    expect(chosen({ maxBytes: 1 })).toEqual(['day=a'])
  })

  it.each<[string, TableHealth]>([
    ['no partition has 5 files to merge', tableOf()],
    ['written to in the last 2.0 h', tableWith(partitionOf('2026-01-31', { lastWrittenMs: nowMs }))],
    ['that no predicate on columns selects', tableWith(partitionOf('x', { predicate: null }))],
  ])('is not done when %s', (reason, health) => {
    expect(decision(name, health)).toEqual({ name, planned: false, reason: expect.stringContaining(reason) })
  })
})

describe('expiry', () => {
  const name = 'expire_snapshots'
  const old = { ...tableOf().snapshots, count: 500, oldestMs: nowMs - 1_000 * hourMs }

  it('removes what is older than five days', () => {
    expect(decision(name, tableOf({ snapshots: old }))).toMatchObject({
      planned: true,
      operation: { operation: name, olderThanMs: nowMs - 120 * hourMs, retainLast: 1 },
    })
  })

  it.each([
    ['the stream that wrote last, however long ago', [streamOf(nowMs - 900 * hourMs)], 900],
    ['one that wrote within a week', [streamOf(nowMs), streamOf(nowMs - 160 * hourMs)], 160],
    ['none that wrote before', [streamOf(nowMs), streamOf(nowMs - 170 * hourMs)], 120],
  ])('keeps the newest snapshot of %s', (_, streams, hours) => {
    expect(decision(name, tableOf({ snapshots: old, streams }))).toMatchObject({
      operation: { olderThanMs: nowMs - hours * hourMs },
    })
  })

  it('is not done when nothing is old enough', () => {
    expect(decision(name, tableOf())).toMatchObject({ planned: false })
    expect(
      decision(name, tableOf({ snapshots: old }), { expireSnapshots: { retainLast: 500 } }),
    ).toMatchObject({
      planned: false,
    })
  })
})

describe('the other operations', () => {
  const orphans = { olderThanMs: nowMs - 48 * hourMs, listedFiles: 9, count: 3, bytes: 30, examples: [] }

  it('list orphans by default, and remove them when told to, never younger than they were looked for', () => {
    const name = 'remove_orphan_files'
    expect(decision(name, tableOf({ orphans }))).toMatchObject({
      operation: { operation: name, olderThanMs: nowMs - 72 * hourMs, dryRun: true },
      gainFiles: 0,
    })
    const removes = { removeOrphanFiles: { minAgeHours: 24, dryRun: false } }
    expect(decision(name, tableOf({ orphans }), removes)).toMatchObject({
      operation: { olderThanMs: nowMs - 48 * hourMs, dryRun: false },
      gainFiles: 3,
    })
    expect(decision(name, tableOf())).toMatchObject({
      planned: false,
      reason: expect.stringContaining('not listed'),
    })
    expect(decision(name, tableOf({ orphans: { ...orphans, count: 0 } }))).toMatchObject({ planned: false })
  })

  it('remove nothing from a bucket that is all the table’s location', () => {
    const root = tableOf({ orphans, location: 's3://lake' })
    expect(decision('remove_orphan_files', root, { removeOrphanFiles: { dryRun: false } })).toMatchObject({
      planned: false,
      reason: expect.stringContaining('s3://lake is a whole bucket'),
    })
  })

  it('group manifests that scatter partitions, and those of one partition when they are many', () => {
    const name = 'rewrite_manifests'
    const manifests = (dataManifests: number, mean: number) => ({
      ...tableOf().manifests,
      dataManifests,
      meanManifestsPerPartition: mean,
    })
    expect(decision(name, tableOf({ manifests: manifests(20, 4.1) }))).toMatchObject({ planned: true })
    expect(decision(name, tableOf({ manifests: manifests(19, 19) }))).toMatchObject({ planned: false })
    expect(decision(name, tableOf({ manifests: manifests(500, 4) }))).toMatchObject({ planned: false })
    const one = { ...tableOf().partitions, count: 1 }
    expect(decision(name, tableOf({ partitions: one, manifests: manifests(20, 20) }))).toMatchObject({
      planned: true,
    })
  })

  it('merge position deletes when they are many, and several of a partition: one is left as it is', () => {
    const name = 'rewrite_position_delete_files'
    const ofDeletes = (positionDeleteFiles: number, mostInOnePartition: number, operations?: Operations) => {
      const deletes = { ...tableOf().deletes, positionDeleteFiles, mostInOnePartition, bytes: 100 }
      return decision(name, tableOf({ deletes }), operations)
    }
    expect(ofDeletes(10, 5)).toMatchObject({
      planned: true,
      operation: { operation: name, minInputFiles: 5 },
      costBytes: 200,
    })
    expect(ofDeletes(10, 4)).toMatchObject({
      planned: false,
      reason:
        '10 position delete files, 4 small ones in one partition at most; merged from 10 on, and 5 of a partition',
    })
    expect(ofDeletes(9, 9)).toMatchObject({ planned: false })
    const eager: Operations = { rewritePositionDeleteFiles: { minFiles: 1 } }
    expect(ofDeletes(2, 2, eager)).toMatchObject({ operation: { operation: name, minInputFiles: 2 } })
    expect(ofDeletes(2, 1, eager)).toMatchObject({ planned: false })
  })
})

describe('a plan', () => {
  const busy = { ...tableWith(partitionOf('2026-01-29')), unreadable: [] }

  it.each<[string, TableHealth, object]>([
    ['no rule of the policy', busy, { tables: ['other.*'] }],
    ['enabled: false', busy, { enabled: false }],
    ['in no window', busy, { windows: [{ from: '00:00', to: '01:00' }] }],
    ['has no snapshot', { ...busy, snapshotId: null }, {}],
    [
      "can't be read: s3://lake/m.avro",
      { ...busy, unreadable: [{ location: 's3://lake/m.avro', filesRead: 0, code: 'X', message: 'y' }] },
      {},
    ],
    [
      'uuid 1-2, and 3-4 by Glue',
      { ...busy, disagreements: [{ what: 'uuid', measured: '1-2', said: '3-4', by: 'Glue' }] },
      {},
    ],
  ])('does nothing, and says why: %s', (reason, health, rule) => {
    const { decisions, gainFiles } = decideMaintenance(health, policyOf({}, rule), nowMs)
    expect(decisions).toHaveLength(5)
    for (const one of decisions) {
      expect(one.planned).toBe(false)
      expect(one.reason.toLowerCase()).toContain(reason.toLowerCase())
    }
    expect(gainFiles).toBe(0)
  })

  it('leaves out what the policy has off', () => {
    const off: Operations = {
      rewriteDataFiles: false,
      rewritePositionDeleteFiles: false,
      rewriteManifests: false,
      expireSnapshots: false,
      removeOrphanFiles: false,
    }
    const { decisions } = decideMaintenance(busy, policyOf(off), nowMs)
    expect(decisions.map(({ reason }) => reason)).toEqual(
      Array(5).fill('The policy has it off for this table'),
    )
  })

  it('is refused by a clock that is behind the table', () => {
    expect(() => decideMaintenance(busy, policyOf(), nowMs - 2 * hourMs)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('clock') }),
    )
    expect(() => decideMaintenance(busy, policyOf(), nowMs - hourMs)).not.toThrow()
  })
})

describe('many tables', () => {
  const planOf = (table: string, candidateBytes: number) => {
    const health = tableWith(partitionOf('2026-01-29', { candidateBytes }))
    return decideMaintenance({ ...health, table }, policyOf(), nowMs)
  }
  const names = (ranked: ReturnType<typeof rankPlans>) =>
    ranked.map(({ plan, admitted }) => [plan.table, admitted])

  it('are done in the order in which they pay, under the budget', () => {
    const plans = [
      planOf('dear', 1_000),
      decideMaintenance(tableOf(), policyOf(), nowMs),
      planOf('cheap', 10),
      planOf('fair', 100),
    ]
    expect(names(rankPlans(plans, { maxBytes: 2_100, maxTables: 9 }))).toEqual([
      ['web.clicks', false],
      ['cheap', true],
      ['fair', true],
      ['dear', false],
    ])
    expect(names(rankPlans(plans, { maxBytes: 2 ** 40, maxTables: 1 }))).toEqual([
      ['web.clicks', false],
      ['cheap', true],
      ['fair', false],
      ['dear', false],
    ])
  })

  it('one that is over the budget by itself is done when it is the first', () => {
    expect(names(rankPlans([planOf('dear', 1_000)], { maxBytes: 1, maxTables: 1 }))).toEqual([['dear', true]])
  })
})
