import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { guardFolder, releaseFolder } from '../supervisor/guard.js'
import { isRunning } from '../supervisor/process-identity.js'
import { withFileLock } from '../toolchain/file-lock.js'
import { ensureJars, jarPrerequisites, type ToolchainOptions } from '../toolchain/jars.js'
import { requirePrerequisites } from '../toolchain/require-prerequisites.js'
import { requireWritableFolder } from '../toolchain/writable-folder.js'
import { awaitFreePort, type BrokerLaunch, launchBroker, type RunningBroker } from './broker.js'
import { brokerPaths, clusterIdFrom } from './broker-files.js'
import type { LocalStackConfig } from './options.js'
import { findFreePorts, loopbackHost, requireFreePort, tryPorts } from './ports.js'
import { readStackRecord, type StackRecord, stackFile, writeStackRecord } from './stack-state.js'

export interface BootedStack {
  readonly record: StackRecord
  readonly broker: RunningBroker
  /** What goes when the stack stops. */
  readonly disposables: readonly string[]
  /** Starts the broker again on the same ports and data. */
  relaunch(): Promise<RunningBroker>
}

/** Starts the broker and records the stack in its state folder. */
export async function bootStack(
  config: LocalStackConfig,
  lifetime: StackRecord['lifetime'],
  toolchain: ToolchainOptions,
): Promise<BootedStack> {
  const { signal, env } = toolchain
  const needs = await jarPrerequisites(['kafka-broker'], toolchain.cacheFolder)
  const { java } = await requirePrerequisites(needs, env)
  if (config.brokerPort !== undefined) await requireFreePort(config.brokerPort, 'brokerPort')
  if (config.controllerPort !== undefined) await requireFreePort(config.controllerPort, 'controllerPort')
  const state = await prepareStateFolder(config)
  try {
    const jarsFolder = await ensureJars('kafka-broker', toolchain)
    const boot = async () => {
      await requireStopped(state.folder)
      const launched = await launchOnPorts(config, {
        plan: { folder: join(state.folder, 'broker'), jarsFolder, heapMb: config.brokerHeapMb },
        javaCommand: java?.command ?? 'java',
        env,
        newClusterId: clusterIdFrom(randomBytes(16)),
        readyTimeoutMs: config.readyTimeoutMs,
        signal,
      })
      const record = describe(config, lifetime, state.folder, launched)
      await recordOrKill(record, launched.broker)
      return { record, ...launched }
    }
    toolchain.onProgress?.('Kafka broker: starting', { step: 'broker', state: 'started' })
    const { record, broker, launch } = await withFileLock(join(state.folder, 'stack.lock'), boot, { signal })
    const message = `Kafka broker: answers at ${record.bootstrapBrokers}`
    toolchain.onProgress?.(message, { step: 'broker', state: 'done' })
    return {
      record,
      broker,
      disposables: state.disposables,
      relaunch: async () => {
        await awaitFreePort(launch.plan.brokerPort, 'brokerPort')
        await awaitFreePort(launch.plan.controllerPort, 'controllerPort')
        // The signal belonged to the first start.
        const again = await launchBroker({ ...launch, signal: undefined })
        await recordOrKill({ ...record, broker: again.identity }, again)
        return again
      },
    }
  } catch (thrown) {
    // The log that the error names has to stay.
    if (namesLog(thrown)) leaveAll(state.disposables)
    else await removeAll(state.disposables)
    throw thrown
  }
}

/** Removes folders and files that belong to the stack, and takes them from the guard. */
export async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    releaseFolder(path)
  }
}

/** Takes folders and files from the guard, which would have removed them with the end of this process. */
export function leaveAll(paths: readonly string[]): void {
  for (const path of paths) releaseFolder(path)
}

/** What a stack makes in its state folder: a folder the caller named may hold other things as well. Pure. */
export function ownedPaths(stateFolder: string): string[] {
  return [stackFile(stateFolder), ...['broker', 'spark', 'warehouse'].map((name) => join(stateFolder, name))]
}

