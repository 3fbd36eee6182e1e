import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sizeJob, sparkConfOf, type TunedEntry, tuneBatch, tuneStreaming } from '@tidewater/emr'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runSparkModule, type SparkEvent } from '../../src/index.js'

const load = { partitions: 100, recordBytes: 152 }
const { executors, driver } = sizeJob({ ...load, recordsPerSecond: 1_000_000 })
const common = {
  ...load,
  release: 'emr-7.13.0',
  executors,
  driver,
  rowLevelChanges: 'merge-on-read' as const,
}
// Many partitions and a long trigger, so that the settings of the consumer cache are among them.
const streaming = tuneStreaming({ ...common, expectedRecordsPerSecond: 1_000_000, triggerSeconds: 600 })
const batch = tuneBatch({ ...common, target: 'eks', partitionedTable: true })

// All of them reach the session. Executors, their allocation and YARN's part need a cluster to act upon, which one process
// with threads for executors is not; of these the test says that Spark starts with them and knows them.
const conf = { ...sparkConfOf(batch), ...sparkConfOf(streaming) }

// What nobody knows has to be told from the others.
const unknownKey = 'spark.dynamicAllocation.unknown'

let stateFolder: string
let events: SparkEvent[]
beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-tuned-'))
  events = []
  const run = await runSparkModule({
    module: 'testkit_fixture.tuned_conf',
    args: [
      JSON.stringify({
        spark: [...Object.keys(conf), unknownKey],
        table: settingsOf(streaming.entries, 'table'),
      }),
    ],
    stateFolder,
    pythonPath: [join(import.meta.dirname, '..', 'fixtures', 'python')],
    sparkConf: {
      ...conf,
      'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
      'spark.sql.catalog.tuned': 'org.apache.iceberg.spark.SparkCatalog',
      'spark.sql.catalog.tuned.type': 'hadoop',
      'spark.sql.catalog.tuned.warehouse': join(stateFolder, 'warehouse'),
    },
    onEvent: (event) => events.push(event),
  })
  expect((await run.wait()).outcome).toBe('completed')
})
afterAll(() => rm(stateFolder, { recursive: true, force: true }))

test('Spark starts with the settings, and the session has each of them', () => {
  expect(Object.keys(conf).length).toBeGreaterThan(15)
  const { spark, conf: found } = eventOf('session')
  expect({ spark, found }).toEqual({ spark: '3.5.7', found: { ...conf, [unknownKey]: null } })
})

test.each(['spark', 'table', 'source'] as const)(
  'every key of scope %s is known to those it is for',
  (scope) => {
    const known = events.find((event) => event.event === 'known' && event.scope === scope)?.keys as string[]
    // The Kafka source's own options know no case.
    const names = new Set(known.map((key) => key.toLowerCase()))
    const keys = [...streaming.entries, ...batch.entries].filter((entry) => entry.scope === scope)
    expect(keys.length).toBeGreaterThan(2)
    expect(keys.map(({ key }) => key).filter((key) => !names.has(key.toLowerCase()))).toEqual([])
    expect(names.has(unknownKey.toLowerCase())).toBe(false)
  },
)

test('Iceberg takes the properties, and writes by them', () => {
  const { properties, rows, formats, deleteFiles } = eventOf('table')
  expect(properties).toMatchObject(settingsOf(streaming.entries, 'table'))
  expect({ rows, formats }).toEqual({ rows: 990, formats: ['PARQUET'] })
  // Merge-on-read: the deletion wrote a delete file and left the data files.
  expect(deleteFiles).toBeGreaterThan(0)
})

function eventOf(name: string): SparkEvent {
  const found = events.find(({ event }) => event === name)
  if (found === undefined) throw new Error(`no event ${name}`)
  return found
}

function settingsOf(entries: readonly TunedEntry[], scope: TunedEntry['scope']): Record<string, string> {
  return Object.fromEntries(
    entries.filter((entry) => entry.scope === scope).map(({ key, value }) => [key, value]),
  )
}
