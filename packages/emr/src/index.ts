export { artifactOf, type JobEntry, jobEntries, type SparkArtifact } from './artifact/artifact.js'
export { type PackageSparkOptions, packageSpark } from './artifact/package-spark.js'
export { type PublishedArtifact, publishArtifact } from './artifact/publish.js'
export { type AccessReader, createAccessReader } from './cluster/check-access.js'
export type { ClusterChange, EmrClusterPlan } from './cluster/cluster-plan.js'
export { type EnsureEmrClusterOptions, ensureEmrCluster } from './cluster/ensure-cluster.js'
export type { KafkaAccess } from './cluster/fields.js'
export {
  type IngressRule,
  kafkaIngressFindings,
  type NodeGroups,
  type SecurityGroup,
} from './cluster/kafka-ingress.js'
export { managedTag } from './cluster/managed-tags.js'
export { renderEmrClusterPlan } from './cluster/render-cluster-plan.js'
export { type NeededRole, roleTrustFindings } from './cluster/role-trust.js'
export {
  type AccessNeeds,
  type ActualCluster,
  type ClusterKind,
  type ClusterPhase,
  type ClusterService,
  clusterKinds,
  type Decision,
  type DesiredCluster,
} from './cluster/service.js'
export {
  describeEmrCluster,
  listEmrClusters,
  type TerminatedCluster,
  terminateEmrCluster,
} from './cluster/terminate-cluster.js'
export {
  type EmrClusterProgress,
  type WaitForClusterOptions,
  waitUntilEnded,
  waitUntilReady,
} from './cluster/wait-until-ready.js'
export { jobOverrides } from './conf/job-overrides.js'
export type { BatchTuning, StreamingTuning } from './conf/options.js'
export { renderTunedConf } from './conf/render-tuned-conf.js'
export { tuneBatch, tuneStreaming } from './conf/tune.js'
export {
  type OverriddenEntry,
  sparkConfOf,
  type TunedConf,
  type TunedEntry,
  type TunedScope,
  tunedJob,
} from './conf/tuned-conf.js'
export { defineJob, type JobDefinition } from './job/define.js'
export { errorOfFailedEvent, type FailedEvent } from './job/failed-event.js'
export type * from './job/job-document.gen.js'
export { type JobTableName, jobTables } from './job/tables.js'
export { validateJob } from './job/validate.js'
export { knownReleaseLabels, type OptionGate, type Release, releaseOf } from './releases.js'
export type { ReleaseFacts } from './releases-data.js'
export { attachJob } from './run/attach.js'
export type {
  CallOptions,
  HandleContext,
  JobEnd,
  JobHandle,
  JobReference,
  StopJobOptions,
  WaitForJobOptions,
} from './run/handle.js'
export type { JobIdentity, JobKind } from './run/identity.js'
export { type MaintenanceRunnerOptions, maintenanceRunner } from './run/maintenance-runner.js'
export {
  hasEnded,
  type JobLog,
  type JobState,
  type JobStatus,
  type JobTarget,
  type Submission,
  type TargetRun,
} from './run/port.js'
export type { JobProgress, QueryProgress } from './run/progress.js'
export {
  type PlannedReplacement,
  planReplacement,
  type Replacement,
  type ReplaceOptions,
  replaceJob,
} from './run/replace.js'
export type { JobChange } from './run/replacement-plan.js'
export type { SubmissionPlan } from './run/submission-plan.js'
export {
  type MaintenanceDocument,
  type PlannedSubmission,
  planJobSubmission,
  type SubmitOptions,
  submitBackfill,
  submitMaintenance,
  submitStreamingJob,
} from './run/submit.js'
export { type LocalTargetOptions, localTarget } from './run/targets/local.js'
export type { SizeInput } from './size/options.js'
export { renderSizing } from './size/render-sizing.js'
export { sizeJob } from './size/size-job.js'
export type {
  ComputeLimits,
  CoreNeed,
  Cost,
  Ec2Sizing,
  InstanceFleet,
  InstanceGroup,
  Process,
  ServerlessSizing,
  Sizing,
} from './size/sizing.js'
export type { Source, Trust } from './sources.js'
