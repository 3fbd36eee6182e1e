import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { renderJavaProperties } from '../java-properties.js'
import { type IamBrokerPlan, iamProperties } from './iam/broker-properties.js'
import { type KafkaVersion, kafkaReleases } from './kafka-releases.js'
import { addressOf, interBrokerListener, type Listener, listenersOf } from './listeners.js'
import { loopbackHost } from './loopback.js'

export interface BrokerPlan {
  readonly nodeId: number
  /** Of every broker of the cluster. */
  readonly listeners: readonly Listener[]
  readonly kafkaVersion: KafkaVersion
  readonly heapMb: number
  /** Folder of the broker's files within the state folder. */
  readonly folder: string
  readonly jarsFolder: string
  /** Of the JVM, beside its heap. */
  readonly jvmOptions: readonly string[]
  /** Size of a second log directory, which fills; undefined: there is none. */
  readonly smallLogDirMb?: number | undefined
  /** There exactly when a listener is `IAM`. */
  readonly iam?: IamBrokerPlan | undefined
}

/** Files of a broker within its folder. */
export function brokerPaths(folder: string) {
  return {
    dataFolder: join(folder, 'data'),
    smallLogDir: join(folder, 'small-log-dir'),
    /** What formats it, which is new at each start. */
    smallMetaProperties: join(folder, 'small-log-dir.properties'),
    metaProperties: join(folder, 'data', 'meta.properties'),
    bootstrapCheckpoint: join(folder, 'data', 'bootstrap.checkpoint'),
    serverProperties: join(folder, 'server.properties'),
    logFile: join(folder, 'broker.log'),
  }
}

/** Folder of a broker's files within the state folder. */
export function brokerFolder(stateFolder: string, nodeId: number): string {
  return join(stateFolder, nodeId === 1 ? 'broker' : `broker-${nodeId}`)
}

/**
 * A combined KRaft node (broker and controller) that listens on the loopback interface alone. Of three the controllers
 * keep their majority when any one is lost.
 */
export function renderServerProperties(plan: BrokerPlan): string {
  const own = listenersOf(plan.listeners, plan.nodeId)
  const controllers = controllersOf(plan)
  const { dataFolder, smallLogDir } = brokerPaths(plan.folder)
  const advertised = own.filter(({ advertisedHost }) => advertisedHost !== undefined)
  const replicas = controllers.length
  const inSyncReplicas = replicas === 1 ? 1 : replicas - 1
  return renderJavaProperties({
    'node.id': plan.nodeId,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': controllers
      .map(({ nodeId, port }) => `${nodeId}@${loopbackHost}:${port}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: own.map(({ name, port }) => `${name}://${loopbackHost}:${port}`).join(','),
    'advertised.listeners': advertised
      .map((listener) => `${listener.name}://${addressOf(listener)}`)
      .join(','),
    'inter.broker.listener.name': interBrokerListener(own).name,
    'listener.security.protocol.map': own.map(({ name, protocol }) => `${name}:${protocol}`).join(','),
    // The first one holds the metadata log as well.
    'log.dirs': [dataFolder, ...(plan.smallLogDirMb === undefined ? [] : [smallLogDir])].join(','),
    // Topics come from a plan; a misspelt name must be an error, not a new topic. Same default as Amazon MSK.
    'auto.create.topics.enable': false,
    'unclean.leader.election.enable': false,
    // One broker keeps once what is replicated elsewhere; three do as MSK's default configuration says.
    'default.replication.factor': replicas,
    'min.insync.replicas': inSyncReplicas,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSyncReplicas,
    // Each partition of the internal topics costs files and start time.
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.num.partitions': 1,
    // After a crash the controller waits for the broker's session to end before others lead its partitions, and before
    // it lets it register again: the default of 9 s would be most of a failover, and of a restart.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 1_000,
    // How long a follower may hang before it leaves the ISR, and a request to a controller before another one is asked:
    // defaults of 30 s, which a test of a broker that hangs would have to wait for.
    'replica.lag.time.max.ms': 4_000,
    'controller.socket.timeout.ms': 4_000,
    // A consumer group of a test starts at once instead of waiting 3 s for further members.
    'group.initial.rebalance.delay.ms': 0,
    // Taken from the heap at start; the default is 128 MiB.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    ...(plan.iam === undefined ? {} : iamProperties(plan.iam)),
  })
}

function controllersOf({ listeners }: BrokerPlan): readonly Listener[] {
  return listeners.filter(({ name }) => name === 'CONTROLLER')
}

/**
 * The file that marks a data folder as formatted for a cluster. Kafka's storage tool writes it and a bootstrap.checkpoint
 * that names the levels of the features; without the checkpoint the controller takes the newest metadata version of its
 * release (org.apache.kafka.metadata.bootstrap.BootstrapDirectory), which up to 3.9 is all there is to name. The broker adds
 * its directory.id by itself. Writing both here saves a second JVM, about 0.75 s of each start.
 */
export function renderMetaProperties(clusterId: string, nodeId: number): string {
  return renderJavaProperties({ version: 1, 'cluster.id': clusterId, 'node.id': nodeId })
}

/** The cluster a data folder belongs to; undefined when it is not formatted. */
export function clusterIdOf(metaProperties: string): string | undefined {
  return /^cluster\.id=(\S+)\s*$/m.exec(metaProperties)?.[1]
}

/** A Kafka cluster id: 16 bytes in URL-safe base64 without padding. */
export function clusterIdFrom(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** What starts the broker. */
export function brokerCommand(plan: BrokerPlan, javaCommand: string): { command: string; args: string[] } {
  const java = brokerJavaArguments(plan)
  if (plan.smallLogDirMb === undefined) return { command: javaCommand, args: java }
  // In a mount namespace of the broker's own the file system goes when the process goes, whatever ends that.
  const mount = `mount -t tmpfs -o size=${plan.smallLogDirMb}m tmpfs "$0"`
  const script = `${mount} && cp "$1" "$0/meta.properties" && shift && exec "$@"`
  const { smallLogDir, smallMetaProperties } = brokerPaths(plan.folder)
  const inNamespace = ['--mount', 'sh', '-c', script, smallLogDir, smallMetaProperties]
  return { command: 'unshare', args: [...inNamespace, javaCommand, ...java] }
}

/** Arguments of `java`. */
export function brokerJavaArguments(plan: BrokerPlan): string[] {
  const paths = brokerPaths(plan.folder)
  const { logging } = kafkaReleases[plan.kafkaVersion]
  return [
    `-Xmx${plan.heapMb}m`,
    ...plan.jvmOptions,
    '-Djava.awt.headless=true',
    `-D${logging.property}=${pathToFileURL(join(plan.folder, logging.file)).href}`,
    '-cp',
    [plan.jarsFolder, ...(plan.iam === undefined ? [] : [plan.iam.jarsFolder])]
      .map((folder) => join(folder, '*'))
      .join(delimiter),
    'kafka.Kafka',
    paths.serverProperties,
  ]
}

/** The port that, says a broker's log, was taken; undefined when it says no such thing. */
export function portTaken(log: string): number | undefined {
  const port = /failed to bind to \S+:(\d+): Address already in use/.exec(log)?.[1]
  return port === undefined ? undefined : Number(port)
}
