import { TidewaterError } from '@tidewater/core'
import { startTcpProxy, type TcpProxy } from '../proxy/tcp-proxy.js'
import type { Listener } from './listeners.js'
import { loopbackHost } from './loopback.js'

/** A proxy before each broker's client listener, by node.id. */
export async function startProxies(listeners: readonly Listener[]): Promise<ReadonlyMap<number, TcpProxy>> {
  const proxies = new Map<number, TcpProxy>()
  for (const { nodeId, name, port } of listeners)
    if (name === 'PLAINTEXT') proxies.set(nodeId, await startTcpProxy(`${loopbackHost}:${port}`))
  return proxies
}

/** The listeners, their clients being told of the proxies instead. */
export function advertiseProxies(
  listeners: readonly Listener[],
  proxies: ReadonlyMap<number, TcpProxy>,
): readonly Listener[] {
  return listeners.map((listener) =>
    listener.name === 'PLAINTEXT'
      ? { ...listener, advertisedPort: proxies.get(listener.nodeId)?.port }
      : listener,
  )
}

export function endsWithItsProcess(option: 'proxied' | 'aws'): TidewaterError {
  return new TidewaterError(
    'CONFIG_INVALID',
    `A stack with ${option} ends with the process that started it`,
    {
      remedy: `Leave ${option} out for a stack that outlives its process.`,
    },
  )
}
