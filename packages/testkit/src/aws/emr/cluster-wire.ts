import { epochSeconds, type WireRecord, wireRecord, wireRecords } from '../wire-values.js'
import type { EmrCluster } from './cluster.js'

/** As ListClusters writes it. */
export function clusterSummary(cluster: EmrCluster, region: string, accountId: string) {
  return {
    Id: cluster.id,
    Name: cluster.request.Name,
    ClusterArn: `arn:aws:elasticmapreduce:${region}:${accountId}:cluster/${cluster.id}`,
    NormalizedInstanceHours: 0,
    Status: {
      State: cluster.state,
      StateChangeReason: cluster.change,
      ErrorDetails: cluster.errorDetails.length === 0 ? undefined : cluster.errorDetails,
      Timeline: {
        CreationDateTime: epochSeconds(cluster.createdAtMs),
        ReadyDateTime: epochSeconds(cluster.readyAtMs),
        EndDateTime: epochSeconds(cluster.endedAtMs),
      },
    },
  }
}

/** As DescribeCluster writes it. */
export function clusterDescription(cluster: EmrCluster, region: string, accountId: string) {
  const { request } = cluster
  const instances = wireRecord(request.Instances)
  return {
    ...clusterSummary(cluster, region, accountId),
    LogUri: request.LogUri,
    ReleaseLabel: request.ReleaseLabel,
    Applications: request.Applications ?? [],
    Configurations: request.Configurations,
    ServiceRole: request.ServiceRole,
    SecurityConfiguration: request.SecurityConfiguration,
    ScaleDownBehavior: request.ScaleDownBehavior ?? 'TERMINATE_AT_TASK_COMPLETION',
    VisibleToAllUsers: request.VisibleToAllUsers ?? true,
    InstanceCollectionType: usesFleets(request) ? 'INSTANCE_FLEET' : 'INSTANCE_GROUP',
    Ec2InstanceAttributes: {
      Ec2SubnetId: instances.Ec2SubnetId,
      Ec2KeyName: instances.Ec2KeyName,
      IamInstanceProfile: request.JobFlowRole,
      EmrManagedMasterSecurityGroup: instances.EmrManagedMasterSecurityGroup,
      EmrManagedSlaveSecurityGroup: instances.EmrManagedSlaveSecurityGroup,
      ServiceAccessSecurityGroup: instances.ServiceAccessSecurityGroup,
    },
    AutoTerminate: instances.KeepJobFlowAliveWhenNoSteps !== true,
    TerminationProtected: cluster.terminationProtected,
    StepConcurrencyLevel: cluster.stepConcurrency,
    MasterPublicDnsName: cluster.readyAtMs === undefined ? undefined : 'localhost',
    Tags: [...cluster.tags].map(([Key, Value]) => ({ Key, Value })),
  }
}

export function usesFleets(request: WireRecord): boolean {
  return wireRecords(wireRecord(request.Instances).InstanceFleets).length > 0
}

export function instanceGroups(cluster: EmrCluster) {
  const instances = wireRecord(cluster.request.Instances)
  const groups = wireRecords(instances.InstanceGroups)
  const all = groups.length > 0 ? groups : classicGroups(instances)
  return all.map((group, index) => ({
    Id: `ig-${cluster.id.slice(2)}${index}`,
    Name: group.Name,
    Market: group.Market ?? 'ON_DEMAND',
    InstanceGroupType: group.InstanceRole,
    BidPrice: group.BidPrice,
    InstanceType: group.InstanceType,
    RequestedInstanceCount: group.InstanceCount,
    RunningInstanceCount: cluster.readyAtMs === undefined || cluster.hasEnded ? 0 : group.InstanceCount,
    Status: { State: instancesState(cluster), StateChangeReason: {}, Timeline: {} },
    Configurations: group.Configurations ?? [],
    EbsOptimized: wireRecord(group.EbsConfiguration).EbsOptimized,
  }))
}

export function instanceFleets(cluster: EmrCluster) {
  return wireRecords(wireRecord(cluster.request.Instances).InstanceFleets).map((fleet, index) => ({
    Id: `if-${cluster.id.slice(2)}${index}`,
    Name: fleet.Name,
    InstanceFleetType: fleet.InstanceFleetType,
    TargetOnDemandCapacity: fleet.TargetOnDemandCapacity ?? 0,
    TargetSpotCapacity: fleet.TargetSpotCapacity ?? 0,
    ProvisionedOnDemandCapacity: cluster.readyAtMs === undefined ? 0 : (fleet.TargetOnDemandCapacity ?? 0),
    ProvisionedSpotCapacity: cluster.readyAtMs === undefined ? 0 : (fleet.TargetSpotCapacity ?? 0),
    LaunchSpecifications: fleet.LaunchSpecifications,
    Status: { State: instancesState(cluster), StateChangeReason: {}, Timeline: {} },
  }))
}

function classicGroups(instances: WireRecord): readonly WireRecord[] {
  const count = Number(instances.InstanceCount ?? 1)
  const master = { InstanceRole: 'MASTER', InstanceType: instances.MasterInstanceType, InstanceCount: 1 }
  const core = { InstanceRole: 'CORE', InstanceType: instances.SlaveInstanceType, InstanceCount: count - 1 }
  return count > 1 ? [master, core] : [master]
}

function instancesState(cluster: EmrCluster): string {
  if (cluster.hasEnded) return 'TERMINATED'
  if (cluster.state === 'TERMINATING') return 'TERMINATED'
  return cluster.readyAtMs === undefined ? 'PROVISIONING' : 'RUNNING'
}
