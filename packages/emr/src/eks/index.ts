export { type EksTargetOptions, eksTarget } from '../run/targets/eks.js'
