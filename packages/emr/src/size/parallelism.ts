/** What decides how many tasks run at once. */
export interface ParallelismInput {
  readonly partitions: number
  readonly executors: { readonly min: number; readonly max: number; readonly cores: number }
}

export interface Parallelism {
  /** Executors that work in a steady stream, or in a batch. */
  readonly executors: number
  readonly cores: number
  /** Of a micro-batch: a multiple of the cores, and not fewer than partitions. */
  readonly tasks: number
}

/** A backfill: all executors, from the first record to the last. */
export function batchParallelism({ partitions, executors }: ParallelismInput): Parallelism {
  return withTasks(partitions, executors.max, executors.cores)
}

/**
 * A stream: half of the executors where they carry the load, each core taking two tasks of a micro-batch; else all.
 *
 * Spark asks for a core for each task, however short it is, and with a task for each partition it would always get all executors.
 * `executorAllocationRatio` makes it half of them. Anything between would leave cores idle in the second round.
 */
export function streamParallelism({ partitions, executors }: ParallelismInput): Parallelism {
  const half = Math.ceil(executors.max / 2)
  const isHalfEnough = executors.min <= half && partitions <= 2 * half * executors.cores && executors.max > 1
  if (!isHalfEnough) return withTasks(partitions, executors.max, executors.cores)
  const cores = half * executors.cores
  return { executors: half, cores, tasks: 2 * cores }
}

function withTasks(partitions: number, executors: number, coresOfOne: number): Parallelism {
  const cores = executors * coresOfOne
  return { executors, cores, tasks: Math.ceil(partitions / cores) * cores }
}
