import type { Cluster, ClusterState, ClusterStatus } from '@aws-sdk/client-emr'
import type { ActualCluster, ClusterPhase } from '../cluster/service.js'

/** Of clusters that have not ended. */
export const livingStates = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING', 'TERMINATING'] as const

// TERMINATED comes after a failure too, when EMR could not start the cluster at all; its reason then says so.
const phases: Readonly<Record<ClusterState, ClusterPhase>> = {
  STARTING: 'starting',
  BOOTSTRAPPING: 'starting',
  RUNNING: 'ready',
  WAITING: 'ready',
  TERMINATING: 'ending',
  TERMINATED: 'ended',
  TERMINATED_WITH_ERRORS: 'failed',
}

/** DescribeCluster's answer, by the terms of all three services. */
export function actualCluster(id: string, cluster: Cluster = {}): ActualCluster {
  const { Name: name = '', ClusterArn: arn, Status: status, Tags = [] } = cluster
  const state = status?.State
  return {
    id,
    name,
    ...(arn === undefined ? {} : { arn }),
    state: state ?? 'unknown',
    phase: state === undefined ? 'starting' : phases[state],
    reason: reasonOf(status),
    tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    createdAtMs: status?.Timeline?.CreationDateTime?.getTime() ?? 0,
    isTerminationProtected: cluster.TerminationProtected === true,
    settings: {
      release: cluster.ReleaseLabel ?? '',
      // EMR gives it back as s3n://.
      logLocation: cluster.LogUri?.replace(/^s3[an]:/, 's3:') ?? 'none',
      serviceRole: cluster.ServiceRole ?? '',
      instanceProfile: cluster.Ec2InstanceAttributes?.IamInstanceProfile ?? '',
      stepConcurrency: String(cluster.StepConcurrencyLevel ?? 1),
      securityConfiguration: cluster.SecurityConfiguration ?? 'none',
      instances: cluster.InstanceCollectionType ?? '',
    },
  }
}

/** Code and message of the change, and the details that EMR adds to a failure. */
function reasonOf(status: ClusterStatus | undefined): string {
  const { StateChangeReason: change, ErrorDetails = [] } = status ?? {}
  const said = [change?.Code, change?.Message].filter((part) => part !== undefined && part !== '').join(': ')
  const details = ErrorDetails.map(({ ErrorCode, ErrorMessage, ErrorData = [] }) =>
    [
      ErrorCode,
      ErrorMessage,
      ...ErrorData.flatMap((data) => Object.entries(data).map(([key, value]) => `${key} ${value}`)),
    ]
      .filter((part) => part !== undefined && part !== '')
      .join(', '),
  )
  return [said, ...details].filter((part) => part !== '').join('; ')
}
