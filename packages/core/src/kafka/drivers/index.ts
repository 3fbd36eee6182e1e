// What every driver shares: for those who write one.
export { admitted } from './admission.js'
export { FrameReader } from './frames.js'
export { acksOnWire, checkProducerOptions } from './producer-options.js'
export {
  brokerError,
  deliveryTimeout,
  type ErrorSubject,
  kafkaCode,
  partitionNotFound,
  producerClosed,
  topicNotFound,
  unreachable,
  withDoubt,
} from './protocol-errors.js'
export { checkRecord, endOfRequest, recordSizeBytes, refusedAsTooLarge } from './record-check.js'
export { securityError } from './security-errors.js'
export { type TlsSettings, tlsSettings } from './tls.js'
