import {
  ensureTopic,
  type KafkaAdmin,
  kafkaConnection,
  TidewaterError,
  type TopicDefinition,
} from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { bootstrapBrokers, ensureMskTopic, type MskClient } from '@tidewater/core/msk'
import type { CliIo } from '../io.js'
import { table } from '../terminal/format.js'
import { writeJson } from '../terminal/report-error.js'
import { regionOption, withClient } from './cluster.js'
import { adminConnection, type BrokerOptions, connectionInput, withAdmin } from './connection.js'

export interface TopicCreateOptions extends Omit<BrokerOptions, 'broker'> {
  /** Either the brokers or the cluster. */
  readonly broker?: string
  /** Name or ARN of an MSK cluster. */
  readonly cluster?: string
  /** URL of the MSK service. Default: the region's. */
  readonly endpoint?: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
  readonly dryRun: boolean
  readonly json: boolean
}

/** Creates a topic or grows it to the partitions asked for; prints what it does and why. */
export async function topicCreate(topic: string, options: TopicCreateOptions, io: CliIo): Promise<void> {
  const { partitions, replicationFactor, config: configs, dryRun, broker, cluster } = options
  const desired = { topic, partitions, replicationFactor, configs }
  if ((broker === undefined) === (cluster === undefined))
    throw new TidewaterError('USAGE', 'Either --broker or --cluster says where the topic is to be', {
      remedy: 'Give one of them.',
    })
  // It would be for the brokers alone, and the service be asked as somebody else.
  if (cluster !== undefined && options.roleArn !== undefined)
    throw new TidewaterError('USAGE', '--role-arn does not go with --cluster', {
      remedy: 'Name a profile that has the role (role_arn) with --profile.',
    })
  const { plan, route } =
    cluster === undefined
      ? await withAdmin(adminConnection({ ...options, broker: broker ?? '' }, io.env), async (admin) => ({
          plan: await ensureTopic(admin, desired, { dryRun }),
          route: undefined,
        }))
      : await createThroughMsk(cluster, desired, options, io)
  if (options.json) {
    writeJson(io, { ...plan, topic, dryRun, ...(route === undefined ? {} : { route }) })
    return
  }
  if (route !== undefined) io.stderr(`${route.way}: ${route.reason}\n`)
  io.stdout(`${dryRun ? 'would be: ' : ''}${plan.action}: ${plan.reason}\n`)
}

function createThroughMsk(cluster: string, desired: TopicDefinition, options: TopicCreateOptions, io: CliIo) {
  return withClient(cluster, options, (client) =>
    ensureMskTopic(client, cluster, desired, {
      dryRun: options.dryRun,
      signal: io.signal,
      kafkaAdmin: () => iamAdmin(client, cluster, options, io),
    }),
  )
}

/** For clusters without the topic API: their own brokers, with IAM. */
async function iamAdmin(
  client: MskClient,
  cluster: string,
  options: TopicCreateOptions,
  io: CliIo,
): Promise<KafkaAdmin> {
  const { bootstrapBrokers: broker } = await bootstrapBrokers(client, cluster, { signal: io.signal })
  const { region } = regionOption(cluster, options.region)
  return kafkajsDriver.createAdmin(
    kafkaConnection({
      ...connectionInput({ ...options, broker, iam: true, region }, io.env),
      clientId: 'tidewater-cli',
    }),
  )
}

/** Prints a topic's partitions with leaders, replicas and offsets. */
export async function topicDescribe(
  topic: string,
  options: BrokerOptions & { readonly json: boolean },
  io: CliIo,
): Promise<void> {
  await withAdmin(adminConnection(options, io.env), async (admin) => {
    const { partitions } = await admin.describeTopic(topic)
    const offsets = await admin.topicOffsets(topic)
    const rows = partitions.map((one) => {
      const { earliest = 0n, latest = 0n } =
        offsets.find(({ partition }) => partition === one.partition) ?? {}
      return { ...one, earliest, latest }
    })
    if (options.json) return writeJson(io, { topic, partitions: rows })
    io.stdout(
      table(
        ['partition', 'leader', 'replicas', 'in sync', 'earliest', 'latest'],
        rows.map((one) => [
          String(one.partition),
          String(one.leader),
          one.replicas.join(' '),
          one.inSyncReplicas.join(' '),
          String(one.earliest),
          String(one.latest),
        ]),
      ),
    )
  })
}
