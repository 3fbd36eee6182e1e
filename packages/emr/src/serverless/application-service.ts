import type * as Sdk from '@aws-sdk/client-emr-serverless'
import {
  type AwsClientOptions,
  awsClientConfig,
  awsClientOptionsSchema,
  loadPeer,
  parseConfig,
} from '@tidewater/core'
import { aborting, emrCalls } from '../aws/emr-calls.js'
import type { ActualCluster, ClusterPhase, ClusterService } from '../cluster/service.js'
import type { TargetCall } from '../run/port.js'
import { type ApplicationRequest, capacityText } from './plan-application.js'

type Client = Pick<Sdk.EMRServerlessClient, 'send' | 'destroy'> & {
  readonly config: { region(): Promise<string> }
}
type Commands = Pick<
  typeof Sdk,
  | 'CreateApplicationCommand'
  | 'DeleteApplicationCommand'
  | 'GetApplicationCommand'
  | 'ListApplicationsCommand'
  | 'StopApplicationCommand'
>

const pace = { intervalMs: 3_000, maxIntervalMs: 60_000 }

// One that is stopped, or about to be, takes runs: they start it.
const phases: Readonly<Record<Sdk.ApplicationState, ClusterPhase>> = {
  CREATING: 'starting',
  CREATED: 'ready',
  STARTING: 'ready',
  STARTED: 'ready',
  STOPPING: 'ready',
  STOPPED: 'ready',
  TERMINATED: 'ended',
}

/**
 * Applications of EMR Serverless, over `@aws-sdk/client-emr-serverless`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function serverlessApplications(
  options: AwsClientOptions = {},
): Promise<ClusterService<ApplicationRequest>> {
  const config = parseConfig(awsClientOptionsSchema, options, 'EMR Serverless client')
  const sdk = await loadPeer(
    '@aws-sdk/client-emr-serverless',
    () => import('@aws-sdk/client-emr-serverless'),
    'PACKAGE_NOT_INSTALLED',
  )
  return applicationsOver(sdk, new sdk.EMRServerlessClient(awsClientConfig(config)), config.endpoint)
}

/** The same over a client that is there already. */
export function applicationsOver(
  sdk: Commands,
  client: Client,
  endpoint?: string,
): ClusterService<ApplicationRequest> {
  const run = emrCalls('EMR Serverless', client, endpoint)

  const describe = async (id: string, call?: TargetCall): Promise<ActualCluster> => {
    const { application } = await run(`Reading application ${id}`, call, () =>
      client.send(new sdk.GetApplicationCommand({ applicationId: id }), aborting(call)),
    )
    return actualApplication(id, application)
  }

  return {
    kind: 'emr-serverless',
    place: 'EMR Serverless',
    pace,
    describe,
    async list(name, call) {
      const ids: string[] = []
      let nextToken: string | undefined
      do {
        const page = await run('Listing applications', call, () =>
          client.send(
            new sdk.ListApplicationsCommand(nextToken === undefined ? {} : { nextToken }),
            aborting(call),
          ),
        )
        for (const one of page.applications ?? [])
          if (one.id !== undefined && (name === undefined || one.name === name)) ids.push(one.id)
        nextToken = page.nextToken
      } while (nextToken !== undefined)
      const applications: ActualCluster[] = []
      // The list has no tags.
      for (const id of ids) applications.push(await describe(id, call))
      return applications
    },
    async create(input, clientToken, call) {
      const { applicationId } = await run(`Creating application "${input.name}"`, call, () =>
        client.send(new sdk.CreateApplicationCommand({ ...input, clientToken }), aborting(call)),
      )
      return applicationId ?? ''
    },
    async terminate({ id, state }, call) {
      if (state === 'STARTED') {
        await run(`Stopping application ${id}`, call, () =>
          client.send(new sdk.StopApplicationCommand({ applicationId: id }), aborting(call)),
        )
      } else if (state === 'CREATED' || state === 'STOPPED') {
        await run(`Deleting application ${id}`, call, () =>
          client.send(new sdk.DeleteApplicationCommand({ applicationId: id }), aborting(call)),
        )
      }
    },
    close: () => client.destroy(),
  }
}

function actualApplication(id: string, application: Sdk.Application | undefined): ActualCluster {
  const state = application?.state
  const subnets = application?.networkConfiguration?.subnetIds ?? []
  return {
    id,
    name: application?.name ?? '',
    ...(application?.arn === undefined ? {} : { arn: application.arn }),
    state: state ?? 'unknown',
    phase: state === undefined ? 'starting' : phases[state],
    reason: application?.stateDetails ?? '',
    tags: application?.tags ?? {},
    createdAtMs: application?.createdAt?.getTime() ?? 0,
    settings: {
      release: application?.releaseLabel ?? '',
      architecture: application?.architecture === 'ARM64' ? 'arm64' : 'x86_64',
      subnets: subnets.length === 0 ? 'none' : [...subnets].sort().join(', '),
      autoStopAfterIdleMinutes: String(application?.autoStopConfiguration?.idleTimeoutMinutes ?? 0),
      maximumCapacity: capacityText(application?.maximumCapacity),
    },
  }
}
