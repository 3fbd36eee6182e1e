import { TidewaterError } from '@tidewater/core'
import {
  type BrokerNetwork,
  bootstrapBrokers,
  type ClusterDefinitionInput,
  type ClusterPlan,
  createMskClient,
  deleteCluster,
  describeCluster,
  ensureCluster,
  type MskClient,
  type NamedCluster,
  waitUntilActive,
} from '@tidewater/core/msk'
import type { CliIo } from '../io.js'
import { seconds, table } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'

export interface AccountOptions {
  readonly region?: string | undefined
  readonly profile?: string | undefined
  readonly endpoint?: string | undefined
  readonly json: boolean
}

export interface DefinitionOptions extends AccountOptions {
  readonly subnets?: readonly string[]
  readonly securityGroups?: readonly string[]
  readonly serverless: boolean
  readonly kafkaVersion?: string
  readonly brokerType?: string
  readonly brokersPerZone?: number
  readonly storageGib?: number
  readonly provisionedThroughputMibps?: number
  readonly tag: Readonly<Record<string, string>>
}

/** Prints what `cluster create` would do. */
export async function clusterPlan(name: string, options: DefinitionOptions, io: CliIo): Promise<void> {
  await withClient(name, options, async (client) => {
    const definition = definitionOf(name, options)
    const plan = await ensureCluster(client, definition, { dryRun: true, signal: io.signal })
    printPlan(plan, { ...options, dryRun: true }, io)
  })
}

export interface CreateOptions extends AccountOptions {
  readonly dryRun: boolean
  readonly wait: boolean
  /** Milliseconds; core's default when it isn't given. */
  readonly timeout?: number
}

/** Creates the cluster, or finds it; prints what it did and why. */
export async function clusterCreate(
  definition: ClusterDefinitionInput,
  options: CreateOptions,
  io: CliIo,
): Promise<void> {
  const { name } = definition
  await withClient(name, options, async (client) => {
    const plan = await ensureCluster(client, definition, { dryRun: options.dryRun, signal: io.signal })
    if (options.dryRun || !options.wait) return printPlan(plan, options, io)
    const { ClusterArn } = await describeCluster(client, name, { signal: io.signal })
    if (!options.json) printPlan(plan, options, io)
    const cluster = await waitWithProgress(client, ClusterArn, options.timeout, io)
    if (options.json) writeJson(io, { ...plan, dryRun: false, cluster: summaryOf(cluster) })
    else io.stdout(renderCluster(cluster))
  })
}

/** Prints state, size and authentication of a cluster. */
export async function clusterDescribe(nameOrArn: string, options: AccountOptions, io: CliIo): Promise<void> {
  await withClient(nameOrArn, options, async (client) => {
    const cluster = await describeCluster(client, nameOrArn, { signal: io.signal })
    printCluster(cluster, options, io)
  })
}

/** Waits until the cluster is ACTIVE, and prints it. */
export async function clusterWait(
  nameOrArn: string,
  options: AccountOptions & { readonly timeout: number },
  io: CliIo,
): Promise<void> {
  await withClient(nameOrArn, options, async (client) => {
    const { ClusterArn } = await describeCluster(client, nameOrArn, { signal: io.signal })
    printCluster(await waitWithProgress(client, ClusterArn, options.timeout, io), options, io)
  })
}

/** Prints the brokers of a network as one line, for `--broker`; why these goes to stderr. */
export async function clusterBrokers(
  nameOrArn: string,
  options: AccountOptions & { readonly network: BrokerNetwork },
  io: CliIo,
): Promise<void> {
  await withClient(nameOrArn, options, async (client) => {
    const { network } = options
    const chosen = await bootstrapBrokers(client, nameOrArn, { network, signal: io.signal })
    if (options.json) return writeJson(io, chosen)
    io.stderr(`${chosen.reason}\n`)
    io.stdout(`${chosen.bootstrapBrokers}\n`)
  })
}

/** Says what would be deleted, or, when the cluster's name is given once more, deletes it. */
export async function clusterDelete(
  nameOrArn: string,
  options: AccountOptions & { readonly confirm?: string },
  io: CliIo,
): Promise<void> {
  await withClient(nameOrArn, options, async (client) => {
    const planned = await deleteCluster(client, nameOrArn, { dryRun: true, signal: io.signal })
    const { confirm } = options
    if (confirm !== undefined && confirm !== planned.clusterName) {
      throw new TidewaterError(
        'USAGE',
        `--confirm is "${confirm}", the cluster is "${planned.clusterName}"`,
        {
          remedy: `Write --confirm ${planned.clusterName} to delete it.`,
        },
      )
    }
    const dryRun = confirm === undefined
    const deleted = dryRun ? planned : await deleteCluster(client, planned.clusterArn, { signal: io.signal })
    if (options.json) return writeJson(io, { ...deleted, dryRun })
    io.stdout(`${dryRun ? 'would be: ' : ''}${deleted.action}: ${deleted.reason}\n`)
    if (dryRun && deleted.action === 'delete') io.stdout(`--confirm ${deleted.clusterName} deletes it.\n`)
  })
}

