import {
  type DetachedIam,
  defaultStateFolder,
  type LocalStackInput,
  prepareToolchain,
  localStatus as readLocalStatus,
  type StackRecord,
  stopLocal,
  type Toolchain,
  upLocal,
} from '@tidewater/testkit'

export { defaultStateFolder }

/** What the functions here need of the command line around them. */
export interface LocalIo {
  readonly env: NodeJS.ProcessEnv
  readonly onProgress: (message: string) => void
  readonly signal?: AbortSignal
}

/** Of the stack; `stateFolder` is `local` in the cache folder by default. */
export type LocalUpOptions = Omit<LocalStackInput, 'keep' | 'spark'>

/** The IAM listener in documents; see `IamEndpoint` of the test kit. */
export type LocalIamDocument = NonNullable<StackRecord['iam']>

/** AWS's services in documents, without the secret, which is in `credentialsFile`. */
export type LocalAwsDocument = Omit<NonNullable<StackRecord['aws']>, 'process'> & { readonly pid: number }

/** A broker beyond the first. */
interface FurtherBroker {
  /** `node.id` */
  readonly id: number
  readonly pid: number
  readonly logFile: string
}

/** What documents tell of a stack that runs. */
interface StackDocument {
  readonly bootstrapBrokers: string
  readonly stateFolder: string
  readonly warehouseFolder: string
  readonly brokerLogFile: string
  readonly clusterId: string
  readonly brokerPid: number
  /** With `--brokers 3`: those beyond the first. */
  readonly furtherBrokers?: readonly FurtherBroker[]
  /** With `--aws`. */
  readonly aws?: LocalAwsDocument
  readonly startedAt: string
}

/** The document of `tidewater local up --json`. */
export interface LocalUpDocument extends StackDocument {
  /** With `--iam`. It holds a secret. */
  readonly iam?: DetachedIam
  /** Whether it ran before this command; the command's options have changed nothing then. */
  readonly wasRunning: boolean
}

/** The document of `tidewater local status --json`. */
export type LocalStatusDocument =
  | ({
      readonly state: 'running' | 'not-answering'
      /** Without the secret, which is in `iam.credentialsFile`. */
      readonly iam?: LocalIamDocument
    } & StackDocument)
  | { readonly state: 'stopped'; readonly stateFolder: string }

/** The document of `tidewater local down --json`. */
export interface LocalDownDocument {
  readonly outcome: 'stopped' | 'killed' | 'not-running'
  readonly stateFolder: string
}

/** Fetches what the local stack needs; see `prepareToolchain`. */
export async function localInstall(
  { iam, aws }: { readonly iam: boolean; readonly aws: boolean },
  io: LocalIo,
): Promise<Toolchain> {
  return prepareToolchain({
    ...io,
    parts: [
      'kafka',
      ...(iam ? (['msk-iam-broker'] as const) : []),
      'spark',
      'spark-decoder',
      ...(aws ? (['spark-aws', 'aws-emulator'] as const) : []),
    ],
  })
}

/** Starts the stack so that it outlives this command, or answers with the one that runs already. */
export async function localUp(options: LocalUpOptions, io: LocalIo): Promise<LocalUpDocument> {
  const { stack, wasRunning, iam } = await upLocal({ ...options, ...io })
  return { ...describeStack(stack), ...(iam === undefined ? {} : { iam }), wasRunning }
}

/** Stops the stack; nothing to stop is no error. */
export async function localDown(
  options: { readonly stateFolder?: string; readonly removeState?: boolean },
  io: Pick<LocalIo, 'env'>,
): Promise<LocalDownDocument> {
  return stopLocal(options.stateFolder ?? defaultStateFolder(io.env), {
    removeState: options.removeState ?? false,
  })
}

/** Looks at the stack and asks its broker. */
export async function localStatus(
  options: { readonly stateFolder?: string },
  io: Pick<LocalIo, 'env'>,
): Promise<LocalStatusDocument> {
  const status = await readLocalStatus(options.stateFolder ?? defaultStateFolder(io.env))
  if (status.state === 'stopped') return status
  const { state, stack } = status
  return { state, ...describeStack(stack), ...(stack.iam === undefined ? {} : { iam: stack.iam }) }
}

