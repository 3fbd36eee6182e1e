import { withManagedTags } from '../../src/cluster/managed-tags.js'
import type { ActualCluster, DesiredCluster } from '../../src/cluster/service.js'
import { type Ec2ClusterInput, ec2ShapeOf } from '../../src/ec2/cluster-definition.js'
import { sizeJob } from '../../src/index.js'

/** As small as a cluster may be. */
export const smallCluster = {
  name: 'flows',
  release: 'emr-7.13.0',
  instanceGroups: [
    { InstanceRole: 'MASTER', InstanceType: 'm6g.xlarge', InstanceCount: 1 },
    { InstanceRole: 'CORE', InstanceType: 'm6g.xlarge', InstanceCount: 2 },
  ],
  subnetIds: ['subnet-0a1b'],
  logLocation: 's3://tidewater/logs/',
  serviceRole: 'EMR_DefaultRole',
  instanceProfile: 'EMR_EC2_DefaultRole',
} satisfies Ec2ClusterInput

/** Sized for a load, with all there is to say. */
export function fullCluster(): Ec2ClusterInput {
  const size = sizeJob({
    partitions: 64,
    recordsPerSecond: 800_000,
    recordBytes: 152,
    capacity: 'fleets',
    spot: true,
  })
  if (size.target !== 'ec2') throw new Error('sized for EC2')
  const { instanceGroups: _, ...rest } = smallCluster
  return {
    ...rest,
    ...ec2ShapeOf(size),
    subnetIds: ['subnet-0a1b', 'subnet-0c2d'],
    runtimeRoles: true,
    securityGroups: { primary: 'sg-0f1', coreAndTask: 'sg-0f2', additional: ['sg-0f3'] },
    kafka: { securityGroupIds: ['sg-0b1'] },
    bootstrapActions: [{ name: 'agent', location: 's3://tidewater/install.sh', arguments: ['--quiet'] }],
    autoTerminateAfterIdleMinutes: 60,
    terminationProtection: true,
    configurations: [{ classification: 'yarn-site', properties: { 'yarn.log-aggregation-enable': 'true' } }],
    tags: { team: 'flows' },
  }
}

/** The cluster that a request has made. */
export function madeFrom(desired: DesiredCluster, change: Partial<ActualCluster> = {}): ActualCluster {
  return {
    id: 'j-1',
    name: desired.name,
    state: 'WAITING',
    phase: 'ready',
    reason: '',
    tags: withManagedTags({}, desired.definitionHash),
    settings: desired.settings,
    createdAtMs: 1,
    ...change,
  }
}
