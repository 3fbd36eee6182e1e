import {
  type ActualCluster,
  type ClusterKind,
  type ClusterService,
  clusterKinds,
  createAccessReader,
  type DesiredCluster,
  describeEmrCluster,
  type EmrClusterPlan,
  ensureEmrCluster,
  listEmrClusters,
  renderEmrClusterPlan,
  terminateEmrCluster,
  waitUntilEnded,
  waitUntilReady,
} from '@tidewater/emr'
import { type Ec2ClusterInput, ec2Clusters, planEc2Cluster } from '@tidewater/emr/ec2'
import { planVirtualCluster, type VirtualClusterInput, virtualClusters } from '@tidewater/emr/eks'
import {
  type ApplicationInput,
  planServerlessApplication,
  serverlessApplications,
} from '@tidewater/emr/serverless'
import type { CliIo } from '../io.js'
import { seconds, table } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import type { AccountOptions, CreateOptions } from './cluster.js'

export type EmrClusterOptions = AccountOptions

/** A kind of cluster, from its document to its service. */
interface Kind<Input> {
  plan(definition: Readonly<Record<string, unknown>>): DesiredCluster<Input>
  open(account: Account): Promise<ClusterService<Input>>
}

interface Account {
  readonly region?: string
  readonly profile?: string
  readonly endpoint?: string
}

// The definitions are validated by their plans, so that the command line has no second opinion.
const ec2 = {
  plan: (definition: object) => planEc2Cluster(definition as Ec2ClusterInput),
  open: ec2Clusters,
}
const serverless = {
  plan: (definition: object) => planServerlessApplication(definition as ApplicationInput),
  open: serverlessApplications,
}
const eks = {
  plan: (definition: object) => planVirtualCluster(definition as VirtualClusterInput),
  open: virtualClusters,
}

/** Makes the cluster exist, or finds it; prints the plan with its reasons. */
export function emrClusterCreate(
  kind: ClusterKind,
  definition: Readonly<Record<string, unknown>>,
  options: CreateOptions,
  io: CliIo,
): Promise<void> {
  if (kind === 'emr-ec2') return create(ec2, definition, options, io)
  if (kind === 'emr-serverless') return create(serverless, definition, options, io)
  return create(eks, definition, options, io)
}

/** Prints the state of a cluster by its id, or of ours by its name. */
export function emrClusterStatus(
  kind: ClusterKind,
  nameOrId: string,
  options: EmrClusterOptions,
  io: CliIo,
): Promise<void> {
  return withService(kind, options, async (service) => {
    const cluster = await describeEmrCluster(service, nameOrId, { signal: io.signal })
    if (options.json) writeJson(io, { kind, ...cluster })
    else io.stdout(renderStatus(kind, cluster))
  })
}

/** Terminates a cluster of ours, or says with `dryRun` what that would be. */
export function emrClusterTerminate(
  kind: ClusterKind,
  nameOrId: string,
  options: EmrClusterOptions & {
    readonly dryRun: boolean
    readonly wait: boolean
    readonly timeout?: number
  },
  io: CliIo,
): Promise<void> {
  const { dryRun, wait, json } = options
  return withService(kind, options, async (service) => {
    const done = await terminateEmrCluster(service, nameOrId, { dryRun, signal: io.signal })
    if (!json) io.stdout(`${dryRun ? 'would be: ' : ''}${done.action}: ${done.reason}\n`)
    const cluster =
      wait && !dryRun ? await waitFor(service, done.cluster.id, waitUntilEnded, options, io) : done.cluster
    if (json) writeJson(io, { kind, dryRun, ...done, cluster })
  })
}

/** Prints what Tidewater has made and what has not ended, of one kind or of all. */
export async function emrClusterList(
  options: EmrClusterOptions & { readonly kind?: ClusterKind },
  io: CliIo,
): Promise<void> {
  const found: (ActualCluster & { readonly kind: ClusterKind })[] = []
  for (const kind of options.kind === undefined ? clusterKinds : [options.kind]) {
    await withService(kind, options, async (service) => {
      for (const cluster of await listEmrClusters(service, { signal: io.signal }))
        found.push({ kind, ...cluster })
    })
  }
  if (options.json) return writeJson(io, { clusters: found })
  const rows = found.map(({ kind, name, id, state, settings }) => [
    kind,
    name,
    id,
    state,
    settings.release ?? '',
  ])
  io.stdout(table(['kind', 'name', 'id', 'state', 'release'], rows))
}

async function create<Input>(
  kind: Kind<Input>,
  definition: Readonly<Record<string, unknown>>,
  options: CreateOptions,
  io: CliIo,
): Promise<void> {
  const { dryRun, wait, json } = options
  // What is wrong with the definition is said before anything is asked.
  const desired = kind.plan(definition)
  const service = await kind.open(accountOf(options))
  try {
    const access = await createAccessReader(accountOf(options))
    const plan = await ensureEmrCluster(service, desired, { dryRun, access, signal: io.signal }).finally(() =>
      access.close(),
    )
    if (!json) io.stdout(`${renderEmrClusterPlan(plan, dryRun, columnsOf(io))}${idLine(plan)}`)
    const cluster =
      wait && !dryRun && plan.id !== undefined
        ? await waitFor(service, plan.id, waitUntilReady, options, io)
        : undefined
    if (json) writeJson(io, { ...plan, dryRun, ...(cluster === undefined ? {} : { cluster }) })
    else if (cluster !== undefined) io.stdout(renderStatus(desired.kind, cluster))
  } finally {
    service.close()
  }
}

function waitFor(
  service: ClusterService,
  id: string,
  wait: typeof waitUntilReady,
  { timeout }: { readonly timeout?: number },
  io: CliIo,
): Promise<ActualCluster> {
  return runStage(
    io,
    'Cluster',
    (stage) =>
      wait(service, id, {
        ...(timeout === undefined ? {} : { timeoutMs: timeout }),
        signal: io.signal,
        onProgress: ({ state, elapsedMs, error }) => {
          const trouble = error === undefined ? '' : `, last question: ${error.code}`
          stage.say(`${state} after ${seconds(elapsedMs / 1000)}${trouble}`)
        },
      }),
    ({ state }) => `is ${state}`,
  )
}

async function withService(
  kind: ClusterKind,
  options: EmrClusterOptions,
  work: (service: ClusterService) => Promise<void>,
): Promise<void> {
  const open = { 'emr-ec2': ec2.open, 'emr-serverless': serverless.open, 'emr-eks': eks.open }[kind]
  const service: Omit<ClusterService, 'create'> = await open(accountOf(options))
  try {
    await work(service as ClusterService)
  } finally {
    service.close()
  }
}

function accountOf({ region, profile, endpoint }: EmrClusterOptions): Account {
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  }
}

function idLine(plan: EmrClusterPlan): string {
  return plan.id === undefined ? '' : `id ${plan.id}\n`
}

function renderStatus(kind: ClusterKind, { id, name, state, reason, settings }: ActualCluster): string {
  const rows = Object.entries({ id, kind, state, ...(reason === '' ? {} : { reason }), ...settings })
  return table(['cluster', name], rows)
}

function columnsOf(io: CliIo): number {
  return io.isTty ? Math.max(80, io.columns) : 120
}
