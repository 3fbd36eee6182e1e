import {
  type KafkaAdmin,
  type KafkaConnection,
  type KafkaConnectionInput,
  kafkaConnection,
  type MskIamOptions,
  mskIam,
  regionOfBroker,
  TidewaterError,
} from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import type { SparkJob } from '@tidewater/emr'
import type { CliIo } from '../io.js'

/** How a command reaches the brokers: what `addBrokerOptions` collects. */
export interface BrokerOptions {
  /** Bootstrap brokers, `host:port,...`. */
  readonly broker: string
  /** Speak TLS without authentication. */
  readonly tls?: boolean | undefined
  /** PEM file of the certificate authority. Default: the system's. */
  readonly caFile?: string | undefined
  /** Authenticate with AWS IAM, over TLS. */
  readonly iam?: boolean | undefined
  /** Default: the one in the brokers' names, else `AWS_REGION` or `AWS_DEFAULT_REGION`. */
  readonly region?: string | undefined
  readonly profile?: string | undefined
  readonly roleArn?: string | undefined
}

type Environment = CliIo['env']

/**
 * The connection that options stand for.
 *
 * @throws TidewaterError `USAGE` when `--iam` finds no region, `CONFIG_INVALID`, `REGION_MISMATCH`
 */
export function connectionInput(
  options: BrokerOptions,
  env: Environment,
): Pick<KafkaConnectionInput, 'brokers' | 'tls' | 'auth'> {
  const { auth, ...connection } = plainConnection(options, env)
  return auth === undefined ? connection : { ...connection, auth: mskIam(auth) }
}

/** As {@link connectionInput}, of values that can be handed to a worker thread. */
export function plainConnection(
  options: BrokerOptions,
  env: Environment,
): Pick<KafkaConnectionInput, 'brokers' | 'tls'> & { brokers: string; auth?: MskIamOptions } {
  const { broker, tls, caFile, iam, profile, roleArn } = options
  const trust = caFile === undefined ? (tls ? { tls: true as const } : {}) : { tls: { caFile } }
  if (!iam) {
    const needsIam = (['region', 'profile', 'roleArn'] as const).find((name) => options[name] !== undefined)
    if (needsIam !== undefined)
      throw new TidewaterError(
        'USAGE',
        `${flagOf[needsIam]} says who the client is, but not that it uses IAM`,
        {
          remedy: `Add --iam, or leave ${flagOf[needsIam]} out.`,
        },
      )
    return { brokers: broker, ...trust }
  }
  const auth = {
    region: options.region ?? regionFor(broker.split(','), env),
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
  }
  return { brokers: broker, ...trust, auth }
}

const flagOf = { region: '--region', profile: '--profile', roleArn: '--role-arn' } as const

function regionFor(brokers: readonly string[], env: Environment): string {
  const region =
    brokers.map((broker) => regionOfBroker(broker.trim())).find((found) => found !== undefined) ??
    env.AWS_REGION ??
    env.AWS_DEFAULT_REGION
  if (region !== undefined && region !== '') return region
  throw new TidewaterError(
    'USAGE',
    '--iam needs a region, and neither the brokers’ names nor AWS_REGION say one',
    {
      remedy: 'Add --region, such as --region us-east-1.',
    },
  )
}

/** Reads a topic's offsets, creates one, and the like: connects, works, disconnects. */
export async function withAdmin<T>(
  connection: KafkaConnection,
  work: (admin: KafkaAdmin) => Promise<T>,
): Promise<T> {
  const admin = await kafkajsDriver.createAdmin(connection)
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

/** The connection of a command's own admin client. */
export function adminConnection(options: BrokerOptions, env: Environment): KafkaConnection {
  return kafkaConnection({ ...connectionInput(options, env), clientId: 'tidewater-cli' })
}

/**
 * How this machine reaches the brokers a job reads from, as the job itself would: with its region, its profile or role.
 *
 * @param caFile PEM file, where the job names a trust store of another kind
 * @throws TidewaterError `USAGE` when only Java could read the job's trust store
 */
export function jobConnection({ source }: SparkJob, env: Environment, caFile?: string): KafkaConnection {
  const { bootstrapBrokers, auth } = source
  if (auth.type === 'none') return adminConnection({ broker: bootstrapBrokers }, env)
  const { region, profile, roleArn, trustStore } = auth
  if (trustStore !== undefined && trustStore.type !== 'PEM' && caFile === undefined)
    throw new TidewaterError('USAGE', `The job's trust store ${trustStore.location} is for Java`, {
      remedy: 'Name the same authority as a PEM file with --ca-file.',
    })
  const pem =
    caFile ?? (trustStore?.type === 'PEM' ? trustStore.location.replace(/^file:(\/\/)?/, '') : undefined)
  return adminConnection(
    {
      broker: bootstrapBrokers,
      iam: true,
      ...(pem === undefined ? {} : { caFile: pem }),
      ...(region === undefined ? {} : { region }),
      ...(profile === undefined ? {} : { profile }),
      ...(roleArn === undefined ? {} : { roleArn }),
    },
    env,
  )
}
