/** What a client program prints, on one line. One of which a record was not acknowledged fails instead. */
export interface Run {
  /** Those that count: the warm-up's come on top. */
  readonly records: number
  readonly seconds: number
  /** User and system time of the whole process over those seconds. */
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly peakBufferedBytes?: number
  /** Of the paced clients: from a record's write to its acknowledgement. */
  readonly latencyMs?: Latency
  /** Library and version. */
  readonly client?: string
}

export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** A run with its place among the others: figures are only compared within a round. */
export interface Measured {
  readonly round: number
  readonly run: Run
}

export const recordsPerSecond = ({ run }: Measured): number => run.records / run.seconds
export const cpuMicrosPerRecord = ({ run }: Measured): number => (1e6 * run.cpuSeconds) / run.records