/** What people read after `local up`. Pure. */
export function renderLocalUp(document: LocalUpDocument): string {
  return [
    `Local stack ${document.wasRunning ? 'was running already' : 'is up'}: Kafka at ${document.bootstrapBrokers}`,
    `State folder: ${document.stateFolder}`,
    `Stop it with: tidewater local down --state-folder ${document.stateFolder}`,
    ...(document.iam === undefined ? [] : ['', ...renderIam(document.iam)]),
    ...(document.aws === undefined ? [] : ['', ...renderAws(document.aws)]),
  ].join('\n')
}

// No secret: scrollback and logs of a build outlive the stack.
function renderIam(iam: LocalIamDocument): string[] {
  return [
    `Kafka with IAM at ${iam.bootstrapBrokers}, region ${iam.region}. In the shell of a client:`,
    // Variables win over files in AWS SDKs.
    '  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE',
    `  export AWS_SHARED_CREDENTIALS_FILE=${shellWord(iam.credentialsFile)}`,
    `  export AWS_REGION=${iam.region}`,
    `  export NODE_EXTRA_CA_CERTS=${shellWord(iam.caFile)}`,
    `  export KAFKA_OPTS=-Djavax.net.ssl.trustStore=${shellWord(iam.trustStoreFile)}`,
    `librdkafka and Python: ssl.ca.location=${iam.caFile}`,
    `Policies name this cluster: ${iam.clusterArn}`,
  ]
}

function renderAws(aws: LocalAwsDocument): string[] {
  return [
    `AWS services at ${aws.endpointUrl}: S3, Glue, IAM, STS, EMR, EMR Serverless, EMR on EKS, Athena. In the shell of a client:`,
    '  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE',
    `  export AWS_ENDPOINT_URL=${aws.endpointUrl}`,
    `  export AWS_SHARED_CREDENTIALS_FILE=${shellWord(aws.credentialsFile)}`,
    `  export AWS_REGION=${aws.region} AWS_DEFAULT_REGION=${aws.region}`,
    `Buckets: ${aws.buckets.join(', ')}`,
  ]
}

function shellWord(text: string): string {
  return /^[\w/.:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** What people read after `local down`. Pure. */
export function renderLocalDown(document: LocalDownDocument): string {
  if (document.outcome === 'not-running') return `No local stack was running from ${document.stateFolder}.`
  const how = document.outcome === 'killed' ? 'did not stop in time and was killed' : 'stopped'
  return `The local stack ${how}. It ran from ${document.stateFolder}.`
}

/** What people read after `local status`. Pure. */
export function renderLocalStatus(document: LocalStatusDocument): string {
  if (document.state === 'stopped') return `No local stack is running from ${document.stateFolder}.`
  const state = document.state === 'running' ? 'running' : 'running, but not answering'
  const { furtherBrokers = [] } = document
  const processes = [document.brokerPid, ...furtherBrokers.map(({ pid }) => pid)].join(', ')
  return [
    `Local stack: ${state}`,
    `Kafka: ${document.bootstrapBrokers} (process ${processes}, since ${document.startedAt})`,
    `State folder: ${document.stateFolder}`,
    `Broker log: ${[document.brokerLogFile, ...furtherBrokers.map(({ logFile }) => logFile)].join(', ')}`,
    ...(document.iam === undefined ? [] : renderIam(document.iam)),
    ...(document.aws === undefined ? [] : renderAws(document.aws)),
  ].join('\n')
}

function describeStack(stack: StackRecord): StackDocument {
  return {
    bootstrapBrokers: stack.bootstrapBrokers,
    stateFolder: stack.stateFolder,
    warehouseFolder: stack.warehouseFolder,
    brokerLogFile: stack.brokerLogFile,
    clusterId: stack.clusterId,
    brokerPid: stack.brokerProcess.pid,
    ...(stack.furtherBrokers === undefined
      ? {}
      : { furtherBrokers: stack.furtherBrokers.map(furtherBroker) }),
    ...(stack.aws === undefined ? {} : { aws: awsDocument(stack.aws) }),
    startedAt: stack.startedAt,
  }
}

function awsDocument({ process, ...aws }: NonNullable<StackRecord['aws']>): LocalAwsDocument {
  return { ...aws, pid: process.pid }
}

function furtherBroker({
  id,
  process,
  logFile,
}: NonNullable<StackRecord['furtherBrokers']>[number]): FurtherBroker {
  return { id, pid: process.pid, logFile }
}
