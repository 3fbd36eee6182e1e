import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brokerNetworks, chooseBootstrapBrokers } from '../../src/msk/bootstrap-brokers.js'
import { brokerSize, knownBrokerTypes } from '../../src/msk/broker-sizes.js'
import { brokerCount, clusterDefinition } from '../../src/msk/cluster-definition.js'
import { defaultMskQuotas, planCluster } from '../../src/msk/cluster-plan.js'
import { createClusterInput } from '../../src/msk/create-input.js'
import { decidePoll, type PollPolicy } from '../../src/msk/poll-plan.js'
import { decodeTopicConfigs, encodeTopicConfigs } from '../../src/msk/topic-configs.js'
import { describedAs } from './cluster-fixtures.js'

const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const subnets = (min: number) =>
  fc.uniqueArray(fc.constantFrom('subnet-a', 'subnet-b', 'subnet-c', 'subnet-d'), {
    minLength: min,
    maxLength: 3,
  })

/** Valid definitions of provisioned clusters, built by the same rules the schema checks. */
const definitions = fc.constantFrom(...knownBrokerTypes).chain((brokerType) => {
  const size = brokerSize(brokerType)
  const express = size?.kind === 'express'
  const limit = size?.maxProvisionedThroughputMiBps
  return fc
    .record({
      kafkaVersion: fc.constantFrom('3.7.x.kraft', '3.9.x.kraft', '4.0.x.kraft'),
      brokersPerAvailabilityZone: fc.integer({ min: 1, max: 30 }),
      clientSubnetIds: subnets(express ? 3 : 2),
      storage: fc.integer({ min: 10, max: 16_384 }),
      throughput:
        limit === undefined
          ? fc.constant(undefined)
          : fc.option(fc.integer({ min: 250, max: limit }), { nil: undefined }),
      securityGroupIds: fc.uniqueArray(fc.constantFrom('sg-1', 'sg-2', 'sg-3')),
      tags: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ maxLength: 20 }), { maxKeys: 4 }),
    })
    .map(({ storage, throughput, ...rest }) =>
      clusterDefinition({
        type: 'provisioned',
        name: 'demo',
        brokerType,
        ...rest,
        ...(express ? {} : { storageGiBPerBroker: storage }),
        ...(throughput === undefined ? {} : { provisionedThroughputMiBps: throughput }),
      }),
    )
})

describe('planCluster', () => {
  it('leaves every cluster that it would have created itself', () => {
    fc.assert(
      fc.property(definitions, (desired) => {
        const cluster = describedAs(createClusterInput(desired))
        const plan = planCluster(desired, { cluster, accountBrokers: 0, accountServerlessClusters: 0 })
        expect(plan).toMatchObject({ action: 'none', changes: [] })
      }),
    )
  })

  it('creates within the quotas and never beyond, with brokers in every zone alike', () => {
    fc.assert(
      fc.property(definitions, fc.nat(90), (desired, accountBrokers) => {
        if (desired.type !== 'provisioned') return
        const plan = planCluster(desired, { cluster: null, accountBrokers, accountServerlessClusters: 0 })
        const brokers = brokerCount(desired)
        const fits =
          brokers <= defaultMskQuotas.brokersPerCluster &&
          brokers + accountBrokers <= defaultMskQuotas.brokersPerAccount
        expect(plan.action).toBe(fits ? 'create' : 'conflict')
        if (plan.action !== 'create') return
        const { NumberOfBrokerNodes = 0, ClientAuthentication, EncryptionInfo } = plan.input.Provisioned ?? {}
        expect(NumberOfBrokerNodes % desired.clientSubnetIds.length).toBe(0)
        expect(ClientAuthentication?.Sasl?.Iam?.Enabled).toBe(true)
        expect(EncryptionInfo?.EncryptionInTransit?.ClientBroker).toBe('TLS')
      }),
    )
  })
})

describe('decidePoll', () => {
  const policies: fc.Arbitrary<PollPolicy> = fc
    .record({
      intervalMs: fc.integer({ min: 100, max: 600_000 }),
      factor: fc.integer({ min: 1, max: 20 }),
      timeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
      jitter: fc.double({ min: 0, max: 0.9, noNaN: true }),
    })
    .map(({ factor, ...policy }) => ({ ...policy, maxIntervalMs: policy.intervalMs * factor }))
  const situations = fc.record({
    elapsedMs: fc.integer({ min: 0, max: 100_000_000 }),
    failuresInARow: fc.nat(60),
    retryAfterMs: fc.option(fc.nat(600_000), { nil: undefined }),
  })

  it('never polls beyond the time-out, sooner than asked, or later than its bounds', () => {
    fc.assert(
      fc.property(policies, situations, randoms, (policy, situation, random) => {
        const decision = decidePoll(policy, situation, random)
        const remainingMs = policy.timeoutMs - situation.elapsedMs
        expect(decision.poll).toBe(remainingMs > 0)
        if (!decision.poll) return
        expect(decision.delayMs).toBeGreaterThan(0)
        expect(decision.delayMs).toBeLessThanOrEqual(remainingMs)
        expect(decision.delayMs).toBeLessThanOrEqual(
          Math.max(policy.maxIntervalMs, situation.retryAfterMs ?? 0),
        )
        if (decision.delayMs < remainingMs) {
          expect(decision.delayMs).toBeGreaterThanOrEqual(situation.retryAfterMs ?? 0)
        }
      }),
    )
  })
})

describe('chooseBootstrapBrokers', () => {
  it('gives brokers of the network asked for or none', () => {
    const fields = {
      private: 'BootstrapBrokerStringSaslIam',
      privateIpv6: 'BootstrapBrokerStringSaslIamIpv6',
      public: 'BootstrapBrokerStringPublicSaslIam',
      vpcConnectivity: 'BootstrapBrokerStringVpcConnectivitySaslIam',
    } as const
    const present = fc.subarray([...brokerNetworks])
    fc.assert(
      fc.property(present, fc.constantFrom(...brokerNetworks), (there, wanted) => {
        const answer = Object.fromEntries(there.map((network) => [fields[network], `${network}:9098`]))
        if (there.includes(wanted)) {
          expect(chooseBootstrapBrokers(answer, wanted).bootstrapBrokers).toBe(`${wanted}:9098`)
        } else {
          expect(() => chooseBootstrapBrokers(answer, wanted)).toThrowError(
            expect.objectContaining({ code: 'CLUSTER_CONFLICT' }),
          )
        }
      }),
    )
  })
})

describe('topic configs', () => {
  it('survive the way there and back', () => {
    const configs = fc
      .dictionary(fc.string({ minLength: 1 }), fc.string())
      .filter((all) => !('__proto__' in all))
    fc.assert(
      fc.property(configs, (all) => {
        expect({ ...decodeTopicConfigs(encodeTopicConfigs(all)) }).toEqual({ ...all })
      }),
    )
  })
})
