import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { TidewaterError } from '@tidewater/core'
import { loopbackHost } from '../local/loopback.js'
import { portInUse } from '../local/ports.js'
import { ProxiedConnection } from './proxied-connection.js'

/** Stands between clients and a target, and does to their connections what networks do. */
export interface TcpProxy extends AsyncDisposable {
  /** `127.0.0.1:<port>`, to connect to instead of the target. */
  readonly address: string
  readonly port: number
  /** Connections accepted so far. */
  readonly connections: number
  readonly openConnections: number
  /** Bytes received from clients so far. */
  readonly requestBytes: number
  /** Bytes received from the target so far, also those that a cut withheld. */
  readonly responseBytes: number
  /** Breaks every open connection by RST, on both sides. New ones are accepted. */
  cut(): void
  /**
   * Breaks a connection in the middle of a response: of what the target sends next, on whichever connection that is,
   * `afterBytes` bytes pass, then both sides get an RST. Only the latest call counts.
   *
   * @param afterBytes 0 or more. Kafka's responses begin with four bytes of length, so 4 or more cut within one.
   * @returns resolves when it has happened; never, if it does not
   */
  cutResponse(afterBytes: number): Promise<void>
  /** Forwards nothing in either direction: connections stay open, also new ones, and no answer comes. */
  pause(): void
  /** Forwards again, first what had been held. */
  resume(): void
  /** Refuses new connections, as a port does that nobody listens on. Open ones go on. */
  refuse(): void
  /**
   * Accepts connections again.
   *
   * @throws TidewaterError `PORT_IN_USE` when somebody else took the port meanwhile
   */
  accept(): Promise<void>
  /** Ends it with all its connections. */
  close(): Promise<void>
}

interface PlannedCut {
  readonly afterBytes: number
  /** The one whose response is being cut; undefined until one comes. */
  connection: ProxiedConnection | undefined
  passedBytes: number
  readonly done: () => void
}

/**
 * Starts a proxy on a free loopback port.
 *
 * @param target `host:port`
 */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host, targetPort] = parseTarget(target)
  const open = new Set<ProxiedConnection>()
  const counts = { connections: 0, requestBytes: 0, responseBytes: 0 }
  let isPaused = false
  let planned: PlannedCut | undefined

  const onResponse = (connection: ProxiedConnection, bytes: number): number | undefined => {
    counts.responseBytes += bytes
    if (planned === undefined || (planned.connection ?? connection) !== connection) return undefined
    planned.connection = connection
    const passed = planned.passedBytes
    planned.passedBytes += bytes
    return planned.passedBytes < planned.afterBytes ? undefined : planned.afterBytes - passed
  }
  const onConnection = (client: Socket) => {
    counts.connections += 1
    const cut = () => {
      planned?.done()
      planned = undefined
    }
    const onEnd = (connection: ProxiedConnection) => {
      open.delete(connection)
      // It ended before its time: the next response is the one to be cut.
      if (planned?.connection === connection)
        Object.assign(planned, { connection: undefined, passedBytes: 0 })
    }
    const onRequest = (bytes: number) => {
      counts.requestBytes += bytes
    }
    const passage = { isPaused: () => isPaused, onRequest, onResponse, onCut: cut, onEnd }
    const toTarget = connect({ host, port: targetPort, allowHalfOpen: true })
    open.add(new ProxiedConnection(client, toTarget, passage))
  }
  const server = createServer({ allowHalfOpen: true }, onConnection)
  server.listen({ port: 0, host: loopbackHost, exclusive: true })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const close = async () => {
    for (const connection of open) connection.reset()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    address: `${loopbackHost}:${port}`,
    port,
    get connections() {
      return counts.connections
    },
    get openConnections() {
      return open.size
    },
    get requestBytes() {
      return counts.requestBytes
    },
    get responseBytes() {
      return counts.responseBytes
    },
    cut() {
      for (const connection of open) connection.reset()
    },
    cutResponse: (afterBytes) =>
      new Promise((done) => {
        planned = { afterBytes, connection: undefined, passedBytes: 0, done }
      }),
    pause() {
      isPaused = true
      for (const connection of open) connection.pause()
    },
    resume() {
      isPaused = false
      for (const connection of open) connection.resume()
    },
    refuse() {
      if (server.listening) server.close()
    },
    async accept() {
      if (server.listening) return
      try {
        server.listen({ port, host: loopbackHost, exclusive: true })
        await once(server, 'listening')
      } catch (thrown) {
        throw portInUse(port, 'the port of the proxy', thrown)
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function parseTarget(target: string): [host: string, port: number] {
  const parts = /^(.+):(\d{1,5})$/.exec(target)
  if (parts?.[1] !== undefined) return [parts[1], Number(parts[2])]
  throw new TidewaterError('CONFIG_INVALID', `The target ${JSON.stringify(target)} is not host:port`, {
    remedy: 'Give one address, as 127.0.0.1:9092.',
    details: { target },
  })
}
