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
export type * from './job/job-document.gen.js'
export { type JobTableName, jobTables } from './job/tables.js'
export { validateJob } from './job/validate.js'
export { knownReleaseLabels, type OptionGate, type Release, releaseOf } from './releases.js'
export type { ReleaseFacts } from './releases-data.js'
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
