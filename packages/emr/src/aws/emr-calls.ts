import { callAws } from '@tidewater/core'
import type { TargetCall } from '../run/port.js'
import { emrFailure } from './emr-failure.js'

/** Calls of one client of EMR's services: their errors typed, what may pass tried again. */
export type EmrCalls = <T>(
  action: string,
  call: TargetCall | undefined,
  attempt: () => Promise<T>,
) => Promise<T>

export function emrCalls(
  service: string,
  client: { readonly config: { region(): Promise<string> } },
  endpoint: string | undefined,
): EmrCalls {
  const site = { service, endpoint, region: () => client.config.region(), refine: emrFailure }
  return (action, call = {}, attempt) =>
    callAws(site, attempt, { action, signal: call.signal, maxAttempts: call.maxAttempts })
}

/** The options of a command's `send`. */
export function aborting(call: TargetCall | undefined): { abortSignal?: AbortSignal } {
  return call?.signal === undefined ? {} : { abortSignal: call.signal }
}
