import type { z } from 'zod'
import { type ErrorCode, TidewaterError } from '../errors.js'

/**
 * Validates `input` once, at construction, and returns the frozen configuration with its defaults filled in.
 *
 * @throws TidewaterError `CONFIG_INVALID` (or `code`) naming every wrong option with its value and the limit.
 */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  input: unknown,
  subject: string,
  code: ErrorCode = 'CONFIG_INVALID',
): Readonly<z.output<S>> {
  const result = schema.safeParse(input, { reportInput: true })
  if (result.success) return Object.freeze(result.data) as Readonly<z.output<S>>
  const problems = result.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    problem: issue.message,
    value: describeValueAt(issue.path, issue.input),
  }))
  const text = problems
    .map(({ path, problem, value }) => `${path || '(root)'}: ${problem}, got ${value}`)
    .join('; ')
  throw new TidewaterError(code, `Invalid ${subject}: ${text}`, {
    remedy: `Correct ${problems.map(({ path }) => path || subject).join(', ')}.`,
    details: { problems },
  })
}

/** A value for an error message, unless a name on its path says that it is a secret: a wrong one is a secret still. */
export function describeValueAt(path: readonly PropertyKey[], value: unknown): string {
  const isSecret = path.some((name) => /secret|password|token|credential|accesskey/i.test(String(name)))
  return isSecret && value !== undefined ? '(hidden)' : describeValue(value)
}

/** A short, safe rendering of a value for an error message: at most 80 characters. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return clip(JSON.stringify(value))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return clip(`an array of ${value.length}`)
  if (typeof value === 'object' && value !== null)
    return clip(`an object with ${Object.keys(value).join(', ') || 'no fields'}`)
  return String(value)
}

function clip(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
