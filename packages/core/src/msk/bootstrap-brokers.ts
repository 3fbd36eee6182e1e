import type { GetBootstrapBrokersResponse } from '@aws-sdk/client-kafka'
import { TidewaterError } from '../errors.js'

/** The way from this machine to the brokers. Each has a listener of its own with IAM authentication. */
export const brokerNetworks = ['private', 'privateIpv6', 'public', 'vpcConnectivity'] as const

export type BrokerNetwork = (typeof brokerNetworks)[number]

export interface ChosenBrokers {
  /** `host:port`, separated by commas, as the service gave them. */
  readonly bootstrapBrokers: string
  readonly network: BrokerNetwork
  /** Why these, for people. */
  readonly reason: string
}

interface NetworkFacts {
  readonly field: keyof GetBootstrapBrokersResponse
  readonly port: number
  readonly description: string
  /** What has to be done on the cluster so that it has this listener, given that it has IAM elsewhere. */
  readonly remedy: string
}

// Ports: https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html; multi-VPC brokers get theirs from 14001 on.
const networks: Readonly<Record<BrokerNetwork, NetworkFacts>> = {
  private: {
    field: 'BootstrapBrokerStringSaslIam',
    port: 9098,
    description: "the brokers' addresses inside their VPC",
    remedy: 'Turn IAM authentication on.',
  },
  privateIpv6: {
    field: 'BootstrapBrokerStringSaslIamIpv6',
    port: 20098,
    description: "the brokers' IPv6 addresses inside their VPC",
    remedy: "Set the cluster's network type to DUAL.",
  },
  public: {
    field: 'BootstrapBrokerStringPublicSaslIam',
    port: 9198,
    description: "the brokers' public addresses",
    remedy:
      'Turn public access on (publicAccess type SERVICE_PROVIDED_EIPS), or connect from inside the VPC.',
  },
  vpcConnectivity: {
    field: 'BootstrapBrokerStringVpcConnectivitySaslIam',
    port: 14_001,
    description: "the brokers' addresses behind a managed VPC connection",
    remedy: 'Turn multi-VPC connectivity with IAM on and create a VPC connection.',
  },
}

// What GetBootstrapBrokers can name besides IAM, for the message that says what a cluster does have.
const otherListeners: readonly (readonly [keyof GetBootstrapBrokersResponse, string])[] = [
  ['BootstrapBrokerString', 'plaintext'],
  ['BootstrapBrokerStringTls', 'TLS'],
  ['BootstrapBrokerStringSaslScram', 'SASL/SCRAM'],
  ['BootstrapBrokerStringPublicTls', 'public TLS'],
  ['BootstrapBrokerStringPublicSaslScram', 'public SASL/SCRAM'],
  ['BootstrapBrokerStringVpcConnectivityTls', 'multi-VPC TLS'],
  ['BootstrapBrokerStringVpcConnectivitySaslScram', 'multi-VPC SASL/SCRAM'],
  ['BootstrapBrokerStringIpv6', 'IPv6 plaintext'],
  ['BootstrapBrokerStringTlsIpv6', 'IPv6 TLS'],
  ['BootstrapBrokerStringSaslScramIpv6', 'IPv6 SASL/SCRAM'],
]

/**
 * The brokers of a network's IAM listener, out of the 14 lists that GetBootstrapBrokers can answer. The networks don't
 * stand in for each other: a public address is useless in a subnet without a way out, and the other way round.
 *
 * @throws TidewaterError `CLUSTER_CONFLICT` naming the listeners the cluster does have
 */
export function chooseBootstrapBrokers(
  answer: GetBootstrapBrokersResponse,
  network: BrokerNetwork = 'private',
): ChosenBrokers {
  const { field, port, description } = networks[network]
  const bootstrapBrokers = listed(answer, field)
  if (bootstrapBrokers !== undefined) {
    return {
      bootstrapBrokers,
      network,
      reason: `${description}, with IAM authentication (${field}, usually port ${port})`,
    }
  }
  const withIam = brokerNetworks.filter((name) => listed(answer, networks[name].field) !== undefined)
  const others = otherListeners.filter(([name]) => listed(answer, name) !== undefined).map(([, name]) => name)
  throw new TidewaterError(
    'CLUSTER_CONFLICT',
    `The cluster has no brokers with IAM authentication for network ${network}: ${describe(withIam, others)}`,
    {
      remedy: remedyFor(network, withIam, others),
      details: { network, networksWithIam: withIam, otherListeners: others },
    },
  )
}

function listed(
  answer: GetBootstrapBrokersResponse,
  field: keyof GetBootstrapBrokersResponse,
): string | undefined {
  const text = answer[field]?.trim()
  return text === '' ? undefined : text
}

function describe(withIam: readonly BrokerNetwork[], others: readonly string[]): string {
  if (withIam.length > 0) return `it has them for ${withIam.join(', ')}`
  if (others.length > 0) return `IAM isn't turned on; it has ${others.join(', ')}`
  return 'it names no brokers at all'
}

function remedyFor(
  network: BrokerNetwork,
  withIam: readonly BrokerNetwork[],
  others: readonly string[],
): string {
  if (withIam.length > 0)
    return `${networks[network].remedy} Or choose one of the networks ${withIam.join(', ')}.`
  if (others.length > 0)
    return "Turn IAM authentication on in the cluster's security settings (aws kafka update-security)."
  return 'Wait until the cluster is ACTIVE: it names its brokers from then on.'
}
