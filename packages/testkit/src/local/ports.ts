import { createServer, type Server } from 'node:net'
import { TidewaterError } from '@tidewater/core'
import type { Listener, ListenerRequest } from './listeners.js'
import { loopbackHost } from './loopback.js'

const portAttempts = 5

/** Ports nobody listens on at this moment, chosen by the operating system; all different. */
export async function findFreePorts(count: number): Promise<number[]> {
  // All are held at once, so that no port is given out twice.
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map(close))
  return ports
}

/** @throws TidewaterError `PORT_IN_USE` naming the port, the option and what to do */
export async function requireFreePort(port: number, option: string): Promise<void> {
  try {
    await close(await listen(port))
  } catch (thrown) {
    throw portInUse(port, option, thrown)
  }
}

/**
 * Calls `use` with the listeners on the ports given, and on free ones where none is. A port that was free a moment ago may
 * have been taken by the time it is used, by another stack that is starting as well: then `use` is tried again with other
 * ports, five times in all, unless every port was given.
 */
export async function tryPorts<T>(
  requests: readonly ListenerRequest[],
  findPorts: (count: number) => Promise<readonly number[]>,
  use: (listeners: readonly Listener[]) => Promise<T>,
): Promise<T> {
  const mayChange = requests.some(({ port }) => port === undefined)
  for (let attempt = 1; ; attempt++) {
    const found = await findPorts(requests.length)
    try {
      return await use(
        requests.map((request, index) => ({ ...request, port: request.port ?? found[index] ?? 0 })),
      )
    } catch (thrown) {
      const taken = TidewaterError.isInstance(thrown) && thrown.code === 'PORT_IN_USE'
      if (!taken || !mayChange || attempt === portAttempts) throw thrown
    }
  }
}

export function portInUse(port: number, option: string, cause: unknown): TidewaterError {
  const denied = (cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES'
  const problem = denied ? 'may not be used by this user' : 'is in use'
  return new TidewaterError('PORT_IN_USE', `Port ${port} on ${loopbackHost} (${option}) ${problem}`, {
    retryable: !denied,
    remedy: `Stop the program that listens on ${port}, choose another ${option}, or leave it out for a free port.`,
    details: { port, host: loopbackHost, option },
    cause,
  })
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: loopbackHost, exclusive: true }, () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
