import { z } from 'zod'

/** How the local Athena behaves; `stack.aws.athena.behave` changes it while it runs. */
export const athenaOptionsSchema = z.strictObject({
  /** Partitions that one OPTIMIZE rewrites; with more to do it ends as ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED. Default 100. */
  partitionsPerOptimize: z.int().min(1).max(1_000_000).default(100),
  /** Files that one VACUUM removes; with more to do it ends as ICEBERG_VACUUM_MORE_RUNS_NEEDED. Default 20,000. */
  filesPerVacuum: z.int().min(1).max(10_000_000).default(20_000),
  /** How long DML may run, OPTIMIZE and VACUUM among it; from its start, not from its submission. Default 1,800,000. */
  dmlTimeoutMs: z.int().min(0).max(14_400_000).default(1_800_000),
  /** Queries that may be queued or running; one more is refused with TooManyRequestsException. Default 200. */
  activeQueriesMax: z.int().min(1).max(10_000).default(200),
  /** Queries that run at once on the one Spark; the others are QUEUED. Default 4. */
  runningQueriesMax: z.int().min(1).max(100).default(4),
  /** VACUUM succeeds and leaves every file, as without s3:DeleteObject. Default false. */
  vacuumDeletesNothing: z.boolean().default(false),
  /** OPTIMIZE and VACUUM leave only Iceberg's own parameters in Glue's table, as Athena does. Default true. */
  dropsGlueParameters: z.boolean().default(true),
  /** How long after a query's end GetQueryRuntimeStatistics has nothing of it. Default 500. */
  runtimeStatisticsDelayMs: z.int().min(0).max(600_000).default(500),
})

export type AthenaOptions = z.input<typeof athenaOptionsSchema>
export type AthenaBehaviour = Readonly<z.output<typeof athenaOptionsSchema>>
