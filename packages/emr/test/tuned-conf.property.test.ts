import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  defineJob,
  knownReleaseLabels,
  releaseOf,
  sizeJob,
  sparkConfOf,
  type TunedConf,
  tuneBatch,
  tunedJob,
  tuneStreaming,
} from '../src/index.js'
import { compareVersions } from '../src/releases.js'
import { documentedKeys } from './documented-keys.js'

const common = {
  release: fc.constantFrom(...knownReleaseLabels),
  target: fc.constantFrom('ec2' as const, 'serverless' as const, 'eks' as const),
  partitions: fc.integer({ min: 1, max: 1_000 }),
  recordBytes: fc.integer({ min: 1, max: 10_000 }),
  partitionedTable: fc.boolean(),
  rowLevelChanges: fc.constantFrom('none' as const, 'merge-on-read' as const, 'copy-on-write' as const),
  highCardinalityStrings: fc.boolean(),
}
const rate = fc.integer({ min: 1, max: 20_000_000 })

const streaming = fc
  .record({
    ...common,
    expectedRecordsPerSecond: rate,
    triggerSeconds: fc.integer({ min: 1, max: 3_600 }),
  })
  .map((load) => {
    const { partitions, recordBytes, expectedRecordsPerSecond: recordsPerSecond } = load
    const { executors, driver, tasks } = sizeJob({ partitions, recordBytes, recordsPerSecond })
    return { tuning: { ...load, executors, driver }, tasks }
  })
const batch = fc.record({ ...common, recordsPerSecond: rate }).map(({ recordsPerSecond, ...load }) => {
  const { partitions, recordBytes } = load
  const { executors, driver } = sizeJob({ partitions, recordBytes, recordsPerSecond })
  return { ...load, executors, driver }
})
const job = defineJob({
  name: 'clicks',
  schema: { definition: { type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] } },
  source: { bootstrapBrokers: '127.0.0.1:9092', topic: 'clicks', auth: { type: 'none' } },
  table: {
    catalog: { name: 'local', type: 'hadoop', warehouse: '/w' },
    namespace: 'web',
    name: 'clicks',
  },
  trigger: { type: 'availableNow' },
  checkpointLocation: '/c',
})

function expectKnown({ entries }: TunedConf, release: string): void {
  const { sparkVersion, icebergVersion } = releaseOf(release)
  for (const { scope, key, value, reason, source } of entries) {
    const documented = documentedKeys[scope]?.[key]
    expect(documented, `${scope} ${key}`).toBeDefined()
    const version = scope === 'table' ? icebergVersion : sparkVersion
    const { since = '0', until = '999' } = documented ?? {}
    expect(compareVersions(version, since), `${key} on ${version}`).toBeGreaterThanOrEqual(0)
    expect(compareVersions(version, until), `${key} on ${version}`).toBeLessThan(0)
    expect(value).not.toMatch(/NaN|undefined|Infinity|\be\+/)
    expect(reason.length).toBeGreaterThan(0)
    expect(source.title.length).toBeGreaterThan(0)
  }
  expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
}

describe('what is recommended', () => {
  test('for a stream is known to its release, once each, with reason and source, and fits the document', () => {
    fc.assert(
      fc.property(streaming, ({ tuning }) => {
        const tuned = tuneStreaming(tuning)
        expectKnown(tuned, tuning.release)
        expect(tunedJob(job, tuned).trigger).toEqual({
          type: 'processingTime',
          intervalSeconds: tuning.triggerSeconds,
        })
      }),
    )
  })

  test('for a batch is as well', () => {
    fc.assert(
      fc.property(batch, (tuning) => {
        const tuned = tuneBatch(tuning)
        expectKnown(tuned, tuning.release)
        expect(tunedJob(job, tuned).table.fanout).toBe(false)
      }),
    )
  })

  test('for a job of that size raises no complaint about its size, and agrees with the sizing', () => {
    fc.assert(
      fc.property(streaming, ({ tuning, tasks }) => {
        const { entries, findings } = tuneStreaming(tuning)
        const complaints = ['emr.too-slow', 'emr.fewer-cores-than-partitions', 'emr.executors-conflict']
        expect(findings.filter(({ id }) => complaints.includes(id))).toEqual([])
        const minPartitions = entries.find(({ key }) => key === 'minPartitions')?.value
        expect(Number(minPartitions ?? tuning.partitions)).toBe(tasks)
      }),
    )
  })
})

test('executors outlast the pause between micro-batches, and Spark allocates those that are meant to work', () => {
  fc.assert(
    fc.property(streaming, ({ tuning, tasks }) => {
      const conf = sparkConfOf(tuneStreaming(tuning))
      const setting = (name: string) => conf[`spark.dynamicAllocation.${name}`]
      expect(Number.parseInt(setting('executorIdleTimeout') ?? '', 10)).toBeGreaterThan(
        Math.max(60, tuning.triggerSeconds),
      )
      const [min, max] = [Number(setting('minExecutors')), Number(setting('maxExecutors'))]
      expect(min).toBeLessThanOrEqual(max)
      // As ExecutorAllocationManager reckons.
      const ratio = Number(setting('executorAllocationRatio') ?? 1)
      const wanted = Math.ceil((tasks * ratio) / tuning.executors.cores)
      const allocated = Math.min(max, Math.max(min, wanted))
      expect(tasks % (allocated * tuning.executors.cores)).toBe(0)
      expect(conf['spark.sql.shuffle.partitions']).toBe(String(allocated * tuning.executors.cores))
    }),
  )
})
