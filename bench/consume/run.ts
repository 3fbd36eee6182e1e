/** What jobs/consumer.py answers to a turn. */
export interface Run {
  readonly seconds: number
  /** Of the tasks' own threads: what Spark calls executor CPU time. */
  readonly cpuSeconds: number
  /** Of the whole JVM without its compilers: planning, commits, garbage collection and threads that feed Python too. */
  readonly jvmCpuSeconds: number
  readonly rows: number
  /** Of all columns of the schema, whatever their order. */
  readonly checksum: string
}

/** A run with its place among the others: figures are only compared within a round. */
export interface Measured {
  readonly round: number
  readonly run: Run
}

export const recordsPerSecond = ({ run }: Measured): number => run.rows / run.seconds
export const cpuMicrosPerRecord = ({ run }: Measured): number => (1e6 * run.cpuSeconds) / run.rows
export const jvmCpuMicrosPerRecord = ({ run }: Measured): number => (1e6 * run.jvmCpuSeconds) / run.rows
