export type { AthenaOptions } from './aws/athena/athena-options.js'
export type { QueryFailure } from './aws/athena/query-failure.js'
export type { AthenaControl } from './aws/athena/service.js'
export type { AwsOptions } from './aws/aws-options.js'
export type { AwsStack } from './aws/aws-stack.js'
export type { LocalBroker } from './local/broker-control.js'
export {
  type DetachedIam,
  defaultStateFolder,
  type LocalStatus,
  localStatus,
  type StopLocalOptions,
  stopLocal,
  type UpLocalResult,
  upLocal,
} from './local/detached-stack.js'
export type { Decision } from './local/iam/decisions.js'
export type {
  AssumeRoleOptions,
  IamEndpoint,
  LocalIam,
  TemporaryCredentials,
  UserCredentials,
} from './local/iam/local-iam.js'
export type { IamOptions, IamRoleInput, IamUserInput } from './local/iam/options.js'
export type { PolicyDocument } from './local/iam/policy.js'
export type { LocalStackInput, SparkResources } from './local/options.js'
export type { StackRecord } from './local/stack-record.js'
export {
  type LocalAwsStack,
  type LocalIamStack,
  type LocalStack,
  type StackSparkOptions,
  type StartLocalOptions,
  type StopOptions,
  startLocal,
} from './local/start-local.js'
export type { JarBundle, OnProgress, Progress, ProgressStep } from './progress.js'
export { startTcpProxy, type TcpProxy } from './proxy/tcp-proxy.js'
export { type LocalJobTarget, localJobTarget } from './spark/local-job-target.js'
export { localMaintenanceRunner } from './spark/maintenance-runner.js'
export { preparePackaging } from './spark/prepare-packaging.js'
export type { SparkRunOptions } from './spark/run-document.js'
export {
  type JobBatch,
  type JobOutcome,
  type JobTotals,
  type RunJobOptions,
  runJob,
} from './spark/run-job.js'
export {
  type MaintenanceResult,
  type RunMaintenanceOptions,
  runMaintenance,
} from './spark/run-maintenance.js'
export { type QueryRow, type QueryRunner, queryRunner } from './spark/run-queries.js'
export { runSparkModule } from './spark/run-spark-module.js'
export type { SparkEvent, SparkExit, SparkModuleOptions, SparkRun } from './spark/types.js'
export type { Prerequisite, PrerequisiteFinding, PrerequisiteProbes } from './toolchain/prerequisites.mjs'
export { judgePrerequisites, probePrerequisites } from './toolchain/prerequisites.mjs'
export { requirePrerequisites } from './toolchain/require-prerequisites.js'
export {
  type PrepareToolchainOptions,
  preparePython,
  prepareToolchain,
  type Toolchain,
} from './toolchain/toolchain.js'
