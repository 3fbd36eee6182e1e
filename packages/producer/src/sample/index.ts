export {
  type NetflowGenerator,
  type NetflowGeneratorOptions,
  type NetflowRecord,
  netflowGenerator,
} from './netflow-generator.js'
export { netflowSchema } from './netflow-schema.js'
