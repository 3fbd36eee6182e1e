/** What one operation of a maintenance document did, as the job says. */
export interface SparkOperationResult {
  readonly operation: string
  readonly seconds: number
  /** The procedure's own result; 64-bit integers are strings. */
  readonly result: Readonly<Record<string, unknown>>
}

export interface SparkMaintenanceCall {
  readonly signal?: AbortSignal | undefined
  /** What goes on, in words. */
  readonly onProgress?: ((message: string) => void) | undefined
}

/**
 * A Spark that carries out maintenance documents (`spark/maintenance.schema.json`), wherever it runs. Declared here, so that who
 * plans maintenance and who runs jobs need not know each other.
 */
export interface SparkMaintenanceRunner {
  /** Of the runtime on its class path, such as `1.10.1`. */
  readonly icebergVersion: string
  /**
   * @returns what each operation did; nothing where the place keeps no output that can be read in time
   * @throws TidewaterError `MAINTENANCE_FAILED`, what running a job fails with, `ABORTED`
   */
  run(document: object, call: SparkMaintenanceCall): Promise<readonly SparkOperationResult[]>
}
