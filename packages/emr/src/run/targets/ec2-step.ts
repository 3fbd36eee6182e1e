import type * as Sdk from '@aws-sdk/client-emr'
import {
  type AwsClientOptions,
  awsClientConfig,
  awsClientOptionsSchema,
  loadPeer,
  parseConfig,
  runWithRetry,
} from '@tidewater/core'
import { joinLocation, type ObjectStore } from '@tidewater/core/storage'
import { z } from 'zod'
import { aborting, emrCalls } from '../../aws/emr-calls.js'
import { labelOf } from '../identity.js'
import { hasEnded, type JobStatus, type JobTarget, type TargetCall, type TargetRun } from '../port.js'
import { requireLength, sparkSubmitArguments } from '../spark-submit.js'
import { notFound } from '../status-watch.js'
import { firstLog, logNames, logsUnder } from '../stored-log.js'
import { applicationIn, driverLogOf, runOfStep, stepStatus } from './ec2-step-answers.js'

const ec2StepSchema = awsClientOptionsSchema.extend({
  /** The cluster, `j-…`. */
  clusterId: z.string().regex(/^j-[A-Z0-9]+$/, 'must be the id of a cluster, such as j-2AXXXXXXGAPLF'),
  /** Role the step runs with, on a cluster with runtime roles. Default: the cluster's. */
  executionRoleArn: z.string().min(20).optional(),
})

export type Ec2StepTargetOptions = AwsClientOptions & {
  readonly clusterId: string
  readonly executionRoleArn?: string | undefined
  /** Where the cluster's logs are read from. */
  readonly store: ObjectStore
}

type Client = Pick<Sdk.EMRClient, 'send' | 'destroy'> & { readonly config: { region(): Promise<string> } }
type Commands = Pick<
  typeof Sdk,
  | 'AddJobFlowStepsCommand'
  | 'CancelStepsCommand'
  | 'DescribeClusterCommand'
  | 'DescribeStepCommand'
  | 'ListStepsCommand'
>

/** What ListSteps takes. */
const stepIdLimit = 10
/** Over all arguments of a step. */
const argumentCharactersLimit = 10_240

