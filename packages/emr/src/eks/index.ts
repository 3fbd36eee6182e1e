export { type EksTargetOptions, eksTarget } from '../run/targets/eks.js'
export {
  planVirtualCluster,
  type VirtualClusterInput,
  type VirtualClusterRequest,
} from './plan-virtual-cluster.js'
export { virtualClusters } from './virtual-cluster-service.js'
