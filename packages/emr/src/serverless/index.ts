export { type ServerlessTargetOptions, serverlessTarget } from '../run/targets/serverless.js'
