import { join, resolve } from 'node:path'
import { parseConfig, TidewaterError } from '@tidewater/core'
import { startAwsHost } from '../aws/host-process.js'
import { endRecordedGroup } from '../supervisor/process-group.js'
import type { SupervisedProcess } from '../supervisor/supervise.js'
import type { ToolchainOptions } from '../toolchain/jars.js'
import { resolveToolchainOptions } from '../toolchain/toolchain.js'
import { type BootedBroker, bootStack } from './boot.js'
import { stopTogether } from './cluster.js'
import { hideSecrets } from './iam/hide-secrets.js'
import { readIamDocument } from './iam/iam-files.js'
import { iamPaths } from './iam/paths.js'
import { loopbackHost } from './loopback.js'
import { requestMetadata } from './metadata-probe.js'
import { type LocalStackConfig, localStackSchema } from './options.js'
import { endsWithItsProcess } from './proxies.js'
import { recordedBrokers, type StackRecord, stopTimeoutMsOf } from './stack-record.js'
import { readRunningStack, readStackRecord, removeStackRecord, writeStackRecord } from './stack-state.js'
import type { StartLocalOptions } from './start-local.js'
import { ownedPaths, removeAll } from './state-folder.js'

/** What became of {@link upLocal}. */
export interface UpLocalResult {
  readonly stack: StackRecord
  /** Whether it ran before; its options are its own then, not those just given. */
  readonly wasRunning: boolean
  /** There when the stack has an IAM listener. `util.inspect` hides the secret. */
  readonly iam?: DetachedIam
}

/** How to be the first user of a detached stack's IAM listener. */
export type DetachedIam = NonNullable<StackRecord['iam']> & { readonly secretAccessKey: string }

/** How a recorded stack is. */
export type LocalStatus =
  | { readonly state: 'running'; readonly stack: StackRecord }
  /** Processes of it run, but no broker answers metadata. */
  | { readonly state: 'not-answering'; readonly stack: StackRecord }
  /** There is no record, or only one of a process that is gone. */
  | { readonly state: 'stopped'; readonly stateFolder: string }

/** Where {@link upLocal} keeps its stack unless told otherwise: `local` in the cache folder. */
export function defaultStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(resolveToolchainOptions({ env }).cacheFolder, 'local')
}

/**
 * Starts a stack that outlives this process, until {@link stopLocal}; or answers with the one that runs from that state
 * folder already. `keep` has no meaning here, and roles have none: nobody is there to hand out their credentials.
 *
 * @throws TidewaterError as `startLocal` does, but `STACK_ALREADY_RUNNING` only when `iam`, `aws` or three brokers are asked of
 *   one that runs without
 */
export async function upLocal(options: Omit<StartLocalOptions, 'keep'> = {}): Promise<UpLocalResult> {
  const { onProgress, signal, env, ...input } = options
  const toolchain = resolveToolchainOptions({ ...(env === undefined ? {} : { env }), onProgress, signal })
  const stateFolder = resolve(input.stateFolder ?? defaultStateFolder(toolchain.env))
  const config = parseConfig(localStackSchema, { ...input, stateFolder }, 'options of the local stack')
  if (config.proxied) throw endsWithItsProcess('proxied')
  const running = await readRunningStack(stateFolder)
  if (running !== undefined) return foundRunning(running, config)
  await endLeftServices(stateFolder)
  try {
    const { record, brokers } = await bootStack({ ...config, keep: true }, 'detached', toolchain)
    const aws = await detachedAws(record, brokers, config, toolchain)
    // Until here an interrupted start leaves nothing behind; from here on the record is what finds the processes.
    const iam = await detachedIam(record)
    for (const { running } of brokers) running.process.release()
    aws?.process.release()
    return { stack: aws?.record ?? record, wasRunning: false, ...iam }
  } catch (thrown) {
    // Another process was faster while this one waited for its lock.
    const startedMeanwhile = isAlreadyRunning(thrown) ? await readRunningStack(stateFolder) : undefined
    if (startedMeanwhile === undefined) throw thrown
    return foundRunning(startedMeanwhile, config)
  }
}

/** Services whose brokers were ended by others would keep their ports, and nothing would find them any more. */
async function endLeftServices(stateFolder: string): Promise<void> {
  const left = await readStackRecord(stateFolder)
  if (left?.aws !== undefined) await endRecordedGroup(left.aws.process, stopTimeoutMsOf(left, {}))
}

