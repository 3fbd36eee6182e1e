import type { SparkResources } from '../../local/options.js'
import { type SparkSession, sparkSession } from '../../spark/spark-session.js'
import type { ToolchainOptions } from '../../toolchain/jars.js'
import { sparkCatalog } from './spark-sql.js'

export interface AthenaSparkOptions {
  readonly stateFolder: string
  readonly region: string
  /** Tables without a location of their own go there. */
  readonly bucket: string
  /** Of all services but S3. Known once the endpoint has started. */
  readonly endpointUrl: () => string
  /** Of the local S3 itself. */
  readonly s3Url: string
  readonly credentialsFile: string
  readonly spark: SparkResources
  readonly toolchain: ToolchainOptions
}

/** The Spark of Athena's queries, on the local Glue and S3; it starts with the first query. */
export function athenaSpark(options: AthenaSparkOptions): SparkSession {
  let session: SparkSession | undefined
  const only = () => {
    session ??= sparkOver(options)
    return session
  }
  return {
    run: (statement) => only().run(statement),
    // Also one that has not started: a query that comes after this must not start it.
    close: () => only().close(),
  }
}

function sparkOver(options: AthenaSparkOptions): SparkSession {
  const { stateFolder, region, bucket, s3Url, credentialsFile, spark, toolchain } = options
  const { env, cacheFolder, onProgress } = toolchain
  const foreign = Object.entries(env).filter(([name]) => !name.startsWith('AWS_'))
  return sparkSession({
    ...spark,
    stateFolder,
    withAws: true,
    cacheFolder,
    ...(onProgress === undefined ? {} : { onProgress }),
    env: {
      ...Object.fromEntries(foreign),
      AWS_REGION: region,
      AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    catalog: {
      name: sparkCatalog,
      type: 'glue',
      warehouse: `s3://${bucket}/athena-tables`,
      region,
      properties: {
        'glue.endpoint': options.endpointUrl(),
        's3.endpoint': s3Url,
        's3.path-style-access': 'true',
        // Others write the same tables, and each query sees what is there.
        'cache-enabled': 'false',
      },
    },
  })
}
