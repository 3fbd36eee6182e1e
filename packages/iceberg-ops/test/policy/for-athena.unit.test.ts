import { expect, it } from 'vitest'
import {
  athenaStatement,
  decideMaintenance,
  type MaintenanceRule,
  parsePolicy,
  planForAthena,
} from '../../src/index.js'
import { hourMs, nowMs, partitionOf, streamOf, tableOf, tableWith } from '../health/table-fixture.js'

const table = {
  ...tableWith(partitionOf('2026-01-29')),
  snapshots: { ...tableOf().snapshots, count: 500, oldestMs: nowMs - 1_000 * hourMs },
  manifests: { ...tableOf().manifests, dataManifests: 500, meanManifestsPerPartition: 500 },
}

function decisionsFor(removeOrphanFiles: object | false, more: object = {}) {
  const policy = parsePolicy({ version: 1, rules: [{ tables: ['*'], operations: { removeOrphanFiles } }] })
  const plan = decideMaintenance({ ...table, ...more }, policy, nowMs)
  return planForAthena(plan, policy.rules[0] as MaintenanceRule, nowMs, { ...table, ...more }).decisions
}

/** The properties of VACUUM that are set. */
const propertiesIn = (decisions: ReturnType<typeof decisionsFor>) =>
  decisions.flatMap((one) =>
    one.planned &&
    one.operation.operation === 'set_table_properties' &&
    'vacuum_max_snapshot_age_seconds' in one.operation.properties
      ? [one.operation.properties]
      : [],
  )

it('merges by the number and size of files that were counted, and has every planned operation in words', () => {
  const decisions = decisionsFor({ dryRun: false })
  expect(decisions[1]).toMatchObject({
    operation: { operation: 'rewrite_data_files', where: { column: 'day' } },
  })
  const statements = decisions.flatMap((one) =>
    one.planned ? [athenaStatement(one.operation, { database: 'web', name: 'clicks' })] : [],
  )
  expect(statements).toEqual([
    "ALTER TABLE web.clicks SET TBLPROPERTIES ('optimize_rewrite_data_file_threshold'='5', 'write_target_data_file_size_bytes'='536870912')",
    `OPTIMIZE web.clicks REWRITE DATA USING BIN_PACK WHERE "day" = DATE '2026-01-29'`,
    "ALTER TABLE web.clicks SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='432000', 'vacuum_min_snapshots_to_keep'='1')",
    'VACUUM web.clicks',
  ])
  expect(decisions.find(({ name }) => name === 'rewrite_manifests')).toMatchObject({
    planned: false,
    reason: expect.stringContaining('Athena has no statement for it'),
  })
})

it('vacuums by the longest age of snapshots, streams and orphan files', () => {
  expect(propertiesIn(decisionsFor({ dryRun: false, minAgeHours: 200 }))).toMatchObject([
    { vacuum_max_snapshot_age_seconds: String(200 * 3_600) },
  ])
  const streams = [streamOf(nowMs - 300 * hourMs - 1)]
  expect(propertiesIn(decisionsFor({ dryRun: false }, { streams }))).toMatchObject([
    { vacuum_max_snapshot_age_seconds: String(300 * 3_600 + 1) },
  ])
})

it('leaves out VACUUM, which Athena refuses at the root of a bucket', () => {
  const decisions = decisionsFor({ dryRun: false }, { location: 's3://lake/' })
  expect(propertiesIn(decisions)).toEqual([])
  expect(decisions.find(({ name }) => name === 'vacuum')).toMatchObject({
    planned: false,
    reason: expect.stringContaining('whole bucket'),
  })
})

it.each([false as const, { dryRun: true }])(
  'does not vacuum where orphan files may not be removed: %j',
  (orphans) => {
    const decisions = decisionsFor(orphans)
    expect(propertiesIn(decisions)).toEqual([])
    expect(decisions.find(({ name }) => name === 'vacuum')).toMatchObject({ planned: false })
  },
)
