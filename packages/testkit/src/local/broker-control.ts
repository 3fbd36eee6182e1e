import { TidewaterError } from '@tidewater/core'
import type { TcpProxy } from '../proxy/tcp-proxy.js'
import type { BootedBroker } from './boot.js'
import type { RunningBroker } from './broker.js'
import { brokerFolder, brokerPaths } from './broker-files.js'
import { addressOf, listenerOf } from './listeners.js'
import { loopbackHost } from './loopback.js'
import type { StackRecord } from './stack-record.js'

/** A Kafka broker of a local stack. */
export interface LocalBroker {
  /** `node.id` */
  readonly id: number
  /** `127.0.0.1:<port>`, as clients are told it. */
  readonly address: string
  readonly host: string
  /** Its own port, also where clients are told that of a proxy. */
  readonly port: number
  /** What clients go through; undefined unless the stack was started with `proxied`. */
  readonly proxy: TcpProxy | undefined
  readonly clusterId: string
  /** Its standard output and error. */
  readonly logFile: string
  /** Process id; undefined while it is not running. */
  readonly pid: number | undefined
  /** Its second log directory, which its process alone sees mounted; undefined while there is none. */
  readonly smallLogDir: string | undefined
  /** Whether there is a process, even a paused one. */
  readonly isRunning: boolean
  /**
   * Starts it again on the same port and data, and waits until it answers metadata.
   *
   * @throws TidewaterError `STACK_ALREADY_RUNNING`, `PORT_IN_USE`, `PROCESS_FAILED`, `PROCESS_START_TIMEOUT`
   */
  start(): Promise<void>
  /** Stops it cleanly, a paused one too; kills it after `stopTimeoutMs`. Does nothing when it is not running. */
  stop(): Promise<void>
  /** Ends it by SIGKILL, as a crash would. Does nothing when it is not running. */
  kill(): Promise<void>
  /** Holds it by SIGSTOP: its connections stay open and nothing answers. Does nothing when it is not running. */
  pause(): void
  /** Lets a paused broker go on, by SIGCONT. Does nothing when it is not running. */
  resume(): void
}

/** What a stack holds of each broker. */
export interface BrokerControl {
  readonly broker: LocalBroker
  /** Lets it outlive this process. */
  release(): void
}

export function brokerControl(
  booted: BootedBroker,
  { clusterId, stateFolder }: Pick<StackRecord, 'clusterId' | 'stateFolder'>,
  stopTimeoutMs: number,
  requireStack: () => void,
): BrokerControl {
  const { id } = booted
  const listener = listenerOf(booted.listeners, 'PLAINTEXT')
  let last: RunningBroker = booted.running
  const running = () => (last.process.exit() === undefined ? last.process : undefined)
  const broker: LocalBroker = {
    id,
    address: addressOf(listener),
    host: loopbackHost,
    port: listener.port,
    proxy: booted.proxy,
    clusterId,
    logFile: brokerPaths(brokerFolder(stateFolder, id)).logFile,
    get pid() {
      return running()?.pid
    },
    get smallLogDir() {
      const pid = running()?.pid
      return booted.smallLogDir === undefined || pid === undefined
        ? undefined
        : `/proc/${pid}/root${booted.smallLogDir}`
    },
    get isRunning() {
      return running() !== undefined
    },
    async start() {
      requireStack()
      if (running() !== undefined)
        throw new TidewaterError('STACK_ALREADY_RUNNING', `The Kafka broker ${id} runs already`)
      last = await booted.relaunch()
    },
    async stop() {
      await running()?.stop(stopTimeoutMs)
    },
    async kill() {
      await running()?.kill()
    },
    pause() {
      running()?.pause()
    },
    resume() {
      running()?.resume()
    },
  }
  return { broker, release: () => running()?.release() }
}
