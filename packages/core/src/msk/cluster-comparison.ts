import type { Cluster, Provisioned, Serverless } from '@aws-sdk/client-kafka'
import type { Finding } from '../finding.js'
import {
  brokerCount,
  type ClusterDefinition,
  type ProvisionedDefinition,
  type ServerlessDefinition,
} from './cluster-definition.js'

/** A setting that isn't as desired. */
export interface ClusterChange {
  readonly setting: string
  readonly actual: string
  readonly desired: string
}

export interface ClusterComparison {
  readonly changes: readonly ClusterChange[]
  /** What differs without being in the way. */
  readonly notes: readonly Finding[]
}

/** Names every setting in which the cluster isn't as desired. What the definition leaves to AWS isn't compared. */
export function compareCluster(desired: ClusterDefinition, cluster: Cluster): ClusterComparison {
  const actualType = cluster.Serverless !== undefined ? 'serverless' : 'provisioned'
  if (actualType !== desired.type) {
    return { changes: [{ setting: 'type', actual: actualType, desired: desired.type }], notes: [] }
  }
  const changes =
    desired.type === 'serverless'
      ? compareServerless(desired, cluster.Serverless)
      : compareProvisioned(desired, cluster.Provisioned)
  return {
    changes: [...changes, ...compareTags(desired.tags, cluster.Tags ?? {})],
    notes: notesOn(desired, cluster),
  }
}

function compareProvisioned(
  desired: ProvisionedDefinition,
  actual: Provisioned | undefined,
): ClusterChange[] {
  const nodes = actual?.BrokerNodeGroupInfo
  const volume = nodes?.StorageInfo?.EbsStorageInfo
  const throughput = volume?.ProvisionedThroughput
  const sasl = actual?.ClientAuthentication?.Sasl
  const changes = [
    differs('Kafka version', actual?.CurrentBrokerSoftwareInfo?.KafkaVersion, desired.kafkaVersion),
    differs('broker type', nodes?.InstanceType, desired.brokerType),
    differs('number of brokers', actual?.NumberOfBrokerNodes, brokerCount(desired)),
    differs('client subnets', sorted(nodes?.ClientSubnets), sorted(desired.clientSubnetIds)),
    differs('IAM authentication', onOff(sasl?.Iam?.Enabled), 'on'),
    // The service's default for a cluster that doesn't say is TLS alone.
    differs(
      'encryption between clients and brokers',
      actual?.EncryptionInfo?.EncryptionInTransit?.ClientBroker ?? 'TLS',
      'TLS',
    ),
    differs(
      'unauthenticated access',
      onOff(actual?.ClientAuthentication?.Unauthenticated?.Enabled ?? false),
      'off',
    ),
    differs(
      'provisioned throughput (MiB/s)',
      throughput?.Enabled === true ? throughput.VolumeThroughput : 'none',
      desired.provisionedThroughputMiBps ?? 'none',
    ),
  ]
  if (desired.securityGroupIds.length > 0) {
    changes.push(differs('security groups', sorted(nodes?.SecurityGroups), sorted(desired.securityGroupIds)))
  }
  // Volumes grow by auto-scaling and never shrink: a larger one holds what a smaller one would.
  if (desired.storageGiBPerBroker !== undefined && (volume?.VolumeSize ?? 0) < desired.storageGiBPerBroker) {
    changes.push(differs('storage per broker (GiB)', volume?.VolumeSize, desired.storageGiBPerBroker))
  }
  return changes.filter((change) => change !== undefined)
}

function compareServerless(desired: ServerlessDefinition, actual: Serverless | undefined): ClusterChange[] {
  const vpcs = actual?.VpcConfigs ?? []
  const subnets = sorted(desired.subnetIds)
  // A cluster in several VPCs is as desired when it is in the desired one.
  const vpc = vpcs.find(({ SubnetIds }) => sorted(SubnetIds) === subnets)
  const changes = [
    differs('IAM authentication', onOff(actual?.ClientAuthentication?.Sasl?.Iam?.Enabled), 'on'),
    vpc === undefined
      ? differs('subnets', vpcs.map(({ SubnetIds }) => sorted(SubnetIds)).join(' and ') || 'none', subnets)
      : undefined,
  ]
  if (vpc !== undefined && desired.securityGroupIds.length > 0) {
    changes.push(differs('security groups', sorted(vpc.SecurityGroupIds), sorted(desired.securityGroupIds)))
  }
  return changes.filter((change) => change !== undefined)
}

function compareTags(
  desired: Readonly<Record<string, string>>,
  actual: Readonly<Record<string, string>>,
): ClusterChange[] {
  // Tags that others put on the cluster are theirs.
  return Object.entries(desired)
    .map(([key, value]) => differs(`tag ${key}`, actual[key], value))
    .filter((change) => change !== undefined)
}

function notesOn(desired: ClusterDefinition, cluster: Cluster): Finding[] {
  if (desired.type === 'serverless' || desired.storageGiBPerBroker === undefined) return []
  const sizeGiB = cluster.Provisioned?.BrokerNodeGroupInfo?.StorageInfo?.EbsStorageInfo?.VolumeSize ?? 0
  if (sizeGiB <= desired.storageGiBPerBroker) return []
  return [
    {
      id: 'msk.storage-larger',
      severity: 'info',
      subject: desired.name,
      evidence: `${sizeGiB} GiB per broker, ${desired.storageGiBPerBroker} GiB desired`,
      reason: "A volume grows by auto-scaling or by hand and can't shrink, so the larger one stays.",
      fix: `Write ${sizeGiB} GiB into the definition.`,
    },
  ]
}

function differs(
  setting: string,
  actual: string | number | undefined,
  desired: string | number,
): ClusterChange | undefined {
  if (actual !== undefined && String(actual) === String(desired)) return undefined
  return { setting, actual: actual === undefined ? 'not set' : String(actual), desired: String(desired) }
}

function onOff(enabled: boolean | undefined): 'on' | 'off' {
  return enabled === true ? 'on' : 'off'
}

function sorted(ids: readonly string[] = []): string {
  return ids.length === 0 ? 'none' : [...ids].sort().join(', ')
}
