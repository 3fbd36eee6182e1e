import { type Clock, realClock } from '../retry/run.js'
import { fileStore } from './file-store.js'
import { parseLocation } from './location.js'
import type { ObjectStore } from './port.js'
import { createS3Store, type S3StoreOptions } from './s3-store.js'

/**
 * Files and S3 behind one store, told apart by the location. S3's client is made, and `@aws-sdk/client-s3` loaded, at the first
 * location in S3: whoever has files only needs neither.
 */
export function createObjectStore(options: S3StoreOptions = {}, clock: Clock = realClock): ObjectStore {
  let s3: Promise<ObjectStore> | undefined
  const storeOf = (location: string): ObjectStore | Promise<ObjectStore> => {
    if (parseLocation(location).type === 'file') return fileStore
    s3 ??= createS3Store(options, clock)
    return s3
  }
  return {
    head: async (location, call) => (await storeOf(location)).head(location, call),
    get: async (location, call) => (await storeOf(location)).get(location, call),
    open: async (location, call) => (await storeOf(location)).open(location, call),
    put: async (location, bytes, call) => (await storeOf(location)).put(location, bytes, call),
    async *list(folder, call) {
      yield* (await storeOf(folder)).list(folder, call)
    },
    delete: async (location, call) => (await storeOf(location)).delete(location, call),
    close: () =>
      void s3?.then(
        (store) => store.close(),
        () => undefined,
      ),
  }
}