function namesLog(thrown: unknown): boolean {
  return TidewaterError.isInstance(thrown) && 'logFile' in thrown.details
}

/** Validates what can be validated without touching the machine. */
export function checkStateFolder(folder: string | undefined): void {
  // Kafka reads log.dirs as a comma-separated list.
  if (folder === undefined || !/[,\n]/.test(folder)) return
  throw new TidewaterError('CONFIG_INVALID', `The state folder ${folder} holds a comma or a line end`, {
    remedy: 'Choose a stateFolder without them.',
    details: { stateFolder: folder },
  })
}

interface StateFolder {
  readonly folder: string
  readonly disposables: readonly string[]
}

async function prepareStateFolder(config: LocalStackConfig): Promise<StateFolder> {
  checkStateFolder(config.stateFolder)
  const temporary = config.stateFolder === undefined
  const remedy = 'Choose another stateFolder, or leave it out for a temporary one.'
  if (temporary) await requireWritableFolder(tmpdir(), 'temporary folder', 'Set TMPDIR to another folder.')
  const folder = config.stateFolder
    ? resolve(config.stateFolder)
    : await mkdtemp(join(tmpdir(), 'tidewater-local-'))
  const keep = config.keep ?? !temporary
  const disposables = keep ? [] : temporary ? [folder] : ownedPaths(folder)
  for (const path of disposables) guardFolder(path)
  await requireWritableFolder(folder, 'state folder', remedy)
  await mkdir(join(folder, 'broker'), { recursive: true })
  await mkdir(join(folder, 'warehouse'), { recursive: true })
  return { folder, disposables }
}

async function requireStopped(stateFolder: string): Promise<void> {
  const record = await readStackRecord(stateFolder)
  if (record === undefined || !(await isRunning(record.broker))) return
  throw new TidewaterError(
    'STACK_ALREADY_RUNNING',
    `A local stack runs from ${stateFolder} already, at ${record.bootstrapBrokers} (process ${record.broker.pid})`,
    {
      remedy: 'Use it, stop it with `tidewater local down`, or choose another stateFolder.',
      details: { stateFolder, bootstrapBrokers: record.bootstrapBrokers, pid: record.broker.pid },
    },
  )
}

type PortlessLaunch = Omit<BrokerLaunch, 'plan'> & {
  readonly plan: Omit<BrokerLaunch['plan'], 'brokerPort' | 'controllerPort'>
}

function launchOnPorts(
  config: LocalStackConfig,
  launch: PortlessLaunch,
): Promise<{ broker: RunningBroker; launch: BrokerLaunch }> {
  const { brokerPort, controllerPort } = config
  return tryPorts({ brokerPort, controllerPort }, findFreePorts, async (ports) => {
    const complete = { ...launch, plan: { ...launch.plan, ...ports } }
    return { broker: await launchBroker(complete), launch: complete }
  })
}

// A broker that nothing on disk knows of could not be stopped by the next command.
async function recordOrKill(record: StackRecord, broker: RunningBroker): Promise<void> {
  try {
    await writeStackRecord(record)
  } catch (thrown) {
    await broker.process.kill()
    throw thrown
  }
}

function describe(
  config: LocalStackConfig,
  lifetime: StackRecord['lifetime'],
  stateFolder: string,
  { broker, launch }: { broker: RunningBroker; launch: BrokerLaunch },
): StackRecord {
  const { brokerPort, controllerPort, folder } = launch.plan
  return {
    version: 1,
    bootstrapBrokers: `${loopbackHost}:${brokerPort}`,
    brokerPort,
    controllerPort,
    clusterId: broker.clusterId,
    stateFolder,
    lifetime,
    startedAt: new Date().toISOString(),
    broker: broker.identity,
    brokerLogFile: brokerPaths(folder).logFile,
    warehouseFolder: join(stateFolder, 'warehouse'),
    spark: config.spark,
  }
}
