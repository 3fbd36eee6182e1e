// What each EMR release consists of. Sources: AWS's release guides of EMR ("Application versions", "Iceberg release history",
// "Spark release history") and of EMR Serverless, as of 2026-11-26. Exceptions: Spark of emr-7.14.0 is somebody's claim; Scala
// and Python of emr-spark-8.2.0 are taken to be those of 8.1.0, and Java of emr-6.15.0 is inferred. AWS's builds carry a suffix
// (3.5.6-amzn-2) that is left out.
type Row = readonly [
  label: string,
  sparkVersion: string,
  icebergVersion: string,
  pythonVersions: readonly string[],
]

const emr7: readonly Row[] = [
  ['emr-7.0.0', '3.5.0', '1.4.2', ['3.9']],
  ['emr-7.1.0', '3.5.0', '1.4.3', ['3.9', '3.11']],
  ['emr-7.2.0', '3.5.1', '1.5.0', ['3.9', '3.11']],
  ['emr-7.3.0', '3.5.1', '1.5.2', ['3.9', '3.11']],
  ['emr-7.4.0', '3.5.2', '1.6.1', ['3.9', '3.11']],
  ['emr-7.5.0', '3.5.2', '1.6.1', ['3.9', '3.11']],
  ['emr-7.6.0', '3.5.3', '1.6.1', ['3.9', '3.11']],
  ['emr-7.7.0', '3.5.3', '1.7.1', ['3.9', '3.11']],
  ['emr-7.8.0', '3.5.4', '1.7.1', ['3.9', '3.11']],
  ['emr-7.9.0', '3.5.5', '1.7.1', ['3.9', '3.11']],
  ['emr-7.10.0', '3.5.5', '1.8.1', ['3.9', '3.11']],
  ['emr-7.11.0', '3.5.6', '1.9.1', ['3.9', '3.11']],
  ['emr-7.12.0', '3.5.6', '1.10.0', ['3.9', '3.11']],
  ['emr-7.13.0', '3.5.6', '1.10.0', ['3.9', '3.11']],
  ['emr-7.14.0', '3.5.8', '1.10.1', ['3.9', '3.11']],
]

const spark8: readonly Row[] = [
  ['emr-spark-8.0.0', '4.0.2', '1.10.1', ['3.11', '3.13']],
  ['emr-spark-8.1.0', '4.1.1', '1.11.0', ['3.11', '3.13']],
  ['emr-spark-8.2.0', '4.1.3', '1.11.0', ['3.11', '3.13']],
]

export interface ReleaseFacts {
  readonly label: string
  readonly sparkVersion: string
  readonly icebergVersion: string
  readonly scalaVersion: '2.12' | '2.13'
  /** The one Spark runs on unless configured otherwise. */
  readonly javaVersion: 8 | 17
  readonly pythonVersions: readonly string[]
}

/** Within each line from old to new. */
export const knownReleases: readonly ReleaseFacts[] = [
  {
    label: 'emr-6.15.0',
    sparkVersion: '3.4.1',
    icebergVersion: '1.4.0',
    scalaVersion: '2.12',
    javaVersion: 8,
    pythonVersions: ['3.7'],
  },
  ...emr7.map((row) => factsOf(row, '2.12')),
  ...spark8.map((row) => factsOf(row, '2.13')),
]

/** The oldest that keeps a job to the profile or role it is given (`spark/tidewater_spark/kafka_client.py`) is 2.3.4. */
export const mskIamAuthVersion = '2.3.6'

/** Where AWS documents the Iceberg runtime on clusters, Serverless workers and EKS images; for emr-spark-8 it is inferred. */
export const icebergJarPath = '/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar'

/** From which version on there is an option that older ones lack. Read in the libraries themselves unless it says otherwise. */
export const optionGates = {
  /** `spark.executor.failuresValidityInterval`; before, the key begins with `spark.yarn.`. Spark's documentation. */
  executorFailuresInterval: ['spark', '3.5.0'],
  /** The Kafka source's `maxRecordsPerPartition`. Spark's documentation. */
  maxRecordsPerPartition: ['spark', '4.0.0'],
  /** Adaptive execution of streams without state, `spark.sql.adaptive.streaming.stateless.enabled`. */
  adaptiveStreaming: ['spark', '4.1.0'],
  /** `write.delete.granularity`. */
  deleteGranularity: ['iceberg', '1.5.0'],
  /** `write.parquet.stats-enabled.column.*`. */
  columnStatistics: ['iceberg', '1.10.0'],
  /** `partial-progress.max-failed-commits` of rewrite_data_files. */
  maxFailedCommits: ['iceberg', '1.6.0'],
  /** `output-spec-id` of rewrite_data_files. */
  outputSpecId: ['iceberg', '1.6.0'],
  /** `remove-dangling-deletes` of rewrite_data_files. */
  removeDanglingDeletes: ['iceberg', '1.7.0'],
  /** `delete-ratio-threshold` of rewrite_data_files. */
  deleteRatioThreshold: ['iceberg', '1.8.0'],
  /** `max-files-to-rewrite` of rewrite_data_files. */
  maxFilesToRewrite: ['iceberg', '1.10.0'],
  /** `clean_expired_metadata` of expire_snapshots. */
  cleanExpiredMetadata: ['iceberg', '1.10.0'],
  /** Mode STREAMING of EMR Serverless. AWS's user guide. */
  serverlessStreaming: ['emr', '7.1.0'],
  /** `shutdownGracePeriodInSeconds` of EMR Serverless. AWS's user guide. */
  serverlessGracePeriod: ['emr', '7.9.0'],
} as const satisfies Readonly<Record<string, readonly ['emr' | 'spark' | 'iceberg', string]>>

function factsOf([label, sparkVersion, icebergVersion, pythonVersions]: Row, scalaVersion: '2.12' | '2.13') {
  return { label, sparkVersion, icebergVersion, scalaVersion, javaVersion: 17 as const, pythonVersions }
}
