import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { jvmOptionsIn, sharedClassesOptions, shortLivedJvm } from '../jvm-options.js'
import type { TcpProxy } from '../proxy/tcp-proxy.js'
import { withFileLock } from '../toolchain/file-lock.js'
import { ensureJars, jarPrerequisites, type ToolchainOptions } from '../toolchain/jars.js'
import { requirePrerequisites } from '../toolchain/require-prerequisites.js'
import { awaitFreePort, type BrokerLaunch, launchBroker, type RunningBroker } from './broker.js'
import { brokerFolder, brokerPaths, clusterIdFrom } from './broker-files.js'
import { findClusterId, launchCluster, requireReadable, type StartedBroker } from './cluster.js'
import { type PreparedIam, prepareIam } from './iam/prepare-iam.js'
import { ensureKafkaClasses } from './kafka-classes.js'
import { kafkaReleases } from './kafka-releases.js'
import { type Listener, listenerRequests, listenersOf, nodeIds } from './listeners.js'
import type { LocalStackConfig } from './options.js'
import { findFreePorts, requireFreePort, tryPorts } from './ports.js'
import { advertiseProxies, startProxies } from './proxies.js'
import type { StackRecord } from './stack-record.js'
import { readRunningStack, stackRecorder } from './stack-state.js'
import { leaveAll, prepareStateFolder, removeAll } from './state-folder.js'

export interface BootedBroker {
  /** `node.id` */
  readonly id: number
  readonly listeners: readonly Listener[]
  readonly running: RunningBroker
  /** There exactly when the configuration asks for proxies. */
  readonly proxy: TcpProxy | undefined
  /** As its process sees it. */
  readonly smallLogDir: string | undefined
  /** Starts it again on the same ports and data. */
  relaunch(): Promise<RunningBroker>
}

export interface BootedStack {
  /** As it was written at the start. */
  readonly record: StackRecord
  readonly brokers: readonly BootedBroker[]
  /** There exactly when the configuration asks for it. */
  readonly iam: PreparedIam | undefined
  /** What goes when the stack stops. */
  readonly disposables: readonly string[]
  /** Records that the stack outlives this process. */
  recordDetached(): Promise<void>
}

