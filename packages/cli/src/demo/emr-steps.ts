import { abortableSleep } from '@tidewater/core'
import { createObjectStore } from '@tidewater/core/storage'
import {
  ensureEmrCluster,
  type JobHandle,
  maintenanceRunner,
  type PackageSparkOptions,
  packageSpark,
  releaseOf,
  type SubmitOptions,
  submitStreamingJob,
  waitUntilReady,
} from '@tidewater/emr'
import { ec2Clusters, ec2StepTarget, planEc2Cluster } from '@tidewater/emr/ec2'
import { type LocalAwsStack, queryRunner, type SparkRunOptions } from '@tidewater/testkit'
import type { DemoSpark } from './spark-jobs.js'

export interface EmrStepsOptions {
  readonly packaging: PackageSparkOptions
  readonly say: (text: string) => void
}

const release = 'emr-7.12.0'
// The local services answer at once; the paces of AWS's are for its limits.
const pollMs = 500

/**
 * Steps of an EMR cluster, tables in Glue and S3, all of them the local stack's: what is called is what AWS would be called
 * with, but for the endpoint.
 *
 * @throws TidewaterError what making the cluster fails with
 */
export async function emrSteps(
  { aws }: LocalAwsStack,
  spark: SparkRunOptions,
  { packaging, say }: EmrStepsOptions,
): Promise<DemoSpark> {
  const { endpointUrl: endpoint, region, credentials, buckets } = aws
  const { signal } = spark
  const bucket = `s3://${buckets[0]}`
  const account = { endpoint, region, credentials }
  const clusters = await ec2Clusters(account)
  const desired = planEc2Cluster({
    name: 'tidewater-demo',
    release,
    instanceGroups: [
      { InstanceRole: 'MASTER', InstanceType: 'm7g.xlarge', InstanceCount: 1 },
      { InstanceRole: 'CORE', InstanceType: 'm7g.xlarge', InstanceCount: 1 },
    ],
    subnetIds: ['subnet-0a1b2c3d'],
    logLocation: `${bucket}/logs/`,
    serviceRole: 'EMR_DefaultRole',
    instanceProfile: 'EMR_EC2_DefaultRole',
  })
  const { id: clusterId = '' } = await ensureEmrCluster(clusters, desired, { signal })
  say(`cluster ${clusterId}`)
  await waitUntilReady(clusters, clusterId, {
    signal,
    intervalMs: pollMs,
    onProgress: ({ state }) => say(`cluster ${clusterId} is ${state}`),
  })
  const store = createObjectStore({ ...account, pathStyle: true })
  const target = await ec2StepTarget({ ...account, clusterId, store })
  const submission: SubmitOptions = {
    target: { ...target, pace: { intervalMs: pollMs, maxIntervalMs: 10 * pollMs } },
    store,
    stagingLocation: `${bucket}/staging`,
    artifact: await packageSpark(packaging),
    ...(signal === undefined ? {} : { signal }),
  }
  const catalog = {
    name: 'lake',
    type: 'glue',
    warehouse: `${bucket}/warehouse`,
    region,
    endpoint,
  } as const
  return {
    place: `steps of EMR cluster ${clusterId}, tables in Glue and S3`,
    catalog,
    checkpointLocation: `${bucket}/checkpoint`,
    async stream(job, onBatch) {
      const handle = await submitStreamingJob(job, submission)
      const { progress } = await followed(handle, signal, async () => {
        const main = (await handle.progress({ signal }))?.queries.main
        if (main !== undefined) onBatch(main)
      })
      const { inputRows = 0, batches = 0, batchDurationMs = 0 } = progress?.queries.main ?? {}
      return { inputRows, batches, batchSeconds: (batches * batchDurationMs) / 1_000 }
    },
    maintenance: maintenanceRunner({ ...submission, icebergVersion: releaseOf(release).icebergVersion }),
    source: (namespace, name) => ({ type: 'glue', database: namespace, name, ...account }),
    objects: store,
    runQueries: queryRunner(catalog, { ...spark, env: { ...spark.env, ...aws.env } }),
    close() {
      target.close()
      store.close()
      clusters.close()
    },
  }
}

/** Waits for the end and looks at it meanwhile. */
async function followed(handle: JobHandle, signal: AbortSignal | undefined, look: () => Promise<void>) {
  const over = new AbortController()
  const looking = (async () => {
    while (!over.signal.aborted) {
      // Progress only shows: its failures are the wait's to tell.
      await look().catch(() => undefined)
      await abortableSleep(pollMs, over.signal).catch(() => undefined)
    }
  })()
  try {
    return await handle.wait({ signal, onAbort: 'cancel' })
  } finally {
    over.abort()
    await looking
  }
}
