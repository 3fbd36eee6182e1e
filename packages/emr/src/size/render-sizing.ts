import { alignedTable, type Row, renderFindings, section } from '../rendering.js'
import type { Ec2Sizing, InstanceFleet, ServerlessSizing, Sizing } from './sizing.js'

/**
 * A sizing for people: what is needed and why, in which shapes, and what it costs.
 *
 * @param columns of the terminal; default 120
 */
export function renderSizing(sizing: Sizing, columns?: number): string {
  const { need, executors, driver, tasks, cost } = sizing
  const rows: Row[] = [
    ['cores', String(need.cores), `${need.reason} [${need.source.trust}]`],
    ['executors', range(executors.min, executors.max), `of ${executors.cores} cores`],
    ['executor memory', `${executors.memoryMb} MiB`, `and ${executors.memoryOverheadMb} MiB beside the heap`],
    ['driver', `${driver.memoryMb} MiB`, `and ${driver.memoryOverheadMb} MiB beside the heap`],
    ['tasks', String(tasks), 'of a micro-batch: a multiple of the cores that work'],
    ...(sizing.target === 'ec2' ? ec2Rows(sizing) : serverlessRows(sizing)),
    [
      'cost',
      range(dollars(cost.minDollarsPerHour), dollars(cost.maxDollarsPerHour)),
      `an hour, ${cost.region}, prices of ${cost.asOf}: ${cost.reason}`,
    ],
  ]
  const title = sizing.target === 'ec2' ? 'EMR on EC2' : 'EMR Serverless'
  return [section(title, alignedTable(rows, columns)), section('Findings', renderFindings(sizing.findings))]
    .filter((text) => text !== '')
    .join('\n')
}

function ec2Rows({ instanceGroups = [], instanceFleets = [], computeLimits: limits }: Ec2Sizing): Row[] {
  return [
    ...instanceGroups.map(({ InstanceRole, InstanceType, InstanceCount, Market }): Row => {
      return [`${InstanceRole.toLowerCase()} group`, `${InstanceCount} × ${InstanceType}`, market(Market)]
    }),
    ...instanceFleets.map(fleetRow),
    [
      'managed scaling',
      range(limits.MinimumCapacityUnits, limits.MaximumCapacityUnits),
      `${limits.UnitType}, at most ${limits.MaximumCoreCapacityUnits} of them core and ${limits.MaximumOnDemandCapacityUnits} on demand`,
    ],
  ]
}

function fleetRow({
  InstanceFleetType,
  TargetOnDemandCapacity,
  TargetSpotCapacity,
  InstanceTypeConfigs,
}: InstanceFleet): Row {
  const types = InstanceTypeConfigs.map(({ InstanceType }) => InstanceType).join(', ')
  const isSpot = TargetSpotCapacity > 0
  return [
    `${InstanceFleetType.toLowerCase()} fleet`,
    String(TargetOnDemandCapacity + TargetSpotCapacity),
    `${market(isSpot ? 'SPOT' : 'ON_DEMAND')}; any of ${types}`,
  ]
}

function serverlessRows({ executorWorker, driverWorker, maximumCapacity }: ServerlessSizing): Row[] {
  const { cpu, memory, disk } = maximumCapacity
  return [
    [
      'executor worker',
      `${executorWorker.vCpus} vCPU`,
      `${executorWorker.memoryGb} GB, ${executorWorker.diskGb} GB of disk`,
    ],
    [
      'driver worker',
      `${driverWorker.vCpus} vCPU`,
      `${driverWorker.memoryGb} GB, ${driverWorker.diskGb} GB of disk`,
    ],
    ['maximum capacity', cpu, `${memory}, ${disk} of disk, for the application`],
  ]
}

function range(min: number | string, max: number | string): string {
  return min === max ? String(min) : `${min} to ${max}`
}

function market(name: 'ON_DEMAND' | 'SPOT'): string {
  return name === 'SPOT' ? 'Spot' : 'on demand'
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`
}
