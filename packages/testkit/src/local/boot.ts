import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { isRunning } from '../supervisor/process-identity.js'
import { withFileLock } from '../toolchain/file-lock.js'
import { ensureJars, jarPrerequisites, type ToolchainOptions } from '../toolchain/jars.js'
import { requirePrerequisites } from '../toolchain/require-prerequisites.js'
import { awaitFreePort, type BrokerLaunch, launchBroker, type RunningBroker } from './broker.js'
import { clusterIdFrom } from './broker-files.js'
import { type PreparedIam, prepareIam } from './iam/prepare-iam.js'
import { listenerRequests } from './listeners.js'
import type { LocalStackConfig } from './options.js'
import { findFreePorts, requireFreePort, tryPorts } from './ports.js'
import { describeStack, type StackRecord } from './stack-record.js'
import { readStackRecord, writeStackRecord } from './stack-state.js'
import { leaveAll, prepareStateFolder, removeAll } from './state-folder.js'

export interface BootedStack {
  readonly record: StackRecord
  readonly broker: RunningBroker
  /** There exactly when the configuration asks for it. */
  readonly iam: PreparedIam | undefined
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
  const { signal, env, onProgress } = toolchain
  const bundles = config.iam === undefined ? (['kafka'] as const) : (['kafka', 'msk-iam-broker'] as const)
  const needs = await jarPrerequisites(bundles, toolchain.cacheFolder)
  const { java } = await requirePrerequisites(needs, env)
  const javaCommand = java?.command ?? 'java'
  const requests = listenerRequests(config)
  for (const { port, option } of requests) if (port !== undefined) await requireFreePort(port, option)
  const state = await prepareStateFolder(config)
  try {
    const jarsFolder = await ensureJars('kafka', toolchain)
    const pluginFolder = config.iam === undefined ? '' : await ensureJars('msk-iam-broker', toolchain)
    const boot = async () => {
      await requireStopped(state.folder)
      // Under the lock: a broker that runs goes by these very files.
      const iam =
        config.iam && (await prepareIam(config.iam, state.folder, { javaCommand, env, signal, onProgress }))
      onProgress?.('Kafka broker: starting', { step: 'broker', state: 'started' })
      const started = await tryPorts(requests, findFreePorts, async (listeners) => {
        const launch: BrokerLaunch = {
          plan: {
            listeners,
            folder: join(state.folder, 'broker'),
            jarsFolder,
            heapMb: config.brokerHeapMb,
            iam: iam && {
              configFile: iam.paths.configFile,
              keyStoreFile: iam.paths.keyStoreFile,
              keyStorePassword: iam.keyStorePassword,
              jarsFolder: pluginFolder,
            },
          },
          javaCommand,
          env,
          newClusterId: clusterIdFrom(randomBytes(16)),
          readyTimeoutMs: config.readyTimeoutMs,
          signal,
        }
        return { launch, broker: await launchBroker(launch) }
      })
      const record = describeStack({
        listeners: started.launch.plan.listeners,
        clusterId: started.broker.clusterId,
        stateFolder: state.folder,
        lifetime,
        startedAt: new Date().toISOString(),
        brokerProcess: started.broker.identity,
        stopTimeoutMs: config.stopTimeoutMs,
        iam,
      })
      await recordOrKill(record, started.broker)
      return { record, iam, ...started }
    }
    const { record, iam, broker, launch } = await withFileLock(join(state.folder, 'stack.lock'), boot, {
      signal,
    })
    const message = `Kafka broker: answers at ${record.bootstrapBrokers}`
    onProgress?.(message, { step: 'broker', state: 'done' })
    return {
      record,
      broker,
      iam,
      disposables: state.disposables,
      relaunch: async () => {
        for (const { port, option } of launch.plan.listeners) await awaitFreePort(port, option)
        // The signal belonged to the first start.
        const again = await launchBroker({ ...launch, signal: undefined })
        await recordOrKill({ ...record, brokerProcess: again.identity }, again)
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

function namesLog(thrown: unknown): boolean {
  return TidewaterError.isInstance(thrown) && 'logFile' in thrown.details
}

async function requireStopped(stateFolder: string): Promise<void> {
  const record = await readStackRecord(stateFolder)
  if (record === undefined || !(await isRunning(record.brokerProcess))) return
  const { bootstrapBrokers, brokerProcess } = record
  throw new TidewaterError(
    'STACK_ALREADY_RUNNING',
    `A local stack runs from ${stateFolder} already, at ${bootstrapBrokers} (process ${brokerProcess.pid})`,
    {
      remedy: 'Use it, stop it with `tidewater local down`, or choose another stateFolder.',
      details: { stateFolder, bootstrapBrokers, pid: brokerProcess.pid },
    },
  )
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