/** The definition that the options stand for; what is left out gets core's defaults. */
export function definitionOf(name: string, options: DefinitionOptions): ClusterDefinitionInput {
  const { subnets = [] } = options
  const securityGroupIds = [...(options.securityGroups ?? [])]
  const tags = { ...options.tag }
  if (options.serverless) {
    refuseProvisionedOptions(options)
    return { type: 'serverless', name, subnetIds: [...subnets], securityGroupIds, tags }
  }
  const { kafkaVersion, brokerType, brokersPerZone, storageGib, provisionedThroughputMibps } = options
  return {
    type: 'provisioned',
    name,
    clientSubnetIds: [...subnets],
    securityGroupIds,
    tags,
    ...(kafkaVersion === undefined ? {} : { kafkaVersion }),
    ...(brokerType === undefined ? {} : { brokerType }),
    ...(brokersPerZone === undefined ? {} : { brokersPerAvailabilityZone: brokersPerZone }),
    ...(storageGib === undefined ? {} : { storageGiBPerBroker: storageGib }),
    ...(provisionedThroughputMibps === undefined
      ? {}
      : { provisionedThroughputMiBps: provisionedThroughputMibps }),
  }
}

/** A plan for people: what, why, what it costs, what else is worth knowing. */
export function renderPlan(plan: ClusterPlan, dryRun: boolean): string {
  const lines = [`${dryRun ? 'would be: ' : ''}${plan.action}: ${plan.reasons.join('; ')}`]
  for (const { severity, evidence, reason, fix } of plan.findings) {
    lines.push(`  ${severity}: ${evidence}. ${reason} ${fix}`)
  }
  return `${lines.join('\n')}\n`
}

export function renderCluster(cluster: NamedCluster): string {
  const summary = summaryOf(cluster)
  const rows = Object.entries(summary).map(([name, value]) => [name, String(value)])
  return table(['cluster', summary.name], rows.slice(1))
}

function printPlan(
  plan: ClusterPlan,
  { json, dryRun }: { readonly json: boolean; readonly dryRun: boolean },
  io: CliIo,
): void {
  if (json) writeJson(io, { ...plan, dryRun })
  else io.stdout(renderPlan(plan, dryRun))
}

function printCluster(cluster: NamedCluster, { json }: AccountOptions, io: CliIo): void {
  if (json) writeJson(io, summaryOf(cluster))
  else io.stdout(renderCluster(cluster))
}

function summaryOf({ ClusterName, ClusterArn, State, StateInfo, Provisioned, Serverless }: NamedCluster) {
  const sasl = (Provisioned ?? Serverless)?.ClientAuthentication?.Sasl
  const nodes = Provisioned?.BrokerNodeGroupInfo
  const storageGiBPerBroker = nodes?.StorageInfo?.EbsStorageInfo?.VolumeSize
  return {
    name: ClusterName ?? '',
    arn: ClusterArn,
    state: State ?? 'unknown',
    ...(StateInfo?.Message === undefined ? {} : { stateMessage: StateInfo.Message }),
    type: Serverless === undefined ? 'provisioned' : 'serverless',
    iamAuthentication: sasl?.Iam?.Enabled === true,
    ...(Provisioned === undefined
      ? {}
      : {
          kafkaVersion: Provisioned.CurrentBrokerSoftwareInfo?.KafkaVersion ?? 'unknown',
          brokers: Provisioned.NumberOfBrokerNodes ?? 0,
          brokerType: nodes?.InstanceType ?? 'unknown',
          ...(storageGiBPerBroker === undefined ? {} : { storageGiBPerBroker }),
        }),
  }
}

function waitWithProgress(
  client: MskClient,
  clusterArn: string,
  timeoutMs: number | undefined,
  io: CliIo,
): Promise<NamedCluster> {
  return runStage(
    io,
    'Cluster',
    (stage) =>
      waitUntilActive(client, clusterArn, {
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        signal: io.signal,
        onProgress: ({ state, polls, elapsedMs, error }) => {
          const trouble = error === undefined ? '' : `, last question: ${error.code}`
          stage.say(`${state} after ${seconds(elapsedMs / 1000)}, asked ${polls} times${trouble}`)
        },
      }),
    ({ State }) => `is ${State}`,
  )
}

/** Opens a client of the MSK service for one cluster's commands, and closes it. */
export async function withClient<T>(
  nameOrArn: string,
  { region, profile, endpoint }: Omit<AccountOptions, 'json'>,
  work: (client: MskClient) => Promise<T>,
): Promise<T> {
  const client = await createMskClient({
    ...regionOption(nameOrArn, region),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  })
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

/** An ARN names its region; another one could only look for the cluster where it isn't. */
export function regionOption(nameOrArn: string, region: string | undefined): { region?: string } {
  const ofArn = nameOrArn.startsWith('arn:') ? nameOrArn.split(':')[3] : undefined
  if (ofArn !== undefined && region !== undefined && ofArn !== region) {
    throw new TidewaterError('USAGE', `--region is ${region}, the cluster's ARN is of ${ofArn}`, {
      remedy: 'Leave --region out.',
    })
  }
  const chosen = region ?? ofArn
  return chosen === undefined ? {} : { region: chosen }
}

function refuseProvisionedOptions(options: DefinitionOptions): void {
  const given = [
    ['--kafka-version', options.kafkaVersion],
    ['--broker-type', options.brokerType],
    ['--brokers-per-zone', options.brokersPerZone],
    ['--storage-gib', options.storageGib],
    ['--provisioned-throughput-mibps', options.provisionedThroughputMibps],
  ]
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  if (given.length === 0) return
  throw new TidewaterError('USAGE', `A Serverless cluster has no ${given.join(', ')}`, {
    remedy: `Leave out ${given.join(', ')}, or --serverless.`,
  })
}