/** Starts the AWS services of a stack and records them; the brokers don't stay when that fails. */
async function detachedAws(
  record: StackRecord,
  brokers: readonly BootedBroker[],
  config: LocalStackConfig,
  toolchain: ToolchainOptions,
): Promise<{ readonly record: StackRecord; readonly process: SupervisedProcess } | undefined> {
  if (config.aws === undefined) return undefined
  const { stateFolder } = record
  try {
    const host = await startAwsHost({ stateFolder, config: config.aws, spark: config.spark }, toolchain)
    const { pid: _, ...answer } = host.answer
    const { identity, logFile } = host.process
    const withAws = { ...record, aws: { process: identity, logFile, ...answer } }
    await writeStackRecord(withAws)
    return { record: withAws, process: host.process }
  } catch (thrown) {
    await Promise.all(brokers.map(({ running }) => running.process.kill()))
    await removeStackRecord(stateFolder)
    throw thrown
  }
}

async function foundRunning(
  stack: StackRecord,
  config: Pick<LocalStackConfig, 'iam' | 'aws' | 'brokers'>,
): Promise<UpLocalResult> {
  const brokers = recordedBrokers(stack).length
  if (config.iam !== undefined && stack.iam === undefined) throw otherStack(stack, 'has no IAM listener')
  if (config.aws !== undefined && stack.aws === undefined) throw otherStack(stack, 'has no AWS services')
  if (config.brokers > brokers) throw otherStack(stack, `has ${brokers} broker, not ${config.brokers}`)
  return { stack, wasRunning: true, ...(await detachedIam(stack)) }
}

function otherStack({ stateFolder, bootstrapBrokers }: StackRecord, difference: string): TidewaterError {
  return new TidewaterError(
    'STACK_ALREADY_RUNNING',
    `The local stack that runs from ${stateFolder} ${difference}`,
    {
      remedy: 'Stop it with `tidewater local down` and start it again, or choose another stateFolder.',
      details: { stateFolder, bootstrapBrokers },
    },
  )
}

async function detachedIam(stack: StackRecord): Promise<{ iam?: DetachedIam }> {
  if (stack.iam === undefined) return {}
  const { configFile } = iamPaths(stack.stateFolder)
  const { accessKeyId } = stack.iam
  const document = await readIamDocument(configFile)
  const user = document?.identities.find((identity) => identity.accessKeyId === accessKeyId)
  if (user === undefined)
    throw new TidewaterError(
      'CONFIG_INVALID',
      `${configFile} no longer holds the access key ${accessKeyId}`,
      {
        remedy: 'Stop the stack with `tidewater local down` and start it again.',
      },
    )
  return { iam: hideSecrets({ ...stack.iam, secretAccessKey: user.secretAccessKey }, ['secretAccessKey']) }
}

function isAlreadyRunning(thrown: unknown): boolean {
  return TidewaterError.isInstance(thrown) && thrown.code === 'STACK_ALREADY_RUNNING'
}

/** Looks at the stack recorded in a state folder and asks its brokers for metadata. */
export async function localStatus(stateFolder: string): Promise<LocalStatus> {
  const folder = resolve(stateFolder)
  const stack = await readRunningStack(folder)
  if (stack === undefined) return { state: 'stopped', stateFolder: folder }
  const answers = await Promise.allSettled(
    recordedBrokers(stack).map(({ port }) => requestMetadata(loopbackHost, port)),
  )
  const answered = answers.some(
    (answer) => answer.status === 'fulfilled' && answer.value.clusterId === stack.clusterId,
  )
  return { state: answered ? 'running' : 'not-answering', stack }
}

export interface StopLocalOptions {
  /** Longest wait for the clean stop; then a broker is killed. Default: the `stopTimeoutMs` it was started with. */
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
  const timeoutMs = stopTimeoutMsOf(stack, options)
  // Before the brokers: jobs that lose theirs would fill logs with it.
  if (stack.aws !== undefined) await endRecordedGroup(stack.aws.process, timeoutMs)
  const ends = await stopTogether(
    recordedBrokers(stack).map(({ process }) => ({
      stop: () => endRecordedGroup(process, timeoutMs),
      kill: () => endRecordedGroup(process, 0),
    })),
  )
  await removeStackRecord(folder)
  if (options.removeState) await removeAll(ownedPaths(folder))
  const outcome = (['killed', 'stopped'] as const).find((how) => ends.includes(how)) ?? 'not-running'
  return { outcome, stateFolder: folder }
}
