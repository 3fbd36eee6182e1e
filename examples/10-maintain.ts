// Step 10 of the run book: keep the table healthy. Measures it by its metadata, plans with reasons, runs the plan on Spark, and
// measures what came of it.
import { fileStore } from '@tidewater/core/storage'
import {
  healthFindings,
  healthText,
  maintainTable,
  measureTable,
  parsePolicy,
  sparkEngine,
} from '@tidewater/iceberg-ops'
import { localMaintenanceRunner } from '@tidewater/testkit'
import { job, spark } from './netflow.js'

const { catalog, namespace, name } = job.table
if (catalog.type !== 'hadoop') throw new TypeError('The example keeps its table in a folder')
const source = { type: 'hadoop', warehouse: catalog.warehouse, namespace, name } as const
const measure = (signal?: AbortSignal) =>
  measureTable(`${namespace}.${name}`, source, { objects: fileStore, nowMs: Date.now(), signal })

const before = await measure()
console.log(healthText(before, healthFindings(before)))

const { plan, effects, after } = await maintainTable({
  policy: parsePolicy({
    version: 1,
    rules: [
      {
        tables: ['*'],
        operations: { rewriteDataFiles: { minInputFiles: 2 }, expireSnapshots: { maxAgeHours: 0 } },
      },
    ],
  }),
  engine: sparkEngine({ runner: localMaintenanceRunner(spark), table: job.table }),
  measure,
  lease: { store: fileStore, holder: 'example 10' },
  onProgress: console.log,
})
for (const decision of plan.decisions) {
  console.log(`${decision.planned ? 'run ' : 'skip'} ${decision.name}: ${decision.reason}`)
}
for (const { name: operation, measured } of effects) console.log(`did  ${operation}: ${measured}`)
for (const [when, { dataFiles, snapshots }] of Object.entries({ before, after: after ?? before })) {
  console.log(
    `${when} ${dataFiles.records} records, ${dataFiles.count} data files, ${snapshots.count} snapshots`,
  )
}
