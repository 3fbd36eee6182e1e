import { TidewaterError } from '@tidewater/core'
import { createObjectStore, joinLocation, type ObjectStore } from '@tidewater/core/storage'
import { type JobTarget, localTarget, packageSpark, type SubmitOptions } from '@tidewater/emr'
import { ec2StepTarget } from '@tidewater/emr/ec2'
import { eksTarget } from '@tidewater/emr/eks'
import { serverlessTarget } from '@tidewater/emr/serverless'
import { localJobTarget, preparePackaging } from '@tidewater/testkit'
import { type CliIo, resolvePath } from '../io.js'
import { type LocalSparkOptions, prepareLocalSpark } from './local-spark.js'

/** Where a job runs; the local Spark when no cluster or application is named. */
export interface TargetOptions extends LocalSparkOptions {
  readonly cluster?: string
  readonly application?: string
  readonly virtualCluster?: string
  readonly release?: string
  readonly executionRole?: string
  readonly logLocation?: string
  readonly region?: string
  readonly profile?: string
  readonly endpoint?: string
}

export interface SubmissionOptions extends TargetOptions {
  readonly staging?: string
  readonly python?: string
  readonly decoderJar?: string
  readonly conf: Readonly<Record<string, string>>
}

export interface OpenTarget {
  readonly target: JobTarget
  readonly store: ObjectStore
}

/** Opens the place that the options name, and closes it after the work. Only who `submits` needs Spark on this machine. */
export async function withTarget<T>(
  options: TargetOptions,
  io: CliIo,
  work: (open: OpenTarget) => Promise<T>,
  { submits }: { readonly submits: boolean },
): Promise<T> {
  const { region, profile, endpoint } = options
  const account = {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  }
  const store = createObjectStore({ ...account, pathStyle: endpoint !== undefined })
  try {
    const target = await openTarget(options, { ...account, store }, io, submits)
    try {
      return await work({ target, store })
    } finally {
      target.close()
    }
  } finally {
    store.close()
  }
}

async function openTarget(
  options: TargetOptions,
  account: { readonly store: ObjectStore; readonly region?: string },
  io: CliIo,
  submits: boolean,
): Promise<JobTarget> {
  const { cluster, application, virtualCluster, executionRole, logLocation } = options
  const named = Object.entries({ cluster, application, 'virtual-cluster': virtualCluster }).filter(
    ([, value]) => value !== undefined,
  )
  if (named.length > 1)
    throw usage(`--${named.map(([name]) => name).join(' and --')} name two places`, 'Name one.')
  const role = executionRole === undefined ? {} : { executionRoleArn: executionRole }
  if (cluster !== undefined) return ec2StepTarget({ ...account, ...role, clusterId: cluster })
  if (application !== undefined) {
    const executionRoleArn = needed(executionRole, '--execution-role', 'EMR Serverless')
    return serverlessTarget({ ...account, applicationId: application, executionRoleArn, logLocation })
  }
  if (virtualCluster !== undefined) {
    return eksTarget({
      ...account,
      virtualClusterId: virtualCluster,
      releaseLabel: needed(options.release, '--release', 'EMR on EKS'),
      executionRoleArn: needed(executionRole, '--execution-role', 'EMR on EKS'),
      logLocation,
    })
  }
  if (!submits) return localTarget({ stateFolder: resolvePath(io, options.stateFolder) })
  const { stateFolder, driverMemoryMb } = await prepareLocalSpark(options, io)
  return (await localJobTarget({ stateFolder, driverMemoryMb, env: { ...io.env } })).target
}

/** What a submission needs beside the job. */
export async function submitOptions(
  options: SubmissionOptions,
  { target, store }: OpenTarget,
  io: CliIo,
): Promise<SubmitOptions> {
  const location = stagingLocation(options, target, io)
  const { python, decoderJar } = options
  const packaging =
    python === undefined ? await preparePackaging({ env: { ...io.env }, signal: io.signal }) : { python }
  return {
    target,
    store,
    stagingLocation: location,
    artifact: await packageSpark({
      ...packaging,
      ...(decoderJar === undefined ? {} : { decoderJar: resolvePath(io, decoderJar) }),
    }),
    sparkConf: options.conf,
    signal: io.signal,
  }
}

function stagingLocation({ staging, stateFolder }: SubmissionOptions, target: JobTarget, io: CliIo): string {
  if (staging !== undefined) return /^[a-z0-9]+:/.test(staging) ? staging : resolvePath(io, staging)
  if (target.type === 'local') return joinLocation(resolvePath(io, stateFolder), 'staging')
  throw usage(
    `--staging is needed for ${target.place}`,
    'Name a folder in S3, the same for all who submit the job.',
  )
}

function needed(value: string | undefined, option: string, service: string): string {
  if (value === undefined) throw usage(`${service} needs ${option}`, `Add ${option}.`)
  return value
}

function usage(message: string, remedy: string): TidewaterError {
  return new TidewaterError('USAGE', message, { remedy })
}
