export {
  type ArnScope,
  type ClusterArn,
  kafkaArn,
  type Partition,
  parseClusterArn,
  partitionOf,
} from './arn.js'
export { checkPolicy } from './check.js'
export type { IamPolicy, PolicyDocument, PolicyStatement, StatementExplanation } from './policy.js'
export { type PolicyRequest, type PolicyRole, policyRoles } from './policy-request.js'
export { iamPolicy } from './roles.js'
