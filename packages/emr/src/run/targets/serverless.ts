import type * as Sdk from '@aws-sdk/client-emr-serverless'
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
import { identityOfLabel, labelOf } from '../identity.js'
import {
  hasEnded,
  type JobState,
  type JobStatus,
  type JobTarget,
  type TargetCall,
  type TargetRun,
} from '../port.js'
import { tagsOf } from '../run-tags.js'
import { documentLocationIn, sparkSubmitParameters } from '../spark-submit.js'
import { notFound } from '../status-watch.js'
import { firstLog, logsUnder } from '../stored-log.js'
import { runIdsOf, statusesOfRuns } from './job-run-pages.js'
import { serviceStatus } from './service-status.js'

const serverlessSchema = awsClientOptionsSchema.extend({
  /** Of an application of type Spark; MSK needs one in the VPC. */
  applicationId: z.string().regex(/^[0-9a-z]{1,64}$/, 'must be the id of an application'),
  /** Role the runs have. */
  executionRoleArn: z.string().min(20),
  /** Folder for the runs' logs, `s3://…`. Default: none; then no log comes back with a failure. */
  logLocation: z.string().startsWith('s3://').optional(),
})

export type ServerlessTargetOptions = AwsClientOptions & {
  readonly applicationId: string
  readonly executionRoleArn: string
  readonly logLocation?: string | undefined
  /** Where logs are read from. */
  readonly store: ObjectStore
}

type Client = Pick<Sdk.EMRServerlessClient, 'send' | 'destroy'> & {
  readonly config: { region(): Promise<string> }
}
type Commands = Pick<
  typeof Sdk,
  'CancelJobRunCommand' | 'GetJobRunCommand' | 'ListJobRunsCommand' | 'StartJobRunCommand'
>

const stateOfRun: Readonly<Record<string, JobState>> = {
  SUBMITTED: 'pending',
  PENDING: 'pending',
  SCHEDULED: 'pending',
  QUEUED: 'pending',
  RUNNING: 'running',
  CANCELLING: 'ending',
  SUCCESS: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
}

/**
 * Runs of an EMR Serverless application, over `@aws-sdk/client-emr-serverless`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function serverlessTarget({ store, ...options }: ServerlessTargetOptions): Promise<JobTarget> {
  const config = parseConfig(serverlessSchema, options, 'EMR Serverless target')
  const sdk = await loadPeer(
    '@aws-sdk/client-emr-serverless',
    () => import('@aws-sdk/client-emr-serverless'),
    'PACKAGE_NOT_INSTALLED',
  )
  return serverlessRuns(sdk, new sdk.EMRServerlessClient(awsClientConfig(config)), { ...config, store })
}

/** The target over a client that is there already. */
export function serverlessRuns(
  sdk: Commands,
  client: Client,
  {
    applicationId,
    executionRoleArn,
    logLocation,
    endpoint,
    store,
  }: Pick<ServerlessTargetOptions, 'applicationId' | 'executionRoleArn' | 'logLocation' | 'store'> & {
    readonly endpoint?: string | undefined
  },
): JobTarget {
  const run = emrCalls('EMR Serverless', client, endpoint)
  const place = `application ${applicationId}`

  const get = async (id: string, call: TargetCall | undefined): Promise<Sdk.JobRun> => {
    const { jobRun } = await run(`Describing job run ${id}`, call, () =>
      client.send(new sdk.GetJobRunCommand({ applicationId, jobRunId: id }), aborting(call)),
    )
    if (jobRun === undefined) throw notFound(id, target)
    return jobRun
  }
  const page = (input: Partial<Sdk.ListJobRunsRequest>, call: TargetCall | undefined) =>
    run(`Listing the job runs of ${place}`, call, () =>
      client.send(new sdk.ListJobRunsCommand({ applicationId, maxResults: 50, ...input }), aborting(call)),
    )
  const describe = async (id: string, call?: TargetCall): Promise<TargetRun> => {
    const found = runOf(await get(id, call))
    if (found === undefined) throw notFound(id, target)
    return found
  }

  const target: JobTarget = {
    type: 'serverless',
    place,
    pace: { intervalMs: 10_000, maxIntervalMs: 120_000 },
    takesTokens: true,
    async find(job, call) {
      const ids = await runIdsOf(
        (input) => page(input as Partial<Sdk.ListJobRunsRequest>, call),
        (name) => identityOfLabel(name)?.job === job,
        stateOfRun,
      )
      return Promise.all(ids.map((id) => describe(id, call)))
    },
    async submit(submission, call) {
      const { identity, runId, program } = submission
      const isStreaming = identity.kind === 'streaming'
      const input: Sdk.StartJobRunRequest = {
        applicationId,
        executionRoleArn,
        clientToken: runId,
        name: labelOf(identity),
        mode: isStreaming ? 'STREAMING' : 'BATCH',
        // A backfill that is tried again goes on from its checkpoint; maintenance is planned anew instead.
        retryPolicy: isStreaming
          ? { maxFailedAttemptsPerHour: 5 }
          : { maxAttempts: identity.kind === 'backfill' ? 2 : 1 },
        // None: the service's own ends a run after twelve hours.
        executionTimeoutMinutes: 0,
        jobDriver: {
          sparkSubmit: {
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
      const { jobRunId } = await run(`Starting a job run of ${place}`, call, () =>
        client.send(new sdk.StartJobRunCommand(input), aborting(call)),
      )
      if (jobRunId === undefined) throw notFound('that was just started', target)
      return jobRunId
    },
    describe,
    statuses: (ids, call) =>
      statusesOfRuns<StateOfRun>(
        ids,
        () => page({}, call),
        (id) => get(id, call),
        statusOf,
      ),
    async cancel(id, call) {
      if (hasEnded(statusOf(await get(id, call)))) return
      await run(`Cancelling job run ${id}`, call, () =>
        client.send(new sdk.CancelJobRunCommand({ applicationId, jobRunId: id }), aborting(call)),
      )
    },
    async log(id, stream, call) {
      const { configurationOverrides } = await get(id, call)
      const logUri = configurationOverrides?.monitoringConfiguration?.s3MonitoringConfiguration?.logUri
      if (logUri === undefined) return undefined
      // With attempts, each has a folder of its own in between.
      const folder = joinLocation(logUri, 'applications', applicationId, 'jobs', id)
      const driver = new RegExp(`/SPARK_DRIVER/${stream}(\\.txt)?\\.gz$`)
      return firstLog(store, await logsUnder(store, folder, driver, call), call)
    },
    close: () => client.destroy(),
  }
  return target
}

function runOf(jobRun: Sdk.JobRun): TargetRun | undefined {
  const { jobRunId, name, jobDriver, createdAt } = jobRun
  const identity = identityOfLabel(name ?? '')
  const documentLocation = documentLocationIn(jobDriver?.sparkSubmit?.entryPointArguments ?? [])
  if (jobRunId === undefined || identity === undefined || documentLocation === undefined) return undefined
  const submittedAtMs = createdAt?.getTime()
  const status = { ...statusOf(jobRun), ...(submittedAtMs === undefined ? {} : { submittedAtMs }) }
  return { id: jobRunId, identity, documentLocation, status }
}

type StateOfRun = Pick<Sdk.JobRun, 'state' | 'stateDetails'>

function statusOf({ state, stateDetails }: StateOfRun): JobStatus {
  return serviceStatus(stateOfRun, state, [stateDetails])
}
