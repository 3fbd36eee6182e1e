export { type Ec2StepTargetOptions, ec2StepTarget } from '../run/targets/ec2-step.js'
