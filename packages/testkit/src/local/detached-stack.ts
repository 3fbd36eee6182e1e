import { join, resolve } from 'node:path'
import { parseConfig, TidewaterError } from '@tidewater/core'
import { endRecordedGroup } from '../supervisor/process-group.js'
import { isRunning } from '../supervisor/process-identity.js'
import { resolveToolchainOptions } from '../toolchain/toolchain.js'
import { bootStack, ownedPaths, removeAll } from './boot.js'
import { requestMetadata } from './metadata-probe.js'
import { localStackSchema } from './options.js'
import { loopbackHost } from './ports.js'
import { readStackRecord, removeStackRecord, type StackRecord } from './stack-state.js'
import type { StartLocalOptions } from './start-local.js'

const stopTimeoutMs = 20_000

/** What became of {@link upLocal}. */
export interface UpLocalResult {
  readonly stack: StackRecord
  /** Whether it ran before; its options are its own then, not those just given. */
  readonly wasRunning: boolean
}

/** How a recorded stack is. */
export type LocalStatus =
  | { readonly state: 'running'; readonly stack: StackRecord }
  /** Its process runs, but does not answer metadata. */
  | { readonly state: 'not-answering'; readonly stack: StackRecord }
  /** There is no record, or only one of a process that is gone. */
  | { readonly state: 'stopped'; readonly stateFolder: string }

/** Where {@link upLocal} keeps its stack unless told otherwise: `local` in the cache folder. */
export function defaultStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(resolveToolchainOptions({ env }).cacheFolder, 'local')
}

/**
 * Starts a stack that outlives this process, until {@link stopLocal}; or answers with the one that runs from that state
 * folder already. `keep` has no meaning here.
 *
 * @throws TidewaterError as `startLocal` does, except `STACK_ALREADY_RUNNING`
 */
export async function upLocal(options: Omit<StartLocalOptions, 'keep'> = {}): Promise<UpLocalResult> {
  const { onProgress, signal, env, ...input } = options
  const toolchain = resolveToolchainOptions({ ...(env === undefined ? {} : { env }), onProgress, signal })
  const stateFolder = resolve(input.stateFolder ?? defaultStateFolder(toolchain.env))
  const config = parseConfig(localStackSchema, { ...input, stateFolder }, 'options of the local stack')
  const running = await findRunning(stateFolder)
  if (running !== undefined) return { stack: running, wasRunning: true }
  try {
    const { record, broker } = await bootStack({ ...config, keep: true }, 'detached', toolchain)
    // Until here an interrupted start leaves nothing behind; from here on the record is what finds the broker.
    broker.process.release()
    return { stack: record, wasRunning: false }
  } catch (thrown) {
    // Another process was faster while this one waited for its lock.
    const startedMeanwhile = isAlreadyRunning(thrown) ? await findRunning(stateFolder) : undefined
    if (startedMeanwhile === undefined) throw thrown
    return { stack: startedMeanwhile, wasRunning: true }
  }
}

async function findRunning(stateFolder: string): Promise<StackRecord | undefined> {
  const record = await readStackRecord(stateFolder)
  return record !== undefined && (await isRunning(record.broker)) ? record : undefined
}

function isAlreadyRunning(thrown: unknown): boolean {
  return TidewaterError.isInstance(thrown) && thrown.code === 'STACK_ALREADY_RUNNING'
}

/** Looks at the stack recorded in a state folder and asks its broker for metadata. */
export async function localStatus(stateFolder: string): Promise<LocalStatus> {
  const folder = resolve(stateFolder)
  const stack = await findRunning(folder)
  if (stack === undefined) return { state: 'stopped', stateFolder: folder }
  try {
    const { clusterId } = await requestMetadata(loopbackHost, stack.brokerPort)
    return { state: clusterId === stack.clusterId ? 'running' : 'not-answering', stack }
  } catch {
    return { state: 'not-answering', stack }
  }
}

export interface StopLocalOptions {
  /** Longest wait for the clean stop; then the broker is killed. Default 20,000. */
  readonly timeoutMs?: number
  /** Also remove all data, logs and tables of the stack from the state folder. Default false: the next start goes on with it. */
  readonly removeState?: boolean
}

/**
 * Stops the stack recorded in a state folder. The process is signalled only when it is the very one recorded, not another
 * with its pid.
 *
 * @returns `not-running` when there was nothing to stop
 */
export async function stopLocal(
  stateFolder: string,
  options: StopLocalOptions = {},
): Promise<{ readonly outcome: 'stopped' | 'killed' | 'not-running'; readonly stateFolder: string }> {
  const folder = resolve(stateFolder)
  const stack = await readStackRecord(folder)
  // Without a record the folder is not known to be a stack's, so nothing is removed from it.
  if (stack === undefined) return { outcome: 'not-running', stateFolder: folder }
  const end = await endRecordedGroup(stack.broker, options.timeoutMs ?? stopTimeoutMs)
  await removeStackRecord(folder)
  if (options.removeState) await removeAll(ownedPaths(folder))
  return { outcome: end === 'gone' ? 'not-running' : end, stateFolder: folder }
}
