import { TidewaterError } from '@tidewater/core'
import type { ClusterDefinitionInput } from '@tidewater/core/msk'
import { clusterKinds } from '@tidewater/emr'
import type { CliIo } from '../io.js'
import {
  type CreateOptions,
  clusterCreate,
  clusterDescribe,
  type DefinitionOptions,
  definitionOf,
} from './cluster.js'
import {
  type EmrClusterOptions,
  emrClusterCreate,
  emrClusterStatus,
  emrClusterTerminate,
} from './emr-cluster.js'
import { readJson } from './read-document.js'

/** What a document may say it is. */
export const documentKinds = ['msk', ...clusterKinds] as const

export type DocumentKind = (typeof documentKinds)[number]

export interface PlaceOptions extends EmrClusterOptions {
  readonly kind?: DocumentKind
}

/** Creates what the document describes, or the MSK cluster that name and options describe. */
export async function createCluster(
  nameOrDocument: string,
  options: DefinitionOptions & CreateOptions,
  io: CliIo,
): Promise<void> {
  if (!isDocument(nameOrDocument)) {
    if (options.subnets === undefined)
      throw usage("required option '--subnets <id,...>' not specified", 'Add --subnets.')
    return clusterCreate(definitionOf(nameOrDocument, options), options, io)
  }
  refuseDefinitionOptions(options)
  const { kind, definition } = await readClusterDocument(nameOrDocument, io)
  if (kind === 'msk') return clusterCreate(definition as ClusterDefinitionInput, options, io)
  return emrClusterCreate(kind, definition, options, io)
}

/** Prints the state of a cluster that a document, an id, an ARN, or a name with its kind stands for. */
export async function clusterStatus(subject: string, options: PlaceOptions, io: CliIo): Promise<void> {
  const { kind, nameOrId } = await clusterOf(subject, options, io)
  if (kind === 'msk') return clusterDescribe(nameOrId, options, io)
  return emrClusterStatus(kind, nameOrId, options, io)
}

/** Terminates a cluster of EMR. One of MSK has records: `cluster delete` asks for its name once more. */
export async function clusterTerminate(
  subject: string,
  options: PlaceOptions & { readonly dryRun: boolean; readonly wait: boolean; readonly timeout?: number },
  io: CliIo,
): Promise<void> {
  const { kind, nameOrId } = await clusterOf(subject, options, io)
  if (kind === 'msk') {
    throw usage(
      `${nameOrId} is an MSK cluster, and its records would go with it`,
      'Use `tidewater cluster delete`.',
    )
  }
  return emrClusterTerminate(kind, nameOrId, options, io)
}

async function clusterOf(
  subject: string,
  { kind }: PlaceOptions,
  io: CliIo,
): Promise<{ readonly kind: DocumentKind; readonly nameOrId: string }> {
  if (isDocument(subject)) {
    const { kind: written, definition } = await readClusterDocument(subject, io)
    if (kind !== undefined && kind !== written) {
      throw usage(`--kind is ${kind}, and ${subject} is of kind ${written}`, 'Leave --kind out.')
    }
    const { name } = definition
    if (typeof name !== 'string') throw usage(`${subject} has no name`, 'Give the cluster a name.')
    return { kind: written, nameOrId: name }
  }
  const told = kind ?? kindOfId(subject)
  if (told !== undefined) return { kind: told, nameOrId: subject }
  throw usage(`"${subject}" may be of any kind`, `Add --kind ${documentKinds.join(', or --kind ')}.`)
}

async function readClusterDocument(
  path: string,
  io: CliIo,
): Promise<{ readonly kind: DocumentKind; readonly definition: Readonly<Record<string, unknown>> }> {
  const document = await readJson(path, 'cluster document', io)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw usage(`${path} is no cluster document: it holds no object`, 'Write {"kind": "emr-ec2", "name": …}.')
  }
  const { kind = 'msk', ...definition } = document as Record<string, unknown>
  const known = documentKinds.find((one) => one === kind)
  if (known !== undefined) return { kind: known, definition }
  throw usage(`${path} is of kind ${JSON.stringify(kind)}`, `Write one of ${documentKinds.join(', ')}.`)
}

/** Names have no dot in MSK, and in EMR none that ends like this. */
function isDocument(subject: string): boolean {
  return subject.endsWith('.json')
}

/** Ids of Serverless applications and of virtual clusters are letters and digits, as a name may be. */
function kindOfId(id: string): DocumentKind | undefined {
  if (/^j-[A-Z0-9]+$/.test(id)) return 'emr-ec2'
  return /^arn:[a-z-]+:kafka:/.test(id) ? 'msk' : undefined
}

function refuseDefinitionOptions(options: DefinitionOptions): void {
  const given = Object.entries({
    '--subnets': options.subnets,
    '--security-groups': options.securityGroups,
    '--serverless': options.serverless || undefined,
    '--kafka-version': options.kafkaVersion,
    '--broker-type': options.brokerType,
    '--brokers-per-zone': options.brokersPerZone,
    '--storage-gib': options.storageGib,
    '--provisioned-throughput-mibps': options.provisionedThroughputMibps,
    '--tag': Object.keys(options.tag).length === 0 ? undefined : options.tag,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  if (given.length === 0) return
  throw usage(`${given.join(', ')}: a document says that itself`, `Leave out ${given.join(', ')}.`)
}

function usage(message: string, remedy: string): TidewaterError {
  return new TidewaterError('USAGE', message, { remedy })
}
