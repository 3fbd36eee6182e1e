import { promisify } from 'node:util'
import { constants, gunzip } from 'node:zlib'
import type { ObjectStore } from '@tidewater/core/storage'
import type { JobLog, TargetCall } from './port.js'

const tailBytes = 65_536

/** The names a log of EMR may have in S3: it is gzipped always, and sometimes called a text first. */
export function logNames(name: string): readonly string[] {
  return [`${name}.gz`, `${name}.txt.gz`]
}

/** The end of the first of these logs that is there. */
export async function firstLog(
  store: ObjectStore,
  locations: readonly string[],
  call: TargetCall = {},
): Promise<JobLog | undefined> {
  for (const location of locations) {
    const found = await store.get(location, { signal: call.signal })
    if (found !== undefined) return { location, text: await tailOfGzip(found.bytes) }
  }
  return undefined
}

/** The objects under a folder whose name matches, those written last first. */
export async function logsUnder(
  store: ObjectStore,
  folder: string,
  wanted: RegExp,
  call: TargetCall = {},
): Promise<string[]> {
  const found: { location: string; modifiedAtMs: number }[] = []
  for await (const one of store.list(folder, { signal: call.signal }))
    if (wanted.test(one.location)) found.push(one)
  return found.sort((one, other) => other.modifiedAtMs - one.modifiedAtMs).map(({ location }) => location)
}

/** The text at the end of gzipped bytes, also of such as are cut off: a log is looked at while it is written. */
export async function tailOfGzip(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength === 0) return ''
  const text = await promisify(gunzip)(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
  return text.subarray(Math.max(0, text.byteLength - tailBytes)).toString('utf8')
}
