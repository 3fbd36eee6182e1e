export { AuthToken } from './auth/auth-token.js'
export { type MskIamAuth, mskIam } from './auth/msk-iam.js'
export {
  type AwsCredentials,
  type AwsCredentialsProvider,
  type MskIamOptions,
  regionOfBroker,
  serviceHost,
} from './auth/options.js'
export * from './avro/index.js'
export { type AwsCallOptions, type AwsCallSite, callAws } from './aws/calls.js'
export { type AwsClientOptions, awsClientConfig, awsClientOptionsSchema } from './aws/client-options.js'
export {
  connectionOf,
  type KafkaConnection,
  type KafkaConnectionInput,
  kafkaConnection,
  kafkaConnectionSchema,
} from './config/kafka.js'
export { describeValue, parseConfig } from './config/parse.js'
export {
  type ErrorCode,
  errorCodes,
  messageOf,
  TidewaterError,
  type TidewaterErrorOptions,
  toTidewaterError,
} from './errors.js'
export { type Finding, isAtLeast, type Severity, severities } from './finding.js'
export * from './iam/index.js'
export { defaultTransactionTimeoutMs, deliveryTimeoutBoundsMs } from './kafka/drivers/producer-options.js'
export { checkHeaders, checkTimestamp } from './kafka/drivers/record-check.js'
export { type EnsureTopicOptions, ensureTopic } from './kafka/ensure-topic.js'
export type * from './kafka/port.js'
export { acksLevels, compressions, driverNames } from './kafka/port.js'
export { type ActualTopic, planTopic, type TopicPlan } from './kafka/topic-plan.js'
export { loadPeer } from './load-peer.js'
export type {
  SparkMaintenanceCall,
  SparkMaintenanceRunner,
  SparkOperationResult,
} from './maintenance/spark-runner.js'
export { type AwsSubject, awsErrorName, awsFailure, retryAfterMsOf } from './msk/aws-failure.js'
export { decidePoll, type PollPolicy } from './msk/poll-plan.js'
export { decideRetry, defaultRetryPolicy, type RetryDecision, type RetryPolicy } from './retry/policy.js'
export {
  abortableSleep,
  type Clock,
  type RetryOptions,
  realClock,
  runWithRetry,
  throwIfAborted,
} from './retry/run.js'
