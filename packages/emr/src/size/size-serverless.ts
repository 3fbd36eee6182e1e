import { pricesAsOf, pricesRegion, round } from './instance-types.js'
import { processIn } from './memory.js'
import type { ServerlessOptions } from './options.js'
import { streamParallelism } from './parallelism.js'
import { type Worker, workerDiskGb, workerDollarsPerHour, workerOf } from './serverless-workers.js'
import type { CoreNeed, ServerlessSizing } from './sizing.js'

const mbPerGb = 1_024
// The driver plans and commits; rows never pass through it.
const driverWorker = workerOf(2, 4)

/** Workers for the cores that are needed. */
export function sizeServerless(options: ServerlessOptions, need: CoreNeed): ServerlessSizing {
  const { executorCores, partitions } = options
  const executorWorker = workerOf(executorCores, options.executorMemoryGb ?? 4 * executorCores)
  const min = Math.ceil(need.coresForRate / executorCores)
  const max = Math.ceil(need.cores / executorCores)
  const dollars = (executors: number) =>
    round(workerDollarsPerHour(driverWorker) + executors * workerDollarsPerHour(executorWorker))
  return {
    target: 'serverless',
    need,
    executors: { min, max, ...processOf(executorWorker) },
    driver: processOf(driverWorker),
    tasks: streamParallelism({ partitions, executors: { min, max, cores: executorCores } }).tasks,
    executorWorker,
    driverWorker,
    maximumCapacity: {
      cpu: `${driverWorker.vCpus + max * executorWorker.vCpus} vCPU`,
      memory: `${driverWorker.memoryGb + max * executorWorker.memoryGb} GB`,
      disk: `${(1 + max) * workerDiskGb} GB`,
    },
    cost: {
      minDollarsPerHour: dollars(min),
      maxDollarsPerHour: dollars(max),
      region: pricesRegion,
      asOf: pricesAsOf,
      reason: `driver and executors on x86_64, list price (a claim); the ${workerDiskGb} GB of disk of each are free, S3 and traffic come on top`,
    },
    findings: [],
  }
}

function processOf({ vCpus, memoryGb }: Worker) {
  return processIn(memoryGb * mbPerGb, vCpus)
}
