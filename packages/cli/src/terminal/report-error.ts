import { type ErrorCode, messageOf, type TidewaterError, toTidewaterError } from '@tidewater/core'
import type { CliIo } from '../io.js'

/** 0 done, 1 failed, 2 wrong usage, 3 findings at or above `--fail-on`, 130 interrupted. */
export const exitCodes = { done: 0, failed: 1, usage: 2, findings: 3, interrupted: 130 } as const

// What the caller wrote is wrong; running it again without a correction is pointless.
const usageCodes: readonly ErrorCode[] = [
  'USAGE',
  'CONFIG_INVALID',
  'SCHEMA_INVALID',
  'JOB_INVALID',
  'PLAN_INVALID',
  'DRIVER_UNSUPPORTED_OPTION',
]

/** Prints an error with its code, cause and remedy on stderr and returns the exit code. */
export function reportError(io: CliIo, thrown: unknown): number {
  const error = toTidewaterError(thrown)
  if (error.code === 'ABORTED') {
    io.stderr('Interrupted.\n')
    return exitCodes.interrupted
  }
  io.stderr(renderError(error))
  // What was interrupted may have failed all the same, such as records that could not be delivered any more.
  if (io.signal.aborted) return exitCodes.interrupted
  // A failure we did not foresee is a defect: its place is what a bug report needs.
  if (error.code === 'INTERNAL' && thrown instanceof Error) io.stderr(`${thrown.stack}\n`)
  return usageCodes.includes(error.code) ? exitCodes.usage : exitCodes.failed
}

function renderError(error: TidewaterError): string {
  const lines = [`error ${error.code}: ${error.message}`]
  if (error.cause !== undefined && messageOf(error.cause) !== error.message)
    lines.push(`  cause: ${messageOf(error.cause)}`)
  if (error.remedy !== undefined) lines.push(`  remedy: ${error.remedy}`)
  return `${lines.join('\n')}\n`
}

/** One JSON document on stdout; 64-bit integers become strings, because JSON numbers would lose digits. */
export function writeJson(io: CliIo, document: unknown): void {
  io.stdout(`${stringify(document)}\n`)
}

export function stringify(document: unknown): string {
  return JSON.stringify(
    document,
    (_, value: unknown) => (typeof value === 'bigint' ? exactNumber(value) : value),
    2,
  )
}

function exactNumber(value: bigint): number | string {
  const asNumber = Number(value)
  return Number.isSafeInteger(asNumber) ? asNumber : value.toString()
}
