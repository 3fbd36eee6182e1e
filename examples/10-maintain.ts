// Step 10 of the run book: keep the table healthy. Measures it, plans with reasons, runs the plan, measures again.
import { inventoryStatement, parseInventory, planMaintenance } from '@tidewater/iceberg-ops'
import { queryRunner, runMaintenance } from '@tidewater/testkit'
import { job, spark } from './netflow.js'

const { catalog, namespace, name } = job.table
const runQueries = queryRunner(catalog, spark)

async function measure() {
  const sql = inventoryStatement({ catalog: catalog.name, namespace, name })
  return parseInventory((await runQueries([{ id: 'inventory', sql }])).get('inventory')?.[0])
}

const before = await measure()
console.log('before', before)
const { plan, decisions } = planMaintenance(
  { catalog, namespace, name },
  before,
  { minInputFiles: 2, maxSnapshotAgeMs: 0 },
  Date.now(),
)
for (const { operation, planned, reason } of decisions) {
  console.log(`${planned ? 'run ' : 'skip'} ${operation}: ${reason}`)
}
for (const { operation, seconds } of await runMaintenance(plan, spark)) {
  console.log(`${operation} took ${seconds} s`)
}
console.log('after', await measure())
