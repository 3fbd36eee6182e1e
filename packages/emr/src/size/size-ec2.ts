import { type Finding, TidewaterError } from '@tidewater/core'
import { type InstanceType, instanceTypes, pricesAsOf, pricesRegion, round } from './instance-types.js'
import { minOverheadMb, processIn } from './memory.js'
import type { Ec2Options } from './options.js'
import { streamParallelism } from './parallelism.js'
import type { ComputeLimits, CoreNeed, Ec2Sizing, InstanceFleet, InstanceGroup } from './sizing.js'

// The driver plans and commits; rows never pass through it. In cluster mode it is a container on one of the nodes, and every
// node keeps room for it, since any may be the one.
const driverContainerMb = 2_048 + minOverheadMb
// YARN's yarn.scheduler.minimum-allocation-mb on EMR: containers are multiples of it.
const containerStepMb = 32
// Parquet's writer alone buffers 128 MiB for each open file.
const leastHeapMb = 1_024
// EMR's limit for a fleet without an allocation strategy.
const maxFleetTypes = 5

/** Nodes for the cores that are needed: those for the steady load as core nodes, those on top as task nodes. */
export function sizeEc2(options: Ec2Options, need: CoreNeed): Ec2Sizing {
  const { executorCores, partitions, spot } = options
  const type = typeOf(options)
  const executorsPerNode = type.vCpus / executorCores
  const containerMb = roundDown((type.yarnMemoryMb - driverContainerMb) / executorsPerNode, containerStepMb)
  const executor = processIn(containerMb, executorCores)
  if (executor.memoryMb < leastHeapMb) throw tooLittleMemory(options, executor.memoryMb)
  const min = Math.ceil(need.coresForRate / executorCores)
  const max = Math.ceil(need.cores / executorCores)
  const nodes = { min: Math.ceil(min / executorsPerNode), max: Math.ceil(max / executorsPerNode) }
  const dollars = (count: number) => round(primaryOf(type).dollarsPerHour + count * type.dollarsPerHour)
  return {
    target: 'ec2',
    need,
    executors: { min, max, ...executor },
    driver: processIn(driverContainerMb, 1),
    tasks: streamParallelism({ partitions, executors: { min, max, cores: executorCores } }).tasks,
    executorsPerNode,
    ...(options.capacity === 'groups'
      ? { instanceGroups: groupsOf(type, nodes, spot) }
      : { instanceFleets: fleetsOf(type, nodes, spot) }),
    computeLimits: limitsOf(options, nodes),
    cost: {
      minDollarsPerHour: dollars(nodes.min),
      maxDollarsPerHour: dollars(nodes.max),
      region: pricesRegion,
      asOf: pricesAsOf,
      reason: `core and task nodes (${type.instanceType}) and a primary node, EC2 and EMR at the on-demand list price (a claim); EBS, S3 and traffic come on top`,
    },
    findings: spot && nodes.max > nodes.min ? [spotFinding] : [],
  }
}

interface Nodes {
  readonly min: number
  readonly max: number
}

function typeOf({ instanceType, executorCores }: Ec2Options): InstanceType {
  const type = instanceTypes.find((one) => one.instanceType === instanceType)
  if (type !== undefined && type.vCpus % executorCores === 0) return type
  throw new TidewaterError(
    'CONFIG_INVALID',
    `executorCores is ${executorCores}, and ${instanceType} has ${type?.vCpus} vCPU: the rest of them would idle`,
    { remedy: 'Choose executorCores that divide the vCPU.', details: { executorCores, instanceType } },
  )
}

function tooLittleMemory({ executorCores, instanceType }: Ec2Options, memoryMb: number): TidewaterError {
  return new TidewaterError(
    'CONFIG_INVALID',
    `Executors of ${executorCores} cores on ${instanceType} have ${memoryMb} MiB of heap; at least ${leastHeapMb} are needed`,
    { remedy: 'Choose more executorCores, or an instance type with more memory.' },
  )
}

/** The primary node runs YARN and HDFS, not the job: the smallest of the family will do. */
function primaryOf({ instanceType }: InstanceType): InstanceType {
  const [family] = instanceType.split('.')
  return instanceTypes.find((one) => one.instanceType === `${family}.xlarge`) as InstanceType
}

function groupsOf(type: InstanceType, { min, max }: Nodes, spot: boolean): InstanceGroup[] {
  const group = (
    InstanceRole: InstanceGroup['InstanceRole'],
    InstanceCount: number,
    { instanceType } = type,
    Market: InstanceGroup['Market'] = 'ON_DEMAND',
  ): InstanceGroup => ({ InstanceRole, InstanceType: instanceType, InstanceCount, Market })
  return [
    group('MASTER', 1, primaryOf(type)),
    group('CORE', min),
    ...(max > min ? [group('TASK', max - min, type, spot ? 'SPOT' : 'ON_DEMAND')] : []),
  ]
}

function fleetsOf(type: InstanceType, { min, max }: Nodes, spot: boolean): InstanceFleet[] {
  const fleet = (
    InstanceFleetType: InstanceFleet['InstanceFleetType'],
    onDemand: number,
    onSpot: number,
    types: readonly InstanceType[],
  ): InstanceFleet => ({
    InstanceFleetType,
    TargetOnDemandCapacity: onDemand,
    TargetSpotCapacity: onSpot,
    InstanceTypeConfigs: types.map(({ instanceType }) => ({
      InstanceType: instanceType,
      WeightedCapacity: 1,
    })),
  })
  const types = likeTypes(type)
  const extra = max - min
  return [
    fleet('MASTER', 1, 0, [primaryOf(type)]),
    fleet('CORE', min, 0, types),
    ...(extra > 0 ? [fleet('TASK', spot ? 0 : extra, spot ? extra : 0, types)] : []),
  ]
}

/** Types that take as many executors to a node, the cheapest after the one that was asked for. YARN places by memory alone. */
function likeTypes(type: InstanceType): InstanceType[] {
  const others = instanceTypes.filter(
    (one) =>
      one !== type &&
      one.vCpus === type.vCpus &&
      one.memoryGiB === type.memoryGiB &&
      one.architecture === type.architecture &&
      one.yarnMemoryMb >= type.yarnMemoryMb,
  )
  return [type, ...others.sort((a, b) => a.dollarsPerHour - b.dollarsPerHour)].slice(0, maxFleetTypes)
}

function limitsOf({ capacity, spot }: Ec2Options, { min, max }: Nodes): ComputeLimits {
  return {
    UnitType: capacity === 'groups' ? 'Instances' : 'InstanceFleetUnits',
    MinimumCapacityUnits: min,
    MaximumCapacityUnits: max,
    MaximumOnDemandCapacityUnits: spot ? min : max,
    MaximumCoreCapacityUnits: min,
  }
}

const spotFinding: Finding = {
  id: 'emr.driver-on-spot',
  severity: 'warning',
  subject: 'task nodes on Spot',
  evidence: 'YARN may start the driver on any node',
  reason: 'When AWS takes that node back, the job starts again from its checkpoint.',
  fix: 'Keep drivers on core nodes: classification yarn-site, yarn.node-labels.enabled=true and yarn.node-labels.am.default-node-label-expression=CORE.',
}

function roundDown(value: number, step: number): number {
  return Math.floor(value / step) * step
}
