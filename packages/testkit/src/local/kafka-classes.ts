import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { archivingOptions } from '../jvm-options.js'
import { ensureClassArchive } from '../toolchain/class-archive.js'
import type { ToolchainOptions } from '../toolchain/jars.js'
import { launchBroker } from './broker.js'
import { brokerFolder, clusterIdFrom } from './broker-files.js'
import type { KafkaVersion } from './kafka-releases.js'
import { firstNodeId, listenerRequests } from './listeners.js'
import { findFreePorts, tryPorts } from './ports.js'

interface Inputs {
  readonly kafkaVersion: KafkaVersion
  readonly jarsFolder: string
  readonly javaCommand: string
  /** Version of the JVM, which alone reads what it wrote. */
  readonly javaVersion: string
}

const heapMb = 512
const readyTimeoutMs = 60_000
/** The archive is written while the broker stops. */
const stopTimeoutMs = 60_000

/** What a Kafka broker starts from: an archive of its classes, made the first time by starting and stopping one. */
export async function ensureKafkaClasses(
  { kafkaVersion, jarsFolder, javaCommand, javaVersion }: Inputs,
  options: ToolchainOptions,
): Promise<string | undefined> {
  const { env, signal } = options
  return ensureClassArchive(
    {
      kind: 'kafka-classes',
      title: `Kafka ${kafkaVersion}'s classes`,
      keyParts: [javaVersion, basename(jarsFolder)],
      make: (archiveFile, workFolder) =>
        tryPorts(listenerRequests({}), findFreePorts, async (listeners) => {
          const { process } = await launchBroker({
            plan: {
              nodeId: firstNodeId,
              listeners,
              kafkaVersion,
              heapMb,
              folder: brokerFolder(workFolder, firstNodeId),
              jarsFolder,
              jvmOptions: archivingOptions(archiveFile),
            },
            javaCommand,
            env,
            clusterId: clusterIdFrom(randomBytes(16)),
            awaitedBrokers: 1,
            readyTimeoutMs,
            signal,
          })
          await process.stop(stopTimeoutMs)
          if (!existsSync(archiveFile))
            throw new TidewaterError('PROCESS_FAILED', `${javaCommand} wrote no archive`)
        }),
    },
    options,
  )
}
