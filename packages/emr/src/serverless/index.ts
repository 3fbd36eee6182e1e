export { type ServerlessTargetOptions, serverlessTarget } from '../run/targets/serverless.js'
export { type ApplicationInput, serverlessShapeOf } from './application-definition.js'
export { serverlessApplications } from './application-service.js'
export { type ApplicationRequest, planServerlessApplication } from './plan-application.js'
