export { fileStore } from './file-store.js'
export { type LeaseOptions, underLease } from './lease.js'
export { joinLocation, type Location, parseLocation } from './location.js'
export { createObjectStore } from './object-store.js'
export type {
  ByteRange,
  ListedObject,
  ObjectFacts,
  ObjectReader,
  ObjectStore,
  StorageCall,
  StoredObject,
  StreamedObject,
} from './port.js'
export { createS3Store, type S3StoreOptions } from './s3-store.js'