/**
 * Steps of a cluster of EMR on EC2, over `@aws-sdk/client-emr`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function ec2StepTarget({ store, ...options }: Ec2StepTargetOptions): Promise<JobTarget> {
  const config = parseConfig(ec2StepSchema, options, 'EC2 step target')
  const sdk = await loadPeer(
    '@aws-sdk/client-emr',
    () => import('@aws-sdk/client-emr'),
    'PACKAGE_NOT_INSTALLED',
  )
  return stepTarget(sdk, new sdk.EMRClient(awsClientConfig(config)), { ...config, store })
}

/** The target over a client that is there already. */
export function stepTarget(
  sdk: Commands,
  client: Client,
  {
    clusterId,
    executionRoleArn,
    endpoint,
    store,
  }: Pick<Ec2StepTargetOptions, 'clusterId' | 'executionRoleArn' | 'store'> & {
    readonly endpoint?: string | undefined
  },
): JobTarget {
  const run = emrCalls('EMR', client, endpoint)
  const place = `cluster ${clusterId}`
  let logs: string | undefined

  const listSteps = (input: Partial<Sdk.ListStepsInput>, call: TargetCall | undefined) =>
    run(`Listing the steps of ${place}`, call, () =>
      client.send(new sdk.ListStepsCommand({ ClusterId: clusterId, ...input }), aborting(call)),
    )
  const cluster = async (call: TargetCall | undefined) => {
    const { Cluster } = await run(`Describing ${place}`, call, () =>
      client.send(new sdk.DescribeClusterCommand({ ClusterId: clusterId }), aborting(call)),
    )
    return Cluster
  }
  const unended = async (call: TargetCall | undefined): Promise<Sdk.StepSummary[]> => {
    const steps: Sdk.StepSummary[] = []
    let Marker: string | undefined
    do {
      const StepStates: Sdk.StepState[] = ['PENDING', 'RUNNING', 'CANCEL_PENDING']
      const page = await listSteps({ StepStates, ...(Marker === undefined ? {} : { Marker }) }, call)
      steps.push(...(page.Steps ?? []))
      Marker = page.Marker
    } while (Marker !== undefined)
    return steps
  }
  const find = async (job: string, call?: TargetCall): Promise<TargetRun[]> => {
    const newest = (await listSteps({}, call)).Steps ?? []
    const seen = new Set(newest.map(({ Id }) => Id))
    const older = (await unended(call)).filter(({ Id }) => !seen.has(Id))
    return [...newest, ...older]
      .map(runOfStep)
      .filter((one) => one !== undefined && one.identity.job === job) as TargetRun[]
  }
  const folderOfLogs = async (call: TargetCall | undefined) => {
    logs ??= (await cluster(call))?.LogUri
    return logs === undefined ? undefined : joinLocation(logs, clusterId)
  }

  const target: JobTarget = {
    type: 'ec2-step',
    place,
    // ListSteps refills at one call in two seconds, for the whole account.
    pace: { intervalMs: 20_000, maxIntervalMs: 180_000 },
    takesTokens: false,
    find,
    async submit(submission, call) {
      const Args = sparkSubmitArguments(submission, 'cluster')
      const characters = Args.reduce((sum, argument) => sum + argument.length, 0)
      requireLength('The step', characters, argumentCharactersLimit)
      const input: Sdk.AddJobFlowStepsInput = {
        JobFlowId: clusterId,
        Steps: [
          {
            Name: labelOf(submission.identity),
            ActionOnFailure: 'CONTINUE',
            HadoopJarStep: { Jar: 'command-runner.jar', Args },
          },
        ],
        ...(executionRoleArn === undefined ? {} : { ExecutionRoleArn: executionRoleArn }),
      }
      const documentLocation = submission.arguments[1]
      return runWithRetry(
        async (attempt) => {
          // There is no token: a request whose answer was lost may have been carried out.
          const there = attempt === 1 ? [] : await find(submission.identity.job, call)
          const own = there.find((one) => one.documentLocation === documentLocation)
          if (own !== undefined) return own.id
          const answer = await run(`Adding a step to ${place}`, { ...call, maxAttempts: 1 }, () =>
            client.send(new sdk.AddJobFlowStepsCommand(input), aborting(call)),
          )
          const id = answer.StepIds?.[0]
          if (id === undefined) throw notFound('that was just added', target)
          return id
        },
        { policy: { initialDelayMs: 1_000, maxDelayMs: 20_000 }, ...aborts(call) },
      )
    },
    async describe(id, call) {
      const { Step } = await run(`Describing step ${id}`, call, () =>
        client.send(new sdk.DescribeStepCommand({ ClusterId: clusterId, StepId: id }), aborting(call)),
      )
      const found = Step === undefined ? undefined : runOfStep(Step)
      if (found === undefined) throw notFound(id, target)
      return found
    },
    async statuses(ids, call) {
      const statuses = new Map<string, JobStatus>()
      for (let begin = 0; begin < ids.length; begin += stepIdLimit) {
        const StepIds = ids.slice(begin, begin + stepIdLimit)
        const { Steps = [] } = await listSteps({ StepIds }, call)
        for (const { Id, Status } of Steps) if (Id !== undefined) statuses.set(Id, stepStatus(Status))
      }
      return statuses
    },
    async cancel(id, call) {
      const input: Sdk.CancelStepsInput = {
        ClusterId: clusterId,
        StepIds: [id],
        StepCancellationOption: 'TERMINATE_PROCESS',
      }
      // A step that has ended is told by the answer, as FAILED: there is nothing left to do.
      await run(`Cancelling step ${id}`, call, () =>
        client.send(new sdk.CancelStepsCommand(input), aborting(call)),
      )
    },
    async log(id, stream, call) {
      const folder = await folderOfLogs(call)
      if (folder === undefined) return undefined
      const ofStep = (name: string) => logNames(name).map((one) => joinLocation(folder, 'steps', id, one))
      const clientLog = await firstLog(store, ofStep('stderr'), call)
      const application = applicationIn(clientLog?.text ?? '')
      // In cluster mode the step's own output is the client's, and the driver's is a container's.
      if (application !== undefined) {
        const containers = joinLocation(folder, 'containers', application)
        const driver = driverLogOf(await logsUnder(store, containers, /\.gz$/, call), stream)
        if (driver !== undefined) return firstLog(store, [driver], call)
      }
      return stream === 'stderr' ? clientLog : firstLog(store, ofStep(stream), call)
    },
    async explain(_, status, call) {
      if (!hasEnded(status)) return undefined
      const { Status } = (await cluster(call)) ?? {}
      if (!Status?.State?.startsWith('TERMINAT')) return undefined
      const { Code, Message } = Status.StateChangeReason ?? {}
      const why = [Code, Message].filter((part) => part !== undefined).join(': ')
      return `${place} is ${Status.State}${why === '' ? '' : ` (${why})`}`
    },
    close: () => client.destroy(),
  }
  return target
}

function aborts(call: TargetCall | undefined): { signal?: AbortSignal } {
  return call?.signal === undefined ? {} : { signal: call.signal }
}
