import { describe, expect, it } from 'vitest'
import { chooseBootstrapBrokers } from '../../src/msk/bootstrap-brokers.js'

const everything = {
  BootstrapBrokerString: 'b-1:9092',
  BootstrapBrokerStringTls: 'b-1:9094',
  BootstrapBrokerStringSaslScram: 'b-1:9096',
  BootstrapBrokerStringSaslIam: 'b-1:9098,b-2:9098',
  BootstrapBrokerStringPublicTls: 'b-1-public:9194',
  BootstrapBrokerStringPublicSaslScram: 'b-1-public:9196',
  BootstrapBrokerStringPublicSaslIam: 'b-1-public:9198',
  BootstrapBrokerStringVpcConnectivityTls: 'b-1.vpc:14002',
  BootstrapBrokerStringVpcConnectivitySaslScram: 'b-1.vpc:14003',
  BootstrapBrokerStringVpcConnectivitySaslIam: 'b-1.vpc:14001',
  BootstrapBrokerStringIpv6: 'b-1-v6:20092',
  BootstrapBrokerStringTlsIpv6: 'b-1-v6:20094',
  BootstrapBrokerStringSaslScramIpv6: 'b-1-v6:20096',
  BootstrapBrokerStringSaslIamIpv6: 'b-1-v6:20098',
}

describe('chooseBootstrapBrokers', () => {
  it.each([
    [undefined, 'b-1:9098,b-2:9098', 'BootstrapBrokerStringSaslIam'],
    ['private', 'b-1:9098,b-2:9098', 'BootstrapBrokerStringSaslIam'],
    ['privateIpv6', 'b-1-v6:20098', 'BootstrapBrokerStringSaslIamIpv6'],
    ['public', 'b-1-public:9198', 'BootstrapBrokerStringPublicSaslIam'],
    ['vpcConnectivity', 'b-1.vpc:14001', 'BootstrapBrokerStringVpcConnectivitySaslIam'],
  ] as const)('takes the IAM listener of network %s out of all 14', (network, brokers, field) => {
    const chosen = chooseBootstrapBrokers(everything, network)
    expect(chosen).toMatchObject({ bootstrapBrokers: brokers, network: network ?? 'private' })
    expect(chosen.reason).toContain(field)
  })

  it('never takes another network in place of the one asked for, and says which there are', () => {
    const answer = { BootstrapBrokerStringSaslIam: 'b-1:9098', BootstrapBrokerStringTls: 'b-1:9094' }
    expect(() => chooseBootstrapBrokers(answer, 'public')).toThrowError(
      expect.objectContaining({
        code: 'CLUSTER_CONFLICT',
        message: expect.stringContaining('for network public: it has them for private'),
        remedy: expect.stringContaining('public access on'),
        details: { network: 'public', networksWithIam: ['private'], otherListeners: ['TLS'] },
      }),
    )
  })

  it('says that IAM is off, and what the cluster has instead', () => {
    const answer = { BootstrapBrokerStringTls: 'b-1:9094', BootstrapBrokerStringSaslScram: 'b-1:9096' }
    expect(() => chooseBootstrapBrokers(answer)).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining("IAM isn't turned on; it has TLS, SASL/SCRAM"),
        remedy: expect.stringContaining('Turn IAM authentication on'),
      }),
    )
  })

  it('says that a cluster that names no brokers is not ready; an empty list is none', () => {
    expect(() => chooseBootstrapBrokers({ BootstrapBrokerStringSaslIam: ' ' })).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining('no brokers at all'),
        remedy: expect.stringContaining('Wait until the cluster is ACTIVE'),
      }),
    )
  })
})