/** Starts the brokers and records the stack in its state folder. */
export async function bootStack(
  config: LocalStackConfig,
  lifetime: StackRecord['lifetime'],
  toolchain: ToolchainOptions,
): Promise<BootedStack> {
  const { signal, env, onProgress } = toolchain
  const { jars } = kafkaReleases[config.kafkaVersion]
  const bundles = config.iam === undefined ? [jars] : [jars, 'msk-iam-broker' as const]
  const needs = await jarPrerequisites(bundles, toolchain.cacheFolder)
  const { java } = await requirePrerequisites(needs, env)
  const javaCommand = java?.command ?? 'java'
  if (config.smallLogDir !== undefined) requireMounts()
  const requests = listenerRequests(config)
  for (const { port, option } of requests) if (port !== undefined) await requireFreePort(port, option)
  const state = await prepareStateFolder(config)
  try {
    const jarsFolder = await ensureJars(jars, toolchain)
    const pluginFolder = config.iam === undefined ? '' : await ensureJars('msk-iam-broker', toolchain)
    const classes = await ensureKafkaClasses(
      { kafkaVersion: config.kafkaVersion, jarsFolder, javaCommand, javaVersion: java?.version ?? '' },
      toolchain,
    )
    // Three JVMs that compile at once are most of a cluster's start: without the second compiler it takes 3/5 of the time.
    const compiling = jvmOptionsIn(env) ?? (config.brokers > 1 ? shortLivedJvm : [])
    const jvmOptions = [...compiling, ...sharedClassesOptions(classes)]
    const boot = async (): Promise<BootedStack> => {
      await requireStopped(state.folder)
      // Under the lock: a broker that runs goes by these very files.
      const iam =
        config.iam && (await prepareIam(config.iam, state.folder, { javaCommand, env, signal, onProgress }))
      onProgress?.('Kafka broker: starting', { step: 'broker', state: 'started' })
      requireReadable(state.folder, config.kafkaVersion)
      const clusterId = (await findClusterId(state.folder, config.brokers)) ?? clusterIdFrom(randomBytes(16))
      const launchOf = (nodeId: number, listeners: readonly Listener[]): BrokerLaunch => ({
        plan: {
          nodeId,
          listeners,
          folder: brokerFolder(state.folder, nodeId),
          kafkaVersion: config.kafkaVersion,
          jarsFolder,
          jvmOptions,
          heapMb: config.brokerHeapMb,
          smallLogDirMb: nodeId === config.smallLogDir?.brokerId ? config.smallLogDir.sizeMb : undefined,
          iam: iam && {
            configFile: iam.paths.configFile,
            keyStoreFile: iam.paths.keyStoreFile,
            keyStorePassword: iam.keyStorePassword,
            jarsFolder: pluginFolder,
          },
        },
        javaCommand,
        env,
        clusterId,
        awaitedBrokers: config.brokers,
        readyTimeoutMs: config.readyTimeoutMs,
        signal,
      })
      const { listeners, proxies, started } = await tryPorts(requests, findFreePorts, async (found) => {
        const proxies = config.proxied ? await startProxies(found) : new Map<number, TcpProxy>()
        const listeners = advertiseProxies(found, proxies)
        try {
          const launches = nodeIds(config.brokers).map((id) => launchOf(id, listeners))
          return { listeners, proxies, started: await launchCluster(launches) }
        } catch (thrown) {
          for (const proxy of proxies.values()) await proxy.close()
          throw thrown
        }
      })
      const record = stackRecorder({
        listeners,
        clusterId,
        stateFolder: state.folder,
        lifetime,
        startedAt: new Date().toISOString(),
        stopTimeoutMs: config.stopTimeoutMs,
        iam,
      })
      const recordOrKill = async (brokers: readonly StartedBroker[]) => {
        try {
          return await record(brokers.map(({ launch, running }) => [launch.plan.nodeId, running.identity]))
        } catch (thrown) {
          // A broker that nothing on disk knows of could not be stopped by the next command.
          await Promise.all(brokers.map(({ running }) => running.process.kill()))
          throw thrown
        }
      }
      const brokerOf = ({ launch, running }: StartedBroker): BootedBroker => {
        const { nodeId, smallLogDirMb } = launch.plan
        const smallLogDir =
          smallLogDirMb === undefined ? undefined : brokerPaths(launch.plan.folder).smallLogDir
        const own = listenersOf(listeners, nodeId)
        const relaunch = async () => {
          for (const { port, option } of own) await awaitFreePort(port, option)
          // The signal belonged to the first start.
          const again = await launchBroker({ ...launch, awaitedBrokers: 1, signal: undefined })
          await recordOrKill([{ launch, running: again }])
          return again
        }
        return { id: nodeId, listeners: own, running, proxy: proxies.get(nodeId), smallLogDir, relaunch }
      }
      return {
        record: await recordOrKill(started),
        brokers: started.map(brokerOf),
        iam,
        disposables: state.disposables,
        recordDetached: async () => void (await record([], 'detached')),
      }
    }
    const booted = await withFileLock(join(state.folder, 'stack.lock'), boot, { signal })
    const message = `Kafka broker: answers at ${booted.record.bootstrapBrokers}`
    onProgress?.(message, { step: 'broker', state: 'done' })
    return booted
  } catch (thrown) {
    // The log that the error names has to stay.
    if (namesLog(thrown)) leaveAll(state.disposables)
    else await removeAll(state.disposables)
    throw thrown
  }
}

function requireMounts(): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return
  throw new TidewaterError('CONFIG_INVALID', 'smallLogDir needs Linux and root, which alone may mount', {
    remedy: 'Run it as root on Linux, or leave smallLogDir out.',
    details: { platform: process.platform },
  })
}

/** Whether an error tells its reader to look into a log, which then has to stay. */
export function namesLog(thrown: unknown): boolean {
  return TidewaterError.isInstance(thrown) && 'logFile' in thrown.details
}

async function requireStopped(stateFolder: string): Promise<void> {
  const record = await readRunningStack(stateFolder)
  if (record === undefined) return
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
