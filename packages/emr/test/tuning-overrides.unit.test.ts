import { avroSchema } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import {
  defineJob,
  jobOverrides,
  sparkConfOf,
  type TunedConf,
  tuneBatch,
  tunedJob,
  tuneStreaming,
} from '../src/index.js'
import { netflowBackfill, netflowTuning } from './tuning-inputs.js'

const stream = (overrides: Record<string, string>, more: object = {}): TunedConf =>
  tuneStreaming({ ...netflowTuning('emr-7.13.0'), ...more, overrides })
const found = ({ findings }: TunedConf, id: string) => findings.find((finding) => finding.id === id)

describe('an override', () => {
  it('wins, and is reported with what was recommended', () => {
    const tuned = stream({ 'spark.executor.memory': '4g', 'spark.eventLog.enabled': 'true' })
    expect(sparkConfOf(tuned)).toMatchObject({
      'spark.executor.memory': '4g',
      'spark.eventLog.enabled': 'true',
    })
    expect(tuned.entries.map(({ key }) => key)).not.toContain('spark.executor.memory')
    expect(tuned.overridden).toEqual([
      {
        scope: 'spark',
        key: 'spark.executor.memory',
        value: '4g',
        recommended: '8436m',
        reason: 'from the sizing',
      },
      {
        scope: 'spark',
        key: 'spark.eventLog.enabled',
        value: 'true',
        recommended: undefined,
        reason: undefined,
      },
    ])
  })

  it('that says what is recommended is none', () => {
    const tuned = stream({ 'write.distribution-mode': 'none' })
    expect(tuned).toEqual(stream({}))
  })

  it.each([
    ['asyncProgressTrackingEnabled', 'true', 'emr.async-progress', 'error'],
    ['failOnDataLoss', 'false', 'emr.data-loss-ignored', 'warning'],
    ['spark.dynamicAllocation.executorIdleTimeout', '60s', 'emr.idle-timeout-short', 'warning'],
    ['spark.dynamicAllocation.executorIdleTimeout', '1min', 'emr.idle-timeout-short', 'warning'],
    ['spark.dynamicAllocation.executorIdleTimeout', '60000ms', 'emr.idle-timeout-short', 'warning'],
    ['spark.dynamicAllocation.executorIdleTimeout', '59', 'emr.idle-timeout-short', 'warning'],
    ['write.distribution-mode', 'hash', 'emr.distribution-shuffles', 'warning'],
    ['write.distribution-mode', 'range', 'emr.distribution-shuffles', 'warning'],
    ['write.format.default', 'avro', 'emr.write-format', 'warning'],
    ['spark.streaming.stopGracefullyOnShutdown', 'true', 'emr.setting-without-effect', 'warning'],
  ])('%s=%s is dangerous: %s', (key, value, id, severity) => {
    const finding = found(stream({ [key]: value }), id)
    expect(finding).toMatchObject({ severity, subject: key })
    expect(finding?.evidence).toContain(`${key} is ${value}`)
  })

  it.each([
    ['asyncProgressTrackingEnabled', 'false'],
    ['failOnDataLoss', 'true'],
    ['spark.dynamicAllocation.executorIdleTimeout', '61s'],
    ['spark.dynamicAllocation.executorIdleTimeout', '2min'],
    ['write.format.default', 'PARQUET'],
    ['write.spark.fanout.enabled', 'false'],
  ])('%s=%s is harmless', (key, value) => {
    expect(stream({ [key]: value }).findings).toEqual(stream({}).findings)
  })

  it('of the idle timeout must outlast the trigger as well', () => {
    const key = 'spark.dynamicAllocation.executorIdleTimeout'
    expect(found(stream({ [key]: '300s' }, { triggerSeconds: 300 }), 'emr.idle-timeout-short')).toBeDefined()
    expect(
      found(stream({ [key]: '301s' }, { triggerSeconds: 300 }), 'emr.idle-timeout-short'),
    ).toBeUndefined()
  })

  it('of the fanout writer is dangerous where the table is partitioned, one way in a stream and the other in a batch', () => {
    const batch = (value: string) =>
      tuneBatch({
        ...netflowBackfill('emr-7.13.0'),
        partitionedTable: true,
        overrides: { 'write.spark.fanout.enabled': value },
      })
    const partitioned = { partitionedTable: true }
    expect(
      found(stream({ 'write.spark.fanout.enabled': 'false' }, partitioned), 'emr.fanout-off'),
    ).toBeDefined()
    expect(found(batch('true'), 'emr.fanout-in-batch')).toBeDefined()
    expect(batch('false').findings).toEqual([])
  })

  it('of the trigger has an option of its own', () => {
    expect(() => stream({ processingTime: '10 seconds' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', remedy: 'Give it as triggerSeconds.' }),
    )
  })
})

describe('bad input', () => {
  it.each([
    ['partitions', { partitions: 0 }],
    ['partitions', { partitions: 1.5 }],
    ['expectedRecordsPerSecond', { expectedRecordsPerSecond: 0 }],
    ['expectedRecordsPerSecond', { expectedRecordsPerSecond: Number.NaN }],
    ['recordBytes', { recordBytes: 0 }],
    ['triggerSeconds', { triggerSeconds: 0 }],
    ['executors.min', { executors: { ...netflowTuning('emr-7.13.0').executors, min: 9 } }],
    ['executors.cores', { executors: { ...netflowTuning('emr-7.13.0').executors, cores: 0 } }],
    ['rowLevelChanges', { rowLevelChanges: 'sometimes' as never }],
    ['overrides.a', { overrides: { a: 1 as never } }],
  ])('%s is refused by name', (path, changed) => {
    const act = () => tuneStreaming({ ...netflowTuning('emr-7.13.0'), ...changed })
    expect(act).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(act).toThrow(new RegExp(`${path.replace('.', '\\.')}: `))
  })

  it('an option that does not exist is refused', () => {
    expect(() => tuneStreaming({ ...netflowTuning('emr-7.13.0'), cores: 3 } as never)).toThrow(/cores/)
  })
})

describe('tunedJob', () => {
  const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] })
  const job = (more: object = {}) =>
    defineJob({
      name: 'clicks',
      schema,
      source: { bootstrapBrokers: '127.0.0.1:9092', topic: 'clicks', auth: { type: 'none' } },
      table: {
        catalog: { name: 'local', type: 'hadoop', warehouse: '/w' },
        namespace: 'web',
        name: 'clicks',
        properties: { owner: 'web' },
      },
      trigger: { type: 'processingTime', intervalSeconds: 10 },
      checkpointLocation: '/c',
      ...more,
    })

  it('puts source, table and trigger into the document, and leaves the rest', () => {
    const tuned = tunedJob(job(), stream({ failOnDataLoss: 'false', 'kafka.fetch.min.bytes': '1000' }))
    expect(tuned.source).toMatchObject({
      topic: 'clicks',
      maxOffsetsPerTrigger: 38_400_000,
      minPartitions: 16,
      failOnDataLoss: false,
      kafkaOptions: { 'kafka.max.poll.records': '20000', 'kafka.fetch.min.bytes': '1000' },
    })
    expect(tuned.table).toMatchObject({ distributionMode: 'none', fanout: true })
    expect(tuned.table.properties).toMatchObject({
      owner: 'web',
      'write.parquet.dict-size-bytes': '16384',
      'commit.retry.num-retries': '20',
    })
    expect(tuned.trigger).toEqual({ type: 'processingTime', intervalSeconds: 60 })
  })

  it('leaves the trigger of a backfill as it is', () => {
    const backfill = job({ trigger: { type: 'availableNow' } })
    const tuned = tunedJob(backfill, tuneBatch(netflowBackfill('emr-7.13.0')))
    expect(tuned.trigger).toEqual({ type: 'availableNow' })
    expect(tuned.table.fanout).toBe(false)
  })

  it('refuses what the document has no field for', () => {
    expect(() => tunedJob(job(), stream({ asyncProgressTrackingEnabled: 'true' }))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    expect(() => tunedJob(job(), stream({ maxTriggerDelay: '10m' }))).toThrow(/maxTriggerDelay/)
  })

  it('takes what a document states for overrides', () => {
    const written = job({ source: { ...job().source, maxOffsetsPerTrigger: 5_000, failOnDataLoss: false } })
    expect(jobOverrides(written)).toMatchObject({
      maxOffsetsPerTrigger: '5000',
      failOnDataLoss: 'false',
      owner: 'web',
    })
    expect(tunedJob(written, stream(jobOverrides(written))).source.maxOffsetsPerTrigger).toBe(5_000)
  })
})
