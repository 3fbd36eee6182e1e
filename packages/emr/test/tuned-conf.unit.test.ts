import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import {
  renderSizing,
  renderTunedConf,
  sizeJob,
  sparkConfOf,
  type TunedConf,
  tuneBatch,
  tuneStreaming,
} from '../src/index.js'
import { netflow, netflowBackfill, netflowTuning } from './tuning-inputs.js'

// `npx vitest run --project unit packages/emr -u` writes these anew; read the difference before it is committed.
const golden = (name: string) => join(import.meta.dirname, 'golden', name)
const asJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
const idsOf = ({ findings }: TunedConf) => findings.map(({ id, severity }) => `${severity} ${id}`)
const entryOf = (tuned: TunedConf, key: string) => tuned.entries.find((entry) => entry.key === key)

const hundred = { partitions: 100, recordBytes: 152 }
const serverless = sizeJob({ ...hundred, target: 'serverless', recordsPerSecond: 2_000_000 })
const hundredPartitions = { ...hundred, executors: serverless.executors, driver: serverless.driver }

describe('golden', () => {
  test.each([
    ['streaming-emr-7.13.json', () => tuneStreaming(netflowTuning('emr-7.13.0'))],
    [
      'streaming-emr-6.15-merge-on-read.json',
      () =>
        tuneStreaming({
          ...netflowTuning('emr-6.15.0'),
          rowLevelChanges: 'merge-on-read',
          partitionedTable: true,
        }),
    ],
    [
      'streaming-emr-spark-8.1-serverless.json',
      () =>
        tuneStreaming({
          ...hundredPartitions,
          release: 'emr-spark-8.1.0',
          target: 'serverless',
          expectedRecordsPerSecond: 2_000_000,
          triggerSeconds: 300,
        }),
    ],
    ['batch-emr-7.13.json', () => tuneBatch({ ...netflowBackfill('emr-7.13.0'), partitionedTable: true })],
    ['size-ec2.json', () => sizeJob({ ...netflow, recordsPerSecond: 800_000, spot: true })],
    [
      'size-ec2-fleets.json',
      () =>
        sizeJob({ ...netflow, recordsPerSecond: 800_000, instanceType: 'm7g.2xlarge', capacity: 'fleets' }),
    ],
    ['size-serverless.json', () => sizeJob({ ...netflow, recordsPerSecond: 800_000, target: 'serverless' })],
  ])('%s', async (name, make) => {
    await expect(asJson(make())).toMatchFileSnapshot(golden(name))
  })

  test('streaming-emr-7.13.txt, for people', async () => {
    const tuned = tuneStreaming({
      ...netflowTuning('emr-7.13.0'),
      overrides: { 'write.distribution-mode': 'hash', 'spark.eventLog.enabled': 'true' },
    })
    await expect(renderTunedConf(tuned)).toMatchFileSnapshot(golden('streaming-emr-7.13.txt'))
  })

  test('size-ec2.txt, for people', async () => {
    const text = renderSizing(sizeJob({ ...netflow, recordsPerSecond: 800_000, spot: true }))
    await expect(text).toMatchFileSnapshot(golden('size-ec2.txt'))
  })
})

