export type { StackIam } from './account.js'
export {
  type CredentialSource,
  type CredentialSourceOptions,
  startContainerCredentials,
} from './container-credentials.js'
export { accessDenied, type InjectedFault, type InjectionOptions, throttled } from './injected-faults.js'
export { type InstanceMetadataOptions, startInstanceMetadata } from './instance-metadata.js'
export {
  type LocalClusterOptions,
  localCluster,
  type Transition,
  type WireCluster,
} from './kafka-clusters.js'
export { type KafkaServiceOptions, kafkaService, type WireBootstrapBrokers } from './kafka-service.js'
export { type LocalAws, type LocalAwsOptions, startLocalAws } from './local-aws.js'
export { type AwsEndpoint, type AwsEndpointOptions, type ServedRequest, startAwsEndpoint } from './server.js'
export { type AwsFault, type AwsIdentity, type AwsService, fault } from './service.js'
export { type SsoPortal, startSsoPortal } from './sso-portal.js'
export { type StsServiceOptions, stsService } from './sts-service.js'
export type {
  CredentialsRequest,
  IssueCredentials,
  RefusedCredentials,
  TemporaryCredentials,
} from './temporary-credentials.js'
