import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { TidewaterError } from '@tidewater/core'
import { type BrokerLaunch, launchBroker, type RunningBroker } from './broker.js'
import { brokerFolder, brokerPaths, clusterIdOf } from './broker-files.js'
import { type KafkaVersion, kafkaReleases, kafkaVersions } from './kafka-releases.js'
import { mostBrokers, nodeIds } from './listeners.js'

export interface StartedBroker {
  readonly launch: BrokerLaunch
  readonly running: RunningBroker
}

/**
 * Starts the brokers of a cluster side by side, for none gets ready before most of its controllers are there. When one
 * fails, the others are ended.
 *
 * @throws TidewaterError as `launchBroker` does: of several failures the first one
 */
export async function launchCluster(launches: readonly BrokerLaunch[]): Promise<StartedBroker[]> {
  const giveUp = new AbortController()
  const failures: unknown[] = []
  const start = async (launch: BrokerLaunch): Promise<StartedBroker | undefined> => {
    const signals = launch.signal === undefined ? [] : [launch.signal]
    try {
      const signal = AbortSignal.any([giveUp.signal, ...signals])
      return { launch, running: await launchBroker({ ...launch, signal }) }
    } catch (thrown) {
      failures.push(thrown)
      giveUp.abort()
      return undefined
    }
  }
  const started = (await Promise.all(launches.map(start))).filter((broker) => broker !== undefined)
  if (failures.length === 0) return started
  await Promise.all(started.map(({ running }) => running.process.kill()))
  throw failures[0]
}

interface Stoppable<How> {
  stop(): Promise<How>
  kill(): Promise<unknown>
}

/**
 * Stops the brokers of a cluster side by side. Once most have ended, no controller is left that a broker could take its
 * leave of, and one that tries would hang: the rest is killed, which Kafka's log outlives as it does a crash.
 */
export function stopTogether<How>(brokers: readonly Stoppable<How>[]): Promise<How[]> {
  const most = Math.floor(brokers.length / 2) + 1
  const running = new Set(brokers)
  return Promise.all(
    brokers.map(async (broker) => {
      const how = await broker.stop()
      running.delete(broker)
      if (brokers.length - running.size === most) await Promise.all([...running].map((rest) => rest.kill()))
      return how
    }),
  )
}

/**
 * The cluster that the brokers' folders in a state folder belong to; undefined when they are new.
 *
 * @throws TidewaterError `CONFIG_INVALID` when they are those of another number of brokers, which Kafka would not start with
 */
export async function findClusterId(stateFolder: string, brokers: number): Promise<string | undefined> {
  const clusterIds = await Promise.all(
    nodeIds(mostBrokers).map((id) => readClusterId(brokerFolder(stateFolder, id))),
  )
  const known = clusterIds.filter((clusterId) => clusterId !== undefined)
  if (known.length === 0 || known.length === brokers) return known[0]
  throw new TidewaterError(
    'CONFIG_INVALID',
    `${stateFolder} holds the data of ${known.length} brokers, not of ${brokers}`,
    {
      remedy: `Start it with brokers: ${known.length}, or choose another state folder.`,
      details: { stateFolder, brokers, found: known.length },
    },
  )
}

/**
 * A newer release takes over the data of an older one, which can take it back; what it has formatted itself is its own.
 *
 * @throws TidewaterError `CONFIG_INVALID` when a newer release than this one has formatted the brokers' folders
 */
export function requireReadable(stateFolder: string, kafkaVersion: KafkaVersion): void {
  const formattedBy = nodeIds(mostBrokers)
    .map((id) => formattingRelease(brokerPaths(brokerFolder(stateFolder, id))))
    .find((release) => release !== undefined)
  if (formattedBy === undefined || kafkaVersions.indexOf(formattedBy) <= kafkaVersions.indexOf(kafkaVersion))
    return
  throw new TidewaterError(
    'CONFIG_INVALID',
    `${stateFolder} holds data that Kafka ${formattedBy} has formatted, which Kafka ${kafkaVersion} can't read`,
    {
      remedy: `Start it with kafkaVersion: '${formattedBy}', or choose another state folder.`,
      details: { stateFolder, kafkaVersion, formattedBy },
    },
  )
}

/** Of the releases only the newest leaves a checkpoint of the features that its data begins with. */
function formattingRelease(paths: ReturnType<typeof brokerPaths>): KafkaVersion | undefined {
  if (!existsSync(paths.metaProperties) || !existsSync(paths.bootstrapCheckpoint)) return undefined
  return kafkaVersions.find((release) => kafkaReleases[release].bootstrapCheckpoint !== undefined)
}

async function readClusterId(folder: string): Promise<string | undefined> {
  const { metaProperties } = brokerPaths(folder)
  let text: string
  try {
    text = await readFile(metaProperties, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
  const clusterId = clusterIdOf(text)
  if (clusterId !== undefined) return clusterId
  throw new TidewaterError('CONFIG_INVALID', `${metaProperties} names no cluster.id`, {
    remedy: `Remove ${folder} or choose another state folder.`,
  })
}
