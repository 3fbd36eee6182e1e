export { defineJob, type JobDefinition } from './job/define.js'
export type * from './job/job-document.gen.js'
export { validateJob } from './job/validate.js'
