import { TidewaterError } from '@tidewater/core'

// EMR Serverless: the workers there are, and what they cost. Shapes: AWS's user guide, "Supported worker configurations". Prices:
// us-east-1, x86_64, as PerfKitBenchmarker read them from AWS's price list; a claim here, as of instance-types' pricesAsOf.
export const serverlessPrices = { dollarsPerVCpuHour: 0.052624, dollarsPerGbHour: 0.0057785 } as const

/** Disk of a worker that is free of charge, and the least there is. */
export const workerDiskGb = 20

export interface WorkerShape {
  readonly vCpus: number
  readonly minMemoryGb: number
  readonly maxMemoryGb: number
  /** Memory comes in steps of this from `minMemoryGb`. */
  readonly stepGb: number
}

export const workerShapes: readonly WorkerShape[] = [
  { vCpus: 1, minMemoryGb: 2, maxMemoryGb: 8, stepGb: 1 },
  { vCpus: 2, minMemoryGb: 4, maxMemoryGb: 16, stepGb: 1 },
  { vCpus: 4, minMemoryGb: 8, maxMemoryGb: 30, stepGb: 1 },
  { vCpus: 8, minMemoryGb: 16, maxMemoryGb: 60, stepGb: 4 },
  { vCpus: 16, minMemoryGb: 32, maxMemoryGb: 120, stepGb: 8 },
]

export interface Worker {
  readonly vCpus: number
  readonly memoryGb: number
  readonly diskGb: number
}

/**
 * The worker with these cores and this memory.
 *
 * @throws TidewaterError `CONFIG_INVALID` when AWS has none, naming what it has
 */
export function workerOf(vCpus: number, memoryGb: number): Worker {
  const shape = workerShapes.find((one) => one.vCpus === vCpus)
  if (shape === undefined) {
    const known = workerShapes.map((one) => one.vCpus).join(', ')
    throw invalid(`has ${vCpus} vCPU; there are workers of ${known}`, `Choose executorCores from ${known}.`)
  }
  const { minMemoryGb, maxMemoryGb, stepGb } = shape
  const isOnStep = (memoryGb - minMemoryGb) % stepGb === 0
  if (memoryGb < minMemoryGb || memoryGb > maxMemoryGb || !isOnStep) {
    throw invalid(
      `of ${vCpus} vCPU has ${memoryGb} GB; it may have ${minMemoryGb} to ${maxMemoryGb} GB in steps of ${stepGb}`,
      'Choose another executorMemoryGb.',
    )
  }
  return { vCpus, memoryGb, diskGb: workerDiskGb }
}

export function workerDollarsPerHour({ vCpus, memoryGb }: Worker): number {
  return vCpus * serverlessPrices.dollarsPerVCpuHour + memoryGb * serverlessPrices.dollarsPerGbHour
}

function invalid(problem: string, remedy: string): TidewaterError {
  return new TidewaterError('CONFIG_INVALID', `The EMR Serverless worker ${problem}`, { remedy })
}
