import type { OnProgress } from '../progress.js'

/** One line of a Spark module's standard output: a JSON object that names its event. */
export interface SparkEvent {
  readonly event: string
  readonly [field: string]: unknown
}

export interface SparkModuleOptions<E extends SparkEvent = SparkEvent> {
  /** Python module, as for `python -m`: `tidewater_spark.kafka_to_iceberg`. */
  readonly module: string
  /** Arguments of the module. */
  readonly args?: readonly string[]
  /** Folder for configuration, logs, scratch files and the warehouse. */
  readonly stateFolder: string
  /** Threads that run tasks (`local[cores]`). Default 2. */
  readonly cores?: number
  /** Heap of Spark's one process, in MiB (`spark.driver.memory`). Default 2,048, at least 512. */
  readonly driverMemoryMb?: number
  /** Puts hadoop-aws and iceberg-aws-bundle on the class path, for S3 and Glue. Default false. */
  readonly withAws?: boolean
  /** Further Spark settings; they win over those made here. Default none. */
  readonly sparkConf?: Readonly<Record<string, string>>
  /** Folders of Python modules, looked at before those of @tidewater/spark. Default none. */
  readonly pythonPath?: readonly string[]
  /** Called with each event, in order, as it arrives. When it throws the run is stopped and `wait()` rejects with that. */
  readonly onEvent?: (event: E) => void
  readonly onProgress?: OnProgress
  /** Ends the run: as `stop()` does, and `wait()` rejects with `ABORTED`. */
  readonly signal?: AbortSignal
  /** Longest wait for the module to end after SIGTERM, that is between two micro-batches. Default 60,000. */
  readonly stopTimeoutMs?: number
  /** Default: the user's cache folder. */
  readonly cacheFolder?: string
  /** Default: this process's own. */
  readonly env?: NodeJS.ProcessEnv
}

/** How a Spark run ended. */
export interface SparkExit {
  /** `completed`: by itself, with exit code 0. */
  readonly outcome: 'completed' | 'stopped' | 'killed'
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

/** A Python module at work on Spark. */
export interface SparkRun<E extends SparkEvent = SparkEvent> {
  /** Process id of Python; Spark's JVM is its child. */
  readonly pid: number
  /** Standard error of Python and the log of Spark. */
  readonly logFile: string
  /**
   * The events, for one reader; those from before it began are kept, up to 10,000 (then the oldest go). Ends with the
   * run.
   */
  readonly events: AsyncIterable<E>
  /** Resolves once Python, Spark's JVM and all they started have ended. Never rejects. */
  readonly ended: Promise<void>
  /**
   * Waits for the end.
   *
   * @throws TidewaterError the code of the module's `failed` event, else `PROCESS_FAILED` with the end of the log;
   *   `ABORTED` when the signal fired
   */
  wait(): Promise<SparkExit>
  /**
   * SIGTERM to Python alone, so that it can stop its queries between two micro-batches; SIGKILL to all after
   * `stopTimeoutMs`. Resolves when all have ended.
   *
   * @returns whether they had to be killed
   */
  stop(): Promise<'stopped' | 'killed'>
  /** SIGKILL to Python and Spark's JVM, as a crash would. Resolves when they have ended. */
  kill(): Promise<void>
}
