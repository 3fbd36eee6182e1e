import type { Finding } from '../finding.js'
import { brokerSize, isExpress, knownBrokerTypes } from './broker-sizes.js'
import {
  brokerCount,
  type ClusterDefinition,
  clusterLimits,
  type ProvisionedDefinition,
} from './cluster-definition.js'

// AWS's list prices in us-east-1, US dollars, as of June 2026; a month is 730 hours, as AWS counts it.
const hoursPerMonth = 730
const storageDollarsPerGiBMonth = 0.1
const throughputDollarsPerMiBpsMonth = 0.08
const serverlessDollarsPerHour = 0.75
const serverlessDollarsPerPartitionHour = 0.0015

// The threads that keep replication up with a faster volume, from AWS's page on provisioned throughput.
const replicaFetchers: Readonly<Record<string, number>> = {
  '4xlarge': 4,
  '8xlarge': 8,
  '12xlarge': 14,
  '16xlarge': 16,
  '24xlarge': 16,
}

/** What is worth knowing of a definition that is valid: what it costs, and what shouldn't stay so. */
export function clusterFindings(definition: ClusterDefinition): Finding[] {
  if (definition.type === 'serverless') return [serverlessPrice(definition.name)]
  return [
    provisionedPrice(definition),
    ...typeFindings(definition),
    ...zoneFindings(definition),
    ...throughputFindings(definition),
  ]
}

/** US dollars per hour of brokers and their volumes; undefined when the broker's price isn't known. */
export function dollarsPerHour(definition: ProvisionedDefinition): number | undefined {
  const brokerDollars = brokerSize(definition.brokerType)?.dollarsPerHour
  if (brokerDollars === undefined) return undefined
  const storage = (definition.storageGiBPerBroker ?? 0) * storageDollarsPerGiBMonth
  const throughput = (definition.provisionedThroughputMiBps ?? 0) * throughputDollarsPerMiBpsMonth
  return brokerCount(definition) * (brokerDollars + (storage + throughput) / hoursPerMonth)
}

function provisionedPrice(definition: ProvisionedDefinition): Finding {
  const dollars = dollarsPerHour(definition)
  const brokers = `${brokerCount(definition)} × ${definition.brokerType}`
  const traffic = isExpress(definition.brokerType)
    ? 'Storage, data in ($0.01/GB) and traffic between zones come on top.'
    : 'Traffic between zones comes on top.'
  return {
    id: 'msk.price',
    severity: 'info',
    subject: definition.name,
    evidence:
      dollars === undefined
        ? `${brokers}: the price isn't known`
        : `${brokers}: about $${dollars.toFixed(2)} per hour, $${(dollars * hoursPerMonth).toFixed(0)} per month (list price, us-east-1)`,
    reason: `The cluster is billed by the hour from its creation to its deletion. ${traffic}`,
    fix: 'Delete the cluster when it is no longer needed.',
  }
}

function serverlessPrice(subject: string): Finding {
  return {
    id: 'msk.price',
    severity: 'info',
    subject,
    evidence: `Serverless: about $${serverlessDollarsPerHour} per hour and $${serverlessDollarsPerPartitionHour} per partition and hour (list price, us-east-1)`,
    reason: 'An idle cluster is billed too; data in ($0.10/GB) and out ($0.05/GB) come on top.',
    fix: 'Delete the cluster when it is no longer needed.',
  }
}

function typeFindings({ name, brokerType }: ProvisionedDefinition): Finding[] {
  if (brokerType === 'kafka.t3.small') {
    return [
      {
        id: 'msk.burstable-broker',
        severity: 'warning',
        subject: name,
        evidence: `broker type ${brokerType}`,
        reason:
          'It has CPU credits that run out, takes 4 new IAM connections per second, and holds at most 300 partitions.',
        fix: 'Use kafka.m7g.large or larger for anything but trials.',
      },
    ]
  }
  if (brokerSize(brokerType) !== undefined) return []
  return [
    {
      id: 'msk.unknown-broker-type',
      severity: 'warning',
      subject: name,
      evidence: `broker type ${brokerType}`,
      reason: 'Its limits and its price are not in the tables, so neither is checked here.',
      fix: `Compare it with the known types: ${knownBrokerTypes.join(', ')}.`,
    },
  ]
}

function zoneFindings({ name, clientSubnetIds }: ProvisionedDefinition): Finding[] {
  if (clientSubnetIds.length >= 3) return []
  return [
    {
      id: 'msk.two-zones',
      severity: 'warning',
      subject: name,
      evidence: `${clientSubnetIds.length} subnets`,
      reason:
        'Topics with 3 replicas and min.insync.replicas 2 stop taking records when a zone that holds two of the replicas is lost.',
      fix: 'Give a subnet in each of 3 Availability Zones.',
    },
  ]
}

function throughputFindings(definition: ProvisionedDefinition): Finding[] {
  const { name, brokerType, provisionedThroughputMiBps } = definition
  if (provisionedThroughputMiBps === undefined) return []
  const fetchers = replicaFetchers[brokerType.split('.').at(-1) ?? '']
  const findings: Finding[] = []
  if (fetchers !== undefined) {
    findings.push({
      id: 'msk.replica-fetchers',
      severity: 'info',
      subject: name,
      evidence: `${provisionedThroughputMiBps} MiB/s provisioned on ${brokerType}`,
      reason: "MSK's default of 2 replica fetchers can't bring the volume's throughput to the followers.",
      fix: `Set num.replica.fetchers=${fetchers} in the cluster's configuration.`,
    })
  }
  if (brokerType === 'kafka.m7g.2xlarge') {
    findings.push({
      id: 'msk.throughput-disputed',
      severity: 'warning',
      subject: name,
      evidence: `${provisionedThroughputMiBps} MiB/s provisioned on ${brokerType}`,
      reason: "AWS's own pages disagree whether this size takes provisioned throughput.",
      fix: 'Use kafka.m7g.4xlarge if the service refuses it.',
    })
  }
  if (provisionedThroughputMiBps === clusterLimits.provisionedThroughputMinMiBps) {
    findings.push({
      id: 'msk.throughput-without-gain',
      severity: 'warning',
      subject: name,
      evidence: `${provisionedThroughputMiBps} MiB/s provisioned`,
      reason: 'Every volume reaches that without being provisioned, but provisioned it is billed.',
      fix: 'Leave provisioned throughput out, or ask for more.',
    })
  }
  return findings
}
