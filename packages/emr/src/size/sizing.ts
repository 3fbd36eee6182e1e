import type { Finding } from '@tidewater/core'
import type { Source } from '../sources.js'
import type { Worker } from './serverless-workers.js'

export interface Process {
  readonly cores: number
  /** Heap, MiB. */
  readonly memoryMb: number
  /** Beside the heap, MiB. */
  readonly memoryOverheadMb: number
}

/** Why there are so many cores. */
export interface CoreNeed {
  readonly recordsPerSecondPerCore: number
  /** For the steady load, at the utilisation it is planned with. */
  readonly coresForRate: number
  /** At least one for each partition. */
  readonly cores: number
  readonly reason: string
  readonly source: Source
}

export interface Cost {
  /** With the fewest executors, US dollars. */
  readonly minDollarsPerHour: number
  /** With the most. */
  readonly maxDollarsPerHour: number
  readonly region: string
  /** The day the prices are of. */
  readonly asOf: string
  /** What is in it, and what isn't. */
  readonly reason: string
}

interface CommonSizing {
  readonly need: CoreNeed
  /** `min` for the steady load, `max` for a core to each partition. */
  readonly executors: Process & { readonly min: number; readonly max: number }
  readonly driver: Process
  /** Of a micro-batch (the Kafka source's `minPartitions`): a multiple of the cores that work. */
  readonly tasks: number
  readonly cost: Cost
  readonly findings: readonly Finding[]
}

/** As `RunJobFlow` takes it. */
export interface InstanceGroup {
  readonly InstanceRole: 'MASTER' | 'CORE' | 'TASK'
  readonly InstanceType: string
  readonly InstanceCount: number
  readonly Market: 'ON_DEMAND' | 'SPOT'
}

/** As `RunJobFlow` takes it; all types of a fleet have the same vCPU, so that a unit is an instance. */
export interface InstanceFleet {
  readonly InstanceFleetType: 'MASTER' | 'CORE' | 'TASK'
  readonly TargetOnDemandCapacity: number
  readonly TargetSpotCapacity: number
  readonly InstanceTypeConfigs: readonly {
    readonly InstanceType: string
    readonly WeightedCapacity: number
  }[]
}

/** Of a managed scaling policy; primary nodes don't count. */
export interface ComputeLimits {
  readonly UnitType: 'Instances' | 'InstanceFleetUnits'
  readonly MinimumCapacityUnits: number
  readonly MaximumCapacityUnits: number
  readonly MaximumOnDemandCapacityUnits: number
  readonly MaximumCoreCapacityUnits: number
}

export interface Ec2Sizing extends CommonSizing {
  readonly target: 'ec2'
  readonly executorsPerNode: number
  /** One of the two. */
  readonly instanceGroups?: readonly InstanceGroup[]
  readonly instanceFleets?: readonly InstanceFleet[]
  readonly computeLimits: ComputeLimits
}

export interface ServerlessSizing extends CommonSizing {
  readonly target: 'serverless'
  readonly executorWorker: Worker
  readonly driverWorker: Worker
  /** Of the application: driver and all executors. */
  readonly maximumCapacity: { readonly cpu: string; readonly memory: string; readonly disk: string }
}

export type Sizing = Ec2Sizing | ServerlessSizing
