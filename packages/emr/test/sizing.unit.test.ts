import { describe, expect, it } from 'vitest'
import { type SizeInput, sizeJob } from '../src/index.js'
import { netflow } from './tuning-inputs.js'

const load = { ...netflow, recordsPerSecond: 800_000 }

describe('sizeJob', () => {
  it("reckons with our measurement: 15 cores for the run book's 800,000 records a second", () => {
    expect(sizeJob(load).need).toMatchObject({ recordsPerSecondPerCore: 80_000, coresForRate: 15, cores: 15 })
  })

  it('reckons larger records by their bytes, smaller ones as measured', () => {
    const rate = (recordBytes: number) => sizeJob({ ...load, recordBytes }).need.recordsPerSecondPerCore
    expect([rate(1_520), rate(304), rate(152), rate(15)]).toEqual([8_000, 40_000, 80_000, 80_000])
  })

  it('takes a measurement as it is given', () => {
    const need = sizeJob({ ...load, recordBytes: 1_520, recordsPerSecondPerCore: 20_000 })
    expect(need.need).toMatchObject({ recordsPerSecondPerCore: 20_000, source: { trust: 'claimed' } })
  })

  it('gives a quiet topic a core for each partition, at most', () => {
    const { executors, need } = sizeJob({ ...load, partitions: 100, recordsPerSecond: 1 })
    expect(need).toMatchObject({ coresForRate: 1, cores: 100 })
    expect(executors).toMatchObject({ min: 1, max: 25 })
  })

  it('adds up what nodes cost: the primary and 2 to 3 others, EC2 and EMR', () => {
    const { cost } = sizeJob({ ...load, recordsPerSecond: 300_000, instanceType: 'm5.xlarge' })
    expect(cost).toMatchObject({ minDollarsPerHour: 0.72, maxDollarsPerHour: 0.96, region: 'us-east-1' })
  })

  it('adds up what workers cost: a driver of 2 vCPU and 4 GB, executors of 4 vCPU and 16 GB', () => {
    const { cost } = sizeJob({ ...load, recordsPerSecond: 300_000, target: 'serverless' })
    expect(cost.maxDollarsPerHour).toBeCloseTo((2 + 3 * 4) * 0.052624 + (4 + 3 * 16) * 0.0057785, 6)
  })

  it('keeps the nodes for the steady load on demand, and puts a warning to Spot for the others', () => {
    const spot = sizeJob({ ...load, recordsPerSecond: 300_000, spot: true })
    expect(spot.instanceGroups).toEqual([
      { InstanceRole: 'MASTER', InstanceType: 'm6g.xlarge', InstanceCount: 1, Market: 'ON_DEMAND' },
      { InstanceRole: 'CORE', InstanceType: 'm6g.xlarge', InstanceCount: 2, Market: 'ON_DEMAND' },
      { InstanceRole: 'TASK', InstanceType: 'm6g.xlarge', InstanceCount: 1, Market: 'SPOT' },
    ])
    expect(spot.computeLimits).toMatchObject({ MaximumOnDemandCapacityUnits: 2, MaximumCapacityUnits: 3 })
    expect(spot.findings.map(({ id }) => id)).toEqual(['emr.driver-on-spot'])
    expect(sizeJob({ ...load, recordsPerSecond: 300_000 }).findings).toEqual([])
  })
})

describe('bad input', () => {
  it.each<[string, object, string]>([
    ['no partitions', { partitions: 0 }, 'partitions: '],
    ['no records', { recordsPerSecond: 0 }, 'recordsPerSecond: '],
    ['endless records', { recordsPerSecond: Number.POSITIVE_INFINITY }, 'recordsPerSecond: '],
    ['records of nothing', { recordBytes: 0 }, 'recordBytes: '],
    ['an unknown instance type', { instanceType: 'm5.large' }, 'must be one of c5.xlarge'],
    ['cores that leave a rest', { executorCores: 3 }, 'm6g.xlarge has 4 vCPU'],
    ['executors without memory', { executorCores: 1, instanceType: 'c6g.xlarge' }, 'MiB of heap'],
    ['a worker without a size', { target: 'serverless', executorCores: 3 }, 'workers of 1, 2, 4, 8, 16'],
    ['a worker with too little memory', { target: 'serverless', executorMemoryGb: 7 }, '8 to 30 GB'],
    ['a worker with too much memory', { target: 'serverless', executorMemoryGb: 31 }, '8 to 30 GB'],
    [
      'memory between two steps',
      { target: 'serverless', executorCores: 8, executorMemoryGb: 30 },
      'in steps of 4',
    ],
    [
      'an instance type without instances',
      { target: 'serverless', instanceType: 'm5.xlarge' },
      'instanceType',
    ],
    ['worker memory without workers', { executorMemoryGb: 16 }, 'executorMemoryGb'],
    ['another target', { target: 'laptop' }, 'target: '],
  ])('%s is refused', (_, changed, problem) => {
    const act = () => sizeJob({ ...load, ...changed } as SizeInput)
    expect(act).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(act).toThrow(problem)
  })
})
