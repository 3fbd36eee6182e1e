export { type AthenaEngineOptions, athenaEngine } from './engine.js'
