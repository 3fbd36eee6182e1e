export { defineJob, type JobDefinition } from './job/define.js'
export type * from './job/job-document.gen.js'
export { type JobTableName, jobTables } from './job/tables.js'
export { validateJob } from './job/validate.js'
