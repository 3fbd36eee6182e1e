import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideMaintenance, parsePolicy, type TableOperation } from '../../src/index.js'
import { hourMs, nowMs, partitionOf, streamOf, tableOf, tableWith } from '../health/table-fixture.js'

const ages = { maxAgeHours: 24, minAgeHours: 24, hotForHours: 2 }
const policy = parsePolicy({
  version: 1,
  rules: [
    {
      tables: ['*'],
      operations: {
        rewriteDataFiles: { hotForHours: ages.hotForHours },
        expireSnapshots: { maxAgeHours: ages.maxAgeHours },
        removeOrphanFiles: { minAgeHours: ages.minAgeHours, dryRun: false },
      },
    },
  ],
})

/** From ten days ago to the hour of the future from which on a table is refused. */
const instant = fc.integer({ min: nowMs - 240 * hourMs, max: nowMs + hourMs })

test('whatever the clocks of writers say, nothing is taken that is too young by this one', () => {
  fc.assert(
    fc.property(
      fc.array(instant, { minLength: 1 }),
      fc.array(instant),
      fc.array(instant),
      instant,
      (snapshots, commits, partitions, olderThanMs) => {
        const listed = partitions.map((lastWrittenMs, at) => partitionOf(`2026-01-${at}`, { lastWrittenMs }))
        const table = {
          ...tableWith(...listed),
          snapshots: {
            ...tableOf().snapshots,
            count: snapshots.length + 1,
            oldestMs: Math.min(...snapshots),
            newestMs: Math.max(...snapshots),
          },
          streams: commits.map((committedAtMs) => streamOf(committedAtMs)),
          orphans: { olderThanMs, listedFiles: 9, count: 3, bytes: 30, examples: [] },
        }
        const plan = decideMaintenance(table, policy, nowMs)
        for (const decision of plan.decisions) {
          expect(decision.reason).not.toMatch(/ -\d/)
          if (!decision.planned) continue
          const { operation } = decision
          expect(olderThan(operation)).toBeLessThanOrEqual(nowMs - 24 * hourMs)
          for (const name of decision.partitions ?? []) {
            const written = listed.find((one) => one.name === name)?.lastWrittenMs ?? 0
            expect(written).toBeLessThanOrEqual(nowMs - ages.hotForHours * hourMs)
          }
        }
        expect(plan.gainFiles).toBeGreaterThanOrEqual(0)
      },
    ),
  )
})

function olderThan(operation: TableOperation): number {
  return 'olderThanMs' in operation ? operation.olderThanMs : Number.NEGATIVE_INFINITY
}
