import { TidewaterError } from '@tidewater/core'
import { loopbackHost } from './loopback.js'

/** A listener of the broker before its port is known. */
export interface ListenerRequest {
  /** `node.id` of the broker it belongs to. */
  readonly nodeId: number
  /** Kafka's name of it. */
  readonly name: 'PLAINTEXT' | 'REPLICATION' | 'CONTROLLER' | 'IAM'
  readonly protocol: 'PLAINTEXT' | 'SASL_SSL'
  /** What clients are told to connect to; undefined for a listener that is not for clients. */
  readonly advertisedHost: string | undefined
  /** The option that names its port, as messages say it. */
  readonly option: string
  /** Undefined: any free one. */
  readonly port: number | undefined
}

export type Listener = ListenerRequest & {
  readonly port: number
  /** What clients are told instead of its port. */
  readonly advertisedPort?: number | undefined
}

/**
 * The host of the IAM listener in addresses. A name and not 127.0.0.1, since clients sign the name they connect to: from
 * an address Java's client asks the machine's own reverse lookup, whose answer nobody can foresee. And TLS can send only
 * a name to the server (RFC 6066, section 3).
 */
export const iamHost = 'localhost'

/** What the options say of ports. */
export interface PortOptions {
  readonly brokers?: number | undefined
  readonly brokerPort?: number | undefined
  readonly controllerPort?: number | undefined
  readonly iam?: { readonly port?: number | undefined } | undefined
  readonly proxied?: boolean | undefined
}

/** The one list of listeners: ports, properties and errors follow from it. Ports that are given are the first broker's. */
export function listenerRequests({
  brokers = 1,
  proxied,
  ...first
}: PortOptions): readonly ListenerRequest[] {
  return nodeIds(brokers).flatMap((nodeId) =>
    brokerListeners(nodeId, { proxied, ...(nodeId === firstNodeId ? first : {}) }),
  )
}

export const firstNodeId = 1
export const mostBrokers = 3

/** `node.id` of each broker of a stack. */
export function nodeIds(brokers: number): number[] {
  return Array.from({ length: brokers }, (_, index) => firstNodeId + index)
}

function brokerListeners(
  nodeId: number,
  { brokerPort, controllerPort, iam, proxied }: PortOptions,
): ListenerRequest[] {
  return [
    {
      nodeId,
      name: 'PLAINTEXT',
      protocol: 'PLAINTEXT',
      advertisedHost: loopbackHost,
      option: 'brokerPort',
      port: brokerPort,
    },
    {
      nodeId,
      name: 'CONTROLLER',
      protocol: 'PLAINTEXT',
      advertisedHost: undefined,
      option: 'controllerPort',
      port: controllerPort,
    },
    ...(iam === undefined ? [] : [iamListener(nodeId, iam.port)]),
    ...(proxied ? [replicationListener(nodeId)] : []),
  ]
}

// Brokers connect to what is advertised, and the faults of a proxy are for clients alone.
function replicationListener(nodeId: number): ListenerRequest {
  return {
    nodeId,
    name: 'REPLICATION',
    protocol: 'PLAINTEXT',
    advertisedHost: loopbackHost,
    option: 'the port between brokers',
    port: undefined,
  }
}

function iamListener(nodeId: number, port: number | undefined): ListenerRequest {
  return { nodeId, name: 'IAM', protocol: 'SASL_SSL', advertisedHost: iamHost, option: 'iam.port', port }
}

export function listenersOf(listeners: readonly Listener[], nodeId: number): Listener[] {
  return listeners.filter((listener) => listener.nodeId === nodeId)
}

export function listenerOf<L extends ListenerRequest>(listeners: readonly L[], name: L['name']): L {
  const found = listeners.find((listener) => listener.name === name)
  if (found === undefined) throw new TidewaterError('INTERNAL', `The broker has no listener ${name}`)
  return found
}

/** The one of a broker's listeners that other brokers use. */
export function interBrokerListener(own: readonly Listener[]): Listener {
  return own.find(({ name }) => name === 'REPLICATION') ?? listenerOf(own, 'PLAINTEXT')
}

/** What clients are told to connect to. */
export function addressOf({ advertisedHost, advertisedPort, port }: Listener): string {
  return `${advertisedHost}:${advertisedPort ?? port}`
}

/** The two listeners that were given one port; undefined when all differ. */
export function portConflict(
  requests: readonly ListenerRequest[],
): { readonly first: ListenerRequest; readonly second: ListenerRequest } | undefined {
  for (const [index, second] of requests.entries()) {
    const first = requests.slice(0, index).find(({ port }) => port !== undefined && port === second.port)
    if (first !== undefined) return { first, second }
  }
  return undefined
}
