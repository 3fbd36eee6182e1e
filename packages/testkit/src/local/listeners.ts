import { TidewaterError } from '@tidewater/core'
import { loopbackHost } from './loopback.js'

/** A listener of the broker before its port is known. */
export interface ListenerRequest {
  /** `node.id` of the broker it belongs to. */
  readonly nodeId: number
  /** Kafka's name of it. */
  readonly name: 'PLAINTEXT' | 'CONTROLLER' | 'IAM'
  readonly protocol: 'PLAINTEXT' | 'SASL_SSL'
  /** What clients are told to connect to; undefined for a listener that is not for clients. */
  readonly advertisedHost: string | undefined
  /** The option that names its port, as messages say it. */
  readonly option: string
  /** Undefined: any free one. */
  readonly port: number | undefined
}

export type Listener = ListenerRequest & { readonly port: number }

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
}

/** The one list of listeners: ports, properties and errors follow from it. Ports that are given are the first broker's. */
export function listenerRequests({ brokers = 1, ...first }: PortOptions): readonly ListenerRequest[] {
  return nodeIds(brokers).flatMap((nodeId) => brokerListeners(nodeId, nodeId === firstNodeId ? first : {}))
}

export const firstNodeId = 1
export const mostBrokers = 3

/** `node.id` of each broker of a stack. */
export function nodeIds(brokers: number): number[] {
  return Array.from({ length: brokers }, (_, index) => firstNodeId + index)
}

function brokerListeners(
  nodeId: number,
  { brokerPort, controllerPort, iam }: PortOptions,
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
  ]
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
