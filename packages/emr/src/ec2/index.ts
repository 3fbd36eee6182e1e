export { type Ec2StepTargetOptions, ec2StepTarget } from '../run/targets/ec2-step.js'
export { type Ec2ClusterInput, ec2ShapeOf } from './cluster-definition.js'
export { ec2Clusters } from './cluster-service.js'
export { planEc2Cluster } from './plan-cluster.js'
