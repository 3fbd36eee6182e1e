import { parseObjectUri } from '../object-uri.js'
import type { LocalObjects } from '../objects.js'
import { type WireRecord, wireRecord, wireRecords } from '../wire-values.js'

export interface StateChange {
  readonly Code?: string
  readonly Message: string
}

export interface ErrorDetail {
  readonly ErrorCode: string
  readonly ErrorData: readonly Readonly<Record<string, string>>[]
  readonly ErrorMessage: string
}

/**
 * Why the nodes of a cluster can't be set up; undefined when they can. Bootstrap actions are looked for and not run: they are written
 * for a node that is nobody else's.
 */
export async function bootstrapFailure(
  request: WireRecord,
  objects: LocalObjects,
): Promise<{ readonly change: StateChange; readonly details: readonly ErrorDetail[] } | undefined> {
  for (const [index, action] of wireRecords(request.BootstrapActions).entries()) {
    const path = String(wireRecord(action.ScriptBootstrapAction).Path)
    const uri = parseObjectUri(path)
    // A local S3 that is being stopped says nothing about the cluster.
    if (uri === undefined || (await objects.has(uri.bucket, uri.prefix).catch(() => true))) continue
    const number = index + 1
    return {
      change: {
        Code: 'BOOTSTRAP_FAILURE',
        Message: `On the master instance, bootstrap action ${number} returned a non-zero return code`,
      },
      details: [
        {
          ErrorCode: 'BOOTSTRAP_FAILURE_BA_DOWNLOAD_FAILED_PRIMARY',
          ErrorData: [{ 'bootstrap-action': String(number) }, { 'amazon-s3-path': path }],
          ErrorMessage: `The primary instance could not download the script of bootstrap action ${number}`,
        },
      ],
    }
  }
  return undefined
}
