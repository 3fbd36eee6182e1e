import type * as Sdk from '@aws-sdk/client-emr-containers'
import {
  type AwsClientOptions,
  awsClientConfig,
  awsClientOptionsSchema,
  loadPeer,
  parseConfig,
} from '@tidewater/core'
import { joinLocation, type ObjectStore } from '@tidewater/core/storage'
import { z } from 'zod'
import { aborting, emrCalls } from '../../aws/emr-calls.js'
import { identityOfLabel } from '../identity.js'
import {
  hasEnded,
  type JobState,
  type JobStatus,
  type JobTarget,
  type TargetCall,
  type TargetRun,
} from '../port.js'
import { labelTag, shortNameOf, shortNamePrefix, tagsOf } from '../run-tags.js'
import { documentLocationIn, sparkSubmitParameters } from '../spark-submit.js'
import { notFound } from '../status-watch.js'
import { firstLog, logsUnder } from '../stored-log.js'
import { runIdsOf, statusesOfRuns } from './job-run-pages.js'
import { serviceStatus } from './service-status.js'

const eksSchema = awsClientOptionsSchema.extend({
  /** Of the virtual cluster, which stands for a namespace of an EKS cluster. */
  virtualClusterId: z.string().regex(/^[0-9a-z]{1,64}$/, 'must be the id of a virtual cluster'),
  /** Such as `emr-7.14.0-latest`. */
  releaseLabel: z.string().regex(/^[\w.-]{1,64}$/, 'must be a release label such as emr-7.14.0-latest'),
  /** Role the runs have. */
  executionRoleArn: z.string().min(20),
  /** Folder for the runs' logs, `s3://…`. Default: none; then no log comes back with a failure. */
  logLocation: z.string().startsWith('s3://').optional(),
})

export type EksTargetOptions = AwsClientOptions & {
  readonly virtualClusterId: string
  readonly releaseLabel: string
  readonly executionRoleArn: string
  readonly logLocation?: string | undefined
  /** Where logs are read from. */
  readonly store: ObjectStore
}

type Client = Pick<Sdk.EMRContainersClient, 'send' | 'destroy'> & {
  readonly config: { region(): Promise<string> }
}
type Commands = Pick<
  typeof Sdk,
  'CancelJobRunCommand' | 'DescribeJobRunCommand' | 'ListJobRunsCommand' | 'StartJobRunCommand'
>

const stateOfRun: Readonly<Record<string, JobState>> = {
  PENDING: 'pending',
  SUBMITTED: 'pending',
  RUNNING: 'running',
  CANCEL_PENDING: 'ending',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
}

