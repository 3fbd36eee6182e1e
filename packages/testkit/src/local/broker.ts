import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { abortableSleep, TidewaterError } from '@tidewater/core'
import type { ProcessIdentity } from '@tidewater/core/processes'
import { renderJavaProperties } from '../java-properties.js'
import { logSize, readLogFrom } from '../supervisor/log-tail.js'
import { becomesReady } from '../supervisor/ready.js'
import { type SupervisedProcess, supervise } from '../supervisor/supervise.js'
import {
  type BrokerPlan,
  brokerCommand,
  brokerPaths,
  portTaken,
  renderMetaProperties,
  renderServerProperties,
} from './broker-files.js'
import { writePrivateFile } from './iam/private-file.js'
import { kafkaReleases } from './kafka-releases.js'
import { interBrokerListener, listenersOf } from './listeners.js'
import { loopbackHost } from './loopback.js'
import { requestMetadata } from './metadata-probe.js'
import type { ClusterMetadata } from './metadata-wire.js'
import { portInUse, requireFreePort } from './ports.js'

const portWaitMs = 10_000
const portPollMs = 100

export interface BrokerLaunch {
  readonly plan: BrokerPlan
  readonly javaCommand: string
  readonly env: NodeJS.ProcessEnv
  /** Of the data folder, when that is formatted already. */
  readonly clusterId: string
  /** How many brokers of the cluster have to be there before this one counts as ready. */
  readonly awaitedBrokers: number
  readonly readyTimeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export interface RunningBroker {
  readonly process: SupervisedProcess
  readonly identity: ProcessIdentity
}

/**
 * Writes the broker's files, starts it, and waits until it answers metadata.
 *
 * @throws TidewaterError `PORT_IN_USE` when a port was taken between its check and the broker's start, `PROCESS_FAILED`,
 *   `PROCESS_START_TIMEOUT`, `ABORTED`
 */
export async function launchBroker(launch: BrokerLaunch): Promise<RunningBroker> {
  const { plan } = launch
  const paths = brokerPaths(plan.folder)
  const { port } = interBrokerListener(listenersOf(plan.listeners, plan.nodeId))
  await formatDataFolder(plan, launch.clusterId)
  if (plan.smallLogDirMb !== undefined) {
    await mkdir(paths.smallLogDir, { recursive: true })
    await writeFile(paths.smallMetaProperties, renderMetaProperties(launch.clusterId, plan.nodeId))
  }
  // With IAM it holds the password of the broker's key.
  await writePrivateFile(paths.serverProperties, renderServerProperties(plan))
  const { logging } = kafkaReleases[plan.kafkaVersion]
  await writeFile(join(plan.folder, logging.file), renderJavaProperties(logging.properties))
  const logStart = await logSize(paths.logFile)
  const process = await supervise({
    name: 'Kafka broker',
    ...brokerCommand(plan, launch.javaCommand),
    cwd: plan.folder,
    env: launch.env,
    logFile: paths.logFile,
  })
  try {
    await becomesReady(
      process,
      async () => requireJoined(await requestMetadata(loopbackHost, port), port, launch),
      { timeoutMs: launch.readyTimeoutMs, signal: launch.signal },
    )
  } catch (thrown) {
    const taken = portTaken((await readLogFrom(paths.logFile, logStart)).text)
    if (taken === undefined) throw thrown
    const option = plan.listeners.find((listener) => listener.port === taken)?.option
    throw option === undefined ? thrown : portInUse(taken, option, thrown)
  }
  return { process, identity: process.identity }
}

/** Waits a while for a port to become free again, as one does when the broker that held it was just killed. */
export async function awaitFreePort(port: number, option: string, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + portWaitMs
  for (;;) {
    try {
      await requireFreePort(port, option)
      return
    } catch (thrown) {
      if (performance.now() >= deadline) throw thrown
      await abortableSleep(portPollMs, signal)
    }
  }
}

// Of two brokers that were given the same port one answers and the other ends: an answer proves something only when it
// comes from this broker's cluster.
function requireJoined(
  metadata: ClusterMetadata,
  brokerPort: number,
  { clusterId, awaitedBrokers }: BrokerLaunch,
): void {
  const { brokers, controllerId } = metadata
  if (metadata.clusterId !== clusterId)
    throw new TidewaterError(
      'BROKER_UNREACHABLE',
      `Port ${brokerPort} is answered by another cluster, ${metadata.clusterId}`,
    )
  const joined = controllerId >= 0 && brokers.some(({ port }) => port === brokerPort)
  if (!joined || brokers.length < awaitedBrokers)
    throw new TidewaterError(
      'BROKER_UNREACHABLE',
      `The broker has not joined its cluster yet: ${brokers.length} of ${awaitedBrokers} brokers are there`,
      { retryable: true },
    )
}

async function formatDataFolder(plan: BrokerPlan, clusterId: string): Promise<void> {
  const { dataFolder, metaProperties, bootstrapCheckpoint } = brokerPaths(plan.folder)
  // Another release goes on with the features that the data has.
  if (existsSync(metaProperties)) return
  await mkdir(dataFolder, { recursive: true })
  // First: the other file says that the folder is complete.
  const checkpoint = kafkaReleases[plan.kafkaVersion].bootstrapCheckpoint
  if (checkpoint === undefined) await rm(bootstrapCheckpoint, { force: true })
  else await writeFile(bootstrapCheckpoint, Buffer.from(checkpoint, 'base64'))
  await writeFile(metaProperties, renderMetaProperties(clusterId, plan.nodeId))
}
