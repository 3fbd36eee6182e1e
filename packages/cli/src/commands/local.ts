import {
  defaultStateFolder,
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

export interface LocalUpOptions {
  /** Default: `local` in the cache folder. */
  readonly stateFolder?: string
  readonly brokerPort?: number
  readonly controllerPort?: number
  readonly brokerHeapMb?: number
  readonly readyTimeoutMs?: number
}

/** The document of `tidewater local up --json`. */
export interface LocalUpDocument {
  readonly bootstrapBrokers: string
  readonly stateFolder: string
  readonly warehouseFolder: string
  readonly brokerLogFile: string
  readonly clusterId: string
  readonly brokerPid: number
  readonly startedAt: string
  /** Whether it ran before this command; the command's options have changed nothing then. */
  readonly wasRunning: boolean
}

/** The document of `tidewater local status --json`. */
export type LocalStatusDocument =
  | ({ readonly state: 'running' | 'not-answering' } & Omit<LocalUpDocument, 'wasRunning'>)
  | { readonly state: 'stopped'; readonly stateFolder: string }

/** The document of `tidewater local down --json`. */
export interface LocalDownDocument {
  readonly outcome: 'stopped' | 'killed' | 'not-running'
  readonly stateFolder: string
}

/** Fetches what the local stack needs; see `prepareToolchain`. */
export async function localInstall(io: LocalIo): Promise<Toolchain> {
  return prepareToolchain(io)
}

/** Starts the stack so that it outlives this command, or answers with the one that runs already. */
export async function localUp(options: LocalUpOptions, io: LocalIo): Promise<LocalUpDocument> {
  const { stack, wasRunning } = await upLocal({ ...options, ...io })
  return { ...describeStack(stack), wasRunning }
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
  return status.state === 'stopped' ? status : { state: status.state, ...describeStack(status.stack) }
}

/** What people read after `local up`. Pure. */
export function renderLocalUp(document: LocalUpDocument): string {
  return [
    `Local stack ${document.wasRunning ? 'was running already' : 'is up'}: Kafka at ${document.bootstrapBrokers}`,
    `State folder: ${document.stateFolder}`,
    `Stop it with: tidewater local down --state-folder ${document.stateFolder}`,
  ].join('\n')
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
  return [
    `Local stack: ${state}`,
    `Kafka: ${document.bootstrapBrokers} (process ${document.brokerPid}, since ${document.startedAt})`,
    `State folder: ${document.stateFolder}`,
    `Broker log: ${document.brokerLogFile}`,
  ].join('\n')
}

function describeStack(stack: StackRecord): Omit<LocalUpDocument, 'wasRunning'> {
  return {
    bootstrapBrokers: stack.bootstrapBrokers,
    stateFolder: stack.stateFolder,
    warehouseFolder: stack.warehouseFolder,
    brokerLogFile: stack.brokerLogFile,
    clusterId: stack.clusterId,
    brokerPid: stack.broker.pid,
    startedAt: stack.startedAt,
  }
}
