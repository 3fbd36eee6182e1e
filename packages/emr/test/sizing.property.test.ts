import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SizeInput, type Sizing, sizeJob } from '../src/index.js'
import { instanceTypes } from '../src/size/instance-types.js'
import { workerShapes } from '../src/size/serverless-workers.js'

const load = {
  partitions: fc.integer({ min: 1, max: 2_000 }),
  recordsPerSecond: fc.integer({ min: 1, max: 50_000_000 }),
  recordBytes: fc.integer({ min: 1, max: 100_000 }),
}
// What AWS has: four cores of an executor divide the vCPU of every instance type that is known.
const ec2 = fc.record<SizeInput>({
  ...load,
  target: fc.constant('ec2' as const),
  instanceType: fc.constantFrom(...instanceTypes.map(({ instanceType }) => instanceType)),
  executorCores: fc.constant(4),
  capacity: fc.constantFrom('groups' as const, 'fleets' as const),
  spot: fc.boolean(),
})
const serverless = fc.constantFrom(...workerShapes).chain((shape) =>
  fc.record<SizeInput>({
    ...load,
    target: fc.constant('serverless' as const),
    executorCores: fc.constant(shape.vCpus),
    executorMemoryGb: fc
      .integer({ min: 0, max: (shape.maxMemoryGb - shape.minMemoryGb) / shape.stepGb })
      .map((steps) => shape.minMemoryGb + steps * shape.stepGb),
  }),
)
const anyTarget = fc.oneof(ec2, serverless)

describe('a sizing', () => {
  test('has a core for each partition, and executors for the rate', () => {
    fc.assert(
      fc.property(anyTarget, (input) => {
        const { executors, need, tasks } = sizeJob(input)
        expect(executors.max * executors.cores).toBeGreaterThanOrEqual(input.partitions)
        expect(tasks).toBeGreaterThanOrEqual(input.partitions)
        expect(tasks % executors.cores).toBe(0)
        expect(executors.min).toBeGreaterThanOrEqual(1)
        expect(executors.min).toBeLessThanOrEqual(executors.max)
        expect(executors.min * executors.cores * need.recordsPerSecondPerCore).toBeGreaterThanOrEqual(
          input.recordsPerSecond,
        )
      }),
    )
  })

  test('never shrinks when the rate grows', () => {
    fc.assert(
      fc.property(anyTarget, fc.integer({ min: 0, max: 50_000_000 }), (input, more) => {
        const small = sizeJob(input)
        const large = sizeJob({ ...input, recordsPerSecond: input.recordsPerSecond + more })
        expect(measuresOf(large).map((value, at) => value >= (measuresOf(small)[at] ?? 0))).not.toContain(
          false,
        )
      }),
    )
  })

  test('does not grow when a core is said to do more', () => {
    fc.assert(
      fc.property(anyTarget, fc.integer({ min: 1, max: 1_000_000 }), (input, rate) => {
        const slow = sizeJob({ ...input, recordsPerSecondPerCore: rate })
        const fast = sizeJob({ ...input, recordsPerSecondPerCore: 2 * rate })
        expect(fast.executors.min).toBeLessThanOrEqual(slow.executors.min)
        expect(fast.cost.maxDollarsPerHour).toBeLessThanOrEqual(slow.cost.maxDollarsPerHour)
      }),
    )
  })
})

test('nodes hold their executors and a driver, within the limits of managed scaling', () => {
  fc.assert(
    fc.property(ec2, (input) => {
      const sizing = sizeJob(input)
      if (sizing.target !== 'ec2') throw new Error('not the target asked for')
      const { executors, driver, executorsPerNode, computeLimits } = sizing
      const asked = instanceTypes.find(
        (type) => 'instanceType' in input && type.instanceType === input.instanceType,
      )
      const containerMb = executors.memoryMb + executors.memoryOverheadMb
      const driverMb = driver.memoryMb + driver.memoryOverheadMb
      const types = (sizing.instanceFleets ?? []).flatMap(({ InstanceFleetType, InstanceTypeConfigs }) =>
        InstanceFleetType === 'MASTER' ? [] : InstanceTypeConfigs.map(({ InstanceType }) => InstanceType),
      )
      const groups = (sizing.instanceGroups ?? []).filter(({ InstanceRole }) => InstanceRole !== 'MASTER')
      for (const name of [...types, ...groups.map(({ InstanceType }) => InstanceType)]) {
        const type = instanceTypes.find(({ instanceType }) => instanceType === name)
        expect(type?.vCpus).toBe(executorsPerNode * executors.cores)
        // The job's Python and native libraries are of one architecture.
        expect(type?.architecture).toBe(asked?.architecture)
        expect(type?.yarnMemoryMb).toBeGreaterThanOrEqual(executorsPerNode * containerMb + driverMb)
      }
      const nodes =
        groups.reduce((sum, { InstanceCount }) => sum + InstanceCount, 0) +
        (sizing.instanceFleets ?? [])
          .filter(({ InstanceFleetType }) => InstanceFleetType !== 'MASTER')
          .reduce((sum, one) => sum + one.TargetOnDemandCapacity + one.TargetSpotCapacity, 0)
      expect(nodes).toBe(computeLimits.MaximumCapacityUnits)
      expect(nodes * executorsPerNode).toBeGreaterThanOrEqual(executors.max)
      const { MinimumCapacityUnits, MaximumCoreCapacityUnits, MaximumOnDemandCapacityUnits } = computeLimits
      expect(MinimumCapacityUnits).toBeLessThanOrEqual(MaximumCoreCapacityUnits)
      expect(MaximumCoreCapacityUnits).toBeLessThanOrEqual(MaximumOnDemandCapacityUnits)
      expect(MaximumOnDemandCapacityUnits).toBeLessThanOrEqual(nodes)
    }),
  )
})

test('Serverless workers have shapes that AWS has, and hold what Spark asks for', () => {
  fc.assert(
    fc.property(serverless, (input) => {
      const sizing = sizeJob(input)
      if (sizing.target !== 'serverless') throw new Error('not the target asked for')
      const { executorWorker, driverWorker, executors, driver } = sizing
      for (const [worker, process] of [
        [executorWorker, executors],
        [driverWorker, driver],
      ] as const) {
        const shape = workerShapes.find(({ vCpus }) => vCpus === worker.vCpus)
        expect(worker.memoryGb).toBeGreaterThanOrEqual(shape?.minMemoryGb ?? Number.NaN)
        expect(worker.memoryGb).toBeLessThanOrEqual(shape?.maxMemoryGb ?? Number.NaN)
        expect((worker.memoryGb - (shape?.minMemoryGb ?? 0)) % (shape?.stepGb ?? 0)).toBe(0)
        expect(process.cores).toBe(worker.vCpus)
        expect(process.memoryMb + process.memoryOverheadMb).toBe(worker.memoryGb * 1_024)
        expect(process.memoryOverheadMb).toBeGreaterThanOrEqual(Math.max(384, 0.1 * process.memoryMb))
      }
    }),
  )
})

function measuresOf({ executors, need, cost }: Sizing): number[] {
  return [need.cores, executors.min, executors.max, cost.minDollarsPerHour, cost.maxDollarsPerHour]
}
