import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface CountingProxy extends AsyncDisposable {
  /** `localhost:<port>`. */
  readonly address: string
  /** Connections so far. */
  readonly connections: number
}

/** Stands before a broker and counts who comes: of a connection that ends before its authentication the broker tells nothing. */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const port = Number(target.slice(target.lastIndexOf(':') + 1))
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    connections += 1
    const broker = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