describe('tuneStreaming', () => {
  it('leaves out what an older release lacks, and says so', () => {
    const moderate = { rowLevelChanges: 'merge-on-read' as const }
    const old = tuneStreaming({ ...netflowTuning('emr-7.1.0'), ...moderate })
    expect(entryOf(old, 'write.delete.granularity')).toBeUndefined()
    expect(old.findings).toContainEqual(
      expect.objectContaining({ id: 'emr.option-left-out', subject: 'write.delete.granularity' }),
    )
    const recent = tuneStreaming({ ...netflowTuning('emr-7.2.0'), ...moderate })
    expect(entryOf(recent, 'write.delete.granularity')?.value).toBe('file')
    expect(idsOf(recent)).not.toContain('info emr.option-left-out')
  })

  it("names the executors' failure interval as the Spark version does", () => {
    const keys = (release: string) => Object.keys(sparkConfOf(tuneStreaming(netflowTuning(release))))
    expect(keys('emr-6.15.0')).toContain('spark.yarn.executor.failuresValidityInterval')
    expect(keys('emr-7.0.0')).toContain('spark.executor.failuresValidityInterval')
  })

  it('sets YARN on EC2 alone, and tracks shuffles on Kubernetes alone', () => {
    const keys = (target: 'ec2' | 'serverless' | 'eks') =>
      Object.keys(sparkConfOf(tuneStreaming({ ...netflowTuning('emr-7.13.0'), target })))
    const yarn = 'spark.yarn.am.attemptFailuresValidityInterval'
    const tracking = 'spark.dynamicAllocation.shuffleTracking.enabled'
    expect([keys('ec2').includes(yarn), keys('ec2').includes(tracking)]).toEqual([true, false])
    expect([keys('serverless').includes(yarn), keys('serverless').includes(tracking)]).toEqual([false, false])
    expect([keys('eks').includes(yarn), keys('eks').includes(tracking)]).toEqual([false, true])
  })

  it('keeps consumers of many partitions, and over long pauses', () => {
    const few = sparkConfOf(tuneStreaming(netflowTuning('emr-7.13.0')))
    expect(Object.keys(few).filter((key) => key.startsWith('spark.kafka'))).toEqual([])
    const many = { ...netflowTuning('emr-7.13.0'), partitions: 100, triggerSeconds: 600 }
    expect(sparkConfOf(tuneStreaming(many))).toMatchObject({
      'spark.kafka.consumer.cache.capacity': '100',
      'spark.kafka.consumer.cache.timeout': '1200s',
      'spark.kafka.consumer.fetchedData.cache.timeout': '1200s',
      'spark.dynamicAllocation.executorIdleTimeout': '1260s',
    })
  })

  it('has half of the executors work where that is enough', () => {
    const shape = (min: number, max: number) => ({ ...netflowTuning('emr-7.13.0').executors, min, max })
    const conf = (min: number, max: number) =>
      tuneStreaming({
        ...netflowTuning('emr-7.13.0', 100_000),
        partitions: 24,
        executors: shape(min, max),
      })
    const ratio = 'spark.dynamicAllocation.executorAllocationRatio'
    expect(sparkConfOf(conf(2, 6))).toMatchObject({ [ratio]: '0.5' })
    const all = sparkConfOf(conf(4, 6))
    expect(all[ratio]).toBeUndefined()
    expect(all['spark.dynamicAllocation.minExecutors']).toBe('6')
  })

  it('sets minPartitions only where the tasks are no multiple of the cores by themselves', () => {
    const executors = { ...netflowTuning('emr-7.13.0').executors, min: 2, max: 2, cores: 4 }
    const tasks = (partitions: number) =>
      entryOf(
        tuneStreaming({ ...netflowTuning('emr-7.13.0', 1_000), executors, partitions }),
        'minPartitions',
      )
    expect(tasks(8)?.value).toBe(undefined)
    expect(tasks(9)?.value).toBe('16')
    expect(tasks(3)?.value).toBe('8')
  })
})

describe('findings', () => {
  it('names none but the files for the run book topic', () => {
    expect(idsOf(tuneStreaming(netflowTuning('emr-7.13.0')))).toEqual(['info emr.small-files'])
    expect(idsOf(tuneBatch(netflowBackfill('emr-7.13.0')))).toEqual([])
    const serverless = tuneBatch({ ...netflowBackfill('emr-7.0.0'), target: 'serverless' })
    expect(idsOf(serverless)).toEqual([])
  })

  it("warns of fewer vCPU than partitions, with the run book's reason", () => {
    const tuned = tuneStreaming({ ...netflowTuning('emr-7.13.0', 1_000), partitions: 13 })
    const finding = tuned.findings.find(({ id }) => id === 'emr.fewer-cores-than-partitions')
    expect(finding).toMatchObject({ severity: 'warning', evidence: '12 vCPU for 13 partitions' })
    expect(finding?.reason).toContain('at least as many vCPU as partitions')
  })

  it.each([
    ['a rate the cores cannot work off', { expectedRecordsPerSecond: 5_000_000 }, 'error emr.too-slow'],
    ['a short trigger', { triggerSeconds: 59 }, 'warning emr.trigger-short'],
    ['a release without a Python for the job', { release: 'emr-6.15.0' }, 'error emr.python-unsupported'],
    [
      'streaming on a Serverless that cannot',
      { release: 'emr-7.0.0', target: 'serverless' as const },
      'error emr.serverless-streaming',
    ],
    ['an unknown release', { release: 'emr-7.99.0' }, 'warning emr.release-unknown'],
    [
      'cores taken away by an override',
      { overrides: { 'spark.dynamicAllocation.maxExecutors': '2' } },
      'warning emr.fewer-cores-than-partitions',
    ],
    [
      'more executors at least than at most',
      { overrides: { 'spark.dynamicAllocation.maxExecutors': '1' } },
      'error emr.executors-conflict',
    ],
  ])('finds %s', (_, changed, expected) => {
    const changedTuning = { ...netflowTuning('emr-7.13.0'), ...changed }
    expect(idsOf(tuneStreaming(changedTuning))).toContain(expected)
    expect(idsOf(tuneStreaming(netflowTuning('emr-7.13.0')))).not.toContain(expected)
  })
})