/**
 * Job runs of EMR on EKS, over `@aws-sdk/client-emr-containers`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function eksTarget({ store, ...options }: EksTargetOptions): Promise<JobTarget> {
  const config = parseConfig(eksSchema, options, 'EMR on EKS target')
  const sdk = await loadPeer(
    '@aws-sdk/client-emr-containers',
    () => import('@aws-sdk/client-emr-containers'),
    'PACKAGE_NOT_INSTALLED',
  )
  return eksRuns(sdk, new sdk.EMRContainersClient(awsClientConfig(config) as object), { ...config, store })
}

/** The target over a client that is there already. */
export function eksRuns(
  sdk: Commands,
  client: Client,
  options: Omit<EksTargetOptions, keyof AwsClientOptions> & { readonly endpoint?: string | undefined },
): JobTarget {
  const { virtualClusterId, releaseLabel, executionRoleArn, logLocation, endpoint, store } = options
  const run = emrCalls('EMR on EKS', client, endpoint)
  const place = `virtual cluster ${virtualClusterId}`

  const get = async (id: string, call: TargetCall | undefined): Promise<Sdk.JobRun> => {
    const { jobRun } = await run(`Describing job run ${id}`, call, () =>
      client.send(new sdk.DescribeJobRunCommand({ virtualClusterId, id }), aborting(call)),
    )
    if (jobRun === undefined) throw notFound(id, target)
    return jobRun
  }
  const page = (input: Partial<Sdk.ListJobRunsRequest>, call: TargetCall | undefined) =>
    run(`Listing the job runs of ${place}`, call, () =>
      client.send(new sdk.ListJobRunsCommand({ virtualClusterId, maxResults: 50, ...input }), aborting(call)),
    )
  const describe = async (id: string, call?: TargetCall): Promise<TargetRun> => {
    const found = runOf(await get(id, call))
    if (found === undefined) throw notFound(id, target)
    return found
  }

  const target: JobTarget = {
    type: 'eks',
    place,
    pace: { intervalMs: 10_000, maxIntervalMs: 120_000 },
    takesTokens: true,
    async find(job, call) {
      const ids = await runIdsOf(
        (input) => page(input as Partial<Sdk.ListJobRunsRequest>, call),
        (name) => name.startsWith(shortNamePrefix(job)),
        stateOfRun,
      )
      return Promise.all(ids.map((id) => describe(id, call)))
    },
    async submit(submission, call) {
      const { identity, runId, program } = submission
      const input: Sdk.StartJobRunRequest = {
        virtualClusterId,
        releaseLabel,
        executionRoleArn,
        clientToken: runId,
        name: shortNameOf(identity),
        // A job that is tried again goes on from its checkpoint; maintenance is planned anew instead.
        retryPolicyConfiguration: {
          maxAttempts: { streaming: 5, backfill: 2, maintenance: 1 }[identity.kind],
        },
        jobDriver: {
          sparkSubmitJobDriver: {
            entryPoint: program,
            entryPointArguments: [...submission.arguments],
            sparkSubmitParameters: sparkSubmitParameters(submission),
          },
        },
        ...(logLocation === undefined
          ? {}
          : {
              configurationOverrides: {
                monitoringConfiguration: { s3MonitoringConfiguration: { logUri: logLocation } },
              },
            }),
        tags: tagsOf(identity),
      }
      const { id } = await run(`Starting a job run on ${place}`, call, () =>
        client.send(new sdk.StartJobRunCommand(input), aborting(call)),
      )
      if (id === undefined) throw notFound('that was just started', target)
      return id
    },
    describe,
    statuses: (ids, call) =>
      statusesOfRuns<Sdk.JobRun>(
        ids,
        () => page({}, call),
        (id) => get(id, call),
        statusOf,
      ),
    async cancel(id, call) {
      if (hasEnded(statusOf(await get(id, call)))) return
      await run(`Cancelling job run ${id}`, call, () =>
        client.send(new sdk.CancelJobRunCommand({ virtualClusterId, id }), aborting(call)),
      )
    },
    async log(id, stream, call) {
      const { configurationOverrides } = await get(id, call)
      const logUri = configurationOverrides?.monitoringConfiguration?.s3MonitoringConfiguration?.logUri
      if (logUri === undefined) return undefined
      const folder = joinLocation(logUri, virtualClusterId, 'jobs', id, 'containers')
      const driver = new RegExp(`driver[^/]*/${stream}(\\.txt)?\\.gz$`)
      return firstLog(store, await logsUnder(store, folder, driver, call), call)
    },
    close: () => client.destroy(),
  }
  return target
}

function runOf(jobRun: Sdk.JobRun): TargetRun | undefined {
  const { id, tags, jobDriver, createdAt } = jobRun
  const identity = identityOfLabel(tags?.[labelTag] ?? '')
  const documentLocation = documentLocationIn(jobDriver?.sparkSubmitJobDriver?.entryPointArguments ?? [])
  if (id === undefined || identity === undefined || documentLocation === undefined) return undefined
  const submittedAtMs = createdAt?.getTime()
  const status = { ...statusOf(jobRun), ...(submittedAtMs === undefined ? {} : { submittedAtMs }) }
  return { id, identity, documentLocation, status }
}

function statusOf({ state, failureReason, stateDetails }: Sdk.JobRun): JobStatus {
  return serviceStatus(stateOfRun, state, [failureReason, stateDetails])
}
