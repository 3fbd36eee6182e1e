import { join } from 'node:path'
import { parseConfig, TidewaterError } from '@tidewater/core'
import type { ProcessIdentity } from '@tidewater/core/processes'
import { z } from 'zod'
import { brokerFolder, brokerPaths } from './broker-files.js'
import type { IamDocument } from './iam/document.js'
import { trustStorePassword } from './iam/keytool-commands.js'
import type { IamPaths } from './iam/paths.js'
import { addressOf, firstNodeId, type Listener, listenerOf, listenersOf } from './listeners.js'

const identitySchema = z.object({ pid: z.int().min(1), startedAt: z.string().min(1) })

const brokerSchema = z.object({
  /** `node.id` */
  id: z.int(),
  port: z.int(),
  controllerPort: z.int(),
  process: identitySchema,
  logFile: z.string(),
})

/** A broker of a recorded stack. */
export type RecordedBroker = Readonly<z.output<typeof brokerSchema>>

const iamSchema = z.object({
  port: z.int(),
  bootstrapBrokers: z.string(),
  region: z.string(),
  clusterArn: z.string(),
  caFile: z.string(),
  trustStoreFile: z.string(),
  trustStorePassword: z.string(),
  credentialsFile: z.string(),
  accessKeyId: z.string(),
})

const awsSchema = z.object({
  /** Of the process whose end is the services' end. */
  process: identitySchema,
  logFile: z.string(),
  /** One URL for all services. */
  endpointUrl: z.string(),
  s3Url: z.string(),
  region: z.string(),
  accountId: z.string(),
  credentialsFile: z.string(),
  accessKeyId: z.string(),
  buckets: z.array(z.string()),
})

// A stack outlives the version that started it, and `local down` has to stop it all the same: fields that came later are
// optional, and those that a later version adds are passed over.
const recordSchema = z
  .object({
    version: z.literal(1),
    bootstrapBrokers: z.string(),
    brokerPort: z.int(),
    controllerPort: z.int(),
    clusterId: z.string(),
    stateFolder: z.string(),
    /** attached: ends with the process that started it. detached: lives until it is stopped. */
    lifetime: z.enum(['attached', 'detached']),
    /** ISO 8601. */
    startedAt: z.string(),
    /** pid and start of the broker's process: a pid alone may be somebody else's by now. */
    brokerProcess: identitySchema.optional(),
    /** What earlier versions called it. */
    broker: identitySchema.optional(),
    brokerLogFile: z.string(),
    warehouseFolder: z.string(),
    /** Longest wait for the broker's clean stop. */
    stopTimeoutMs: z.int().optional(),
    /** The IAM listener, without secrets. */
    iam: iamSchema.optional(),
    /** AWS's services, without secrets. */
    aws: awsSchema.optional(),
    /** The brokers beyond the first, which the fields above describe; absent in a stack of one. */
    furtherBrokers: z.array(brokerSchema).optional(),
  })
  .transform(({ broker, brokerProcess = broker, ...record }, context) => {
    if (brokerProcess !== undefined) return { ...record, brokerProcess }
    context.addIssue({ code: 'custom', message: 'is missing', path: ['brokerProcess'], input: undefined })
    return z.NEVER
  })

/** What is recorded of a running stack in `<stateFolder>/stack.json`. */
export type StackRecord = Readonly<z.output<typeof recordSchema>>

/** Every broker of a recorded stack, the first one first. */
export function recordedBrokers(record: StackRecord): readonly RecordedBroker[] {
  const first = {
    id: firstNodeId,
    port: record.brokerPort,
    controllerPort: record.controllerPort,
    process: record.brokerProcess,
    logFile: record.brokerLogFile,
  }
  return [first, ...(record.furtherBrokers ?? [])]
}

/** @throws TidewaterError `CONFIG_INVALID` */
export function parseStackRecord(text: string, file: string): StackRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    throw new TidewaterError('CONFIG_INVALID', `${file} is not JSON`, {
      remedy: `Remove ${file} if no stack runs from that folder.`,
      cause: thrown,
    })
  }
  return parseConfig(recordSchema, value, file)
}

/** For records of earlier versions, which did not say. */
const defaultStopTimeoutMs = 20_000

/** How long a stop waits for the broker's own end: what this stop was told, else what the stack was started with. */
export function stopTimeoutMsOf(
  record: Pick<StackRecord, 'stopTimeoutMs'>,
  { timeoutMs }: { readonly timeoutMs?: number | undefined },
): number {
  return timeoutMs ?? record.stopTimeoutMs ?? defaultStopTimeoutMs
}

export interface StackFacts
  extends Pick<StackRecord, 'clusterId' | 'stateFolder' | 'lifetime' | 'startedAt' | 'stopTimeoutMs'> {
  /** Of every broker. */
  readonly listeners: readonly Listener[]
  /** By node.id. */
  readonly processes: ReadonlyMap<number, ProcessIdentity>
  readonly iam: { readonly paths: IamPaths; readonly document: IamDocument } | undefined
}

/** The record of a stack that runs. */
export function describeStack({ listeners, processes, iam, ...facts }: StackFacts): StackRecord {
  const { stateFolder } = facts
  const [first, ...further] = [...processes].map(([id, process]) => {
    const own = listenersOf(listeners, id)
    return {
      id,
      port: listenerOf(own, 'PLAINTEXT').port,
      controllerPort: listenerOf(own, 'CONTROLLER').port,
      process,
      logFile: brokerPaths(brokerFolder(stateFolder, id)).logFile,
    }
  })
  if (first === undefined) throw new TidewaterError('INTERNAL', 'A stack has at least one broker')
  return {
    version: 1,
    ...facts,
    bootstrapBrokers: listeners
      .filter(({ name }) => name === 'PLAINTEXT')
      .map(addressOf)
      .join(','),
    brokerPort: first.port,
    controllerPort: first.controllerPort,
    brokerProcess: first.process,
    brokerLogFile: first.logFile,
    warehouseFolder: join(stateFolder, 'warehouse'),
    ...(iam === undefined ? {} : { iam: describeIam(listenerOf(listeners, 'IAM'), iam) }),
    ...(further.length === 0 ? {} : { furtherBrokers: further }),
  }
}

function describeIam(
  listener: Listener,
  { paths, document }: { readonly paths: IamPaths; readonly document: IamDocument },
): NonNullable<StackRecord['iam']> {
  return {
    port: listener.port,
    bootstrapBrokers: addressOf(listener),
    region: document.region,
    clusterArn: document.clusterArn,
    caFile: paths.caFile,
    trustStoreFile: paths.trustStoreFile,
    trustStorePassword,
    credentialsFile: paths.credentialsFile,
    accessKeyId: document.identities[0]?.accessKeyId ?? '',
  }
}
