import type { TidewaterError } from '@tidewater/core'
import { errorOfFailedEvent } from '@tidewater/emr'
import type { SparkEvent } from './types.js'

/** The event in a line of standard output; undefined for anything else. */
export function parseEvent(line: string): SparkEvent | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isEvent(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isEvent(value: unknown): value is SparkEvent {
  return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string'
}

/** The error a `failed` event stands for; undefined for another event. Its further fields become details. */
export function failureOf(event: SparkEvent, module: string, logFile: string): TidewaterError | undefined {
  if (event.event !== 'failed') return undefined
  return errorOfFailedEvent(event, module, {
    remedy: `Read the log: ${logFile}`,
    details: { module, logFile },
  })
}
