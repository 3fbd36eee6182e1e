import { describeValue, TidewaterError } from '@tidewater/core'

/**
 * A constant of a predicate. Dates are `YYYY-MM-DD`, timestamps milliseconds since the epoch; local ones, of columns without a
 * time zone, as if they were in UTC.
 */
export type Literal =
  | string
  | number
  | bigint
  | boolean
  | { readonly date: string }
  | { readonly timestampMs: number }
  | { readonly localTimestampMs: number }

/** Which files an operation is about: a tree, so that no name and no value ever becomes SQL by itself. */
export type Predicate =
  | {
      readonly column: string
      readonly is: '=' | '<>' | '<' | '<=' | '>' | '>='
      readonly value: Literal
    }
  | { readonly column: string; readonly is: 'in'; readonly values: readonly [Literal, ...Literal[]] }
  | { readonly column: string; readonly is: 'null' | 'not null' }
  | { readonly and: readonly [Predicate, ...Predicate[]] }
  | { readonly or: readonly [Predicate, ...Predicate[]] }
  | { readonly not: Predicate }

/** How an engine writes what a predicate is made of. */
export interface PredicateDialect {
  identifier(name: string): string
  text(value: string): string
  /** @param iso UTC, to the millisecond, such as `2026-01-31T12:00:00.000Z` */
  timestamp(iso: string): string
  /** @param local to the millisecond, such as `2026-01-31 12:00:00.000` */
  localTimestamp(local: string): string
}

/** @throws TidewaterError `CONFIG_INVALID` for a value that SQL has no literal for */
export function renderPredicate(predicate: Predicate, dialect: PredicateDialect): string {
  if ('and' in predicate) return joined(predicate.and, 'AND', dialect)
  if ('or' in predicate) return joined(predicate.or, 'OR', dialect)
  if ('not' in predicate) return `NOT (${renderPredicate(predicate.not, dialect)})`
  const column = dialect.identifier(predicate.column)
  if ('value' in predicate) return `${column} ${predicate.is} ${renderLiteral(predicate.value, dialect)}`
  if (!('values' in predicate)) return `${column} IS ${predicate.is === 'null' ? 'NULL' : 'NOT NULL'}`
  if (predicate.values.length === 0) throw emptyList(`values of ${describeValue(predicate.column)}`)
  return `${column} IN (${predicate.values.map((value) => renderLiteral(value, dialect)).join(', ')})`
}

/** The columns that a predicate names, each once. */
export function columnsOf(predicate: Predicate): string[] {
  if ('and' in predicate) return unique(predicate.and.flatMap(columnsOf))
  if ('or' in predicate) return unique(predicate.or.flatMap(columnsOf))
  return 'not' in predicate ? columnsOf(predicate.not) : [predicate.column]
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}

function joined(parts: readonly Predicate[], word: 'AND' | 'OR', dialect: PredicateDialect): string {
  if (parts.length === 0) throw emptyList(`list of ${word}`)
  return parts.map((part) => `(${renderPredicate(part, dialect)})`).join(` ${word} `)
}

/** @throws TidewaterError `CONFIG_INVALID` for a value that SQL has no literal for */
export function renderLiteral(value: Literal, dialect: PredicateDialect): string {
  if (typeof value === 'string') return dialect.text(value)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (typeof value === 'bigint') return inLong(value)
  if (typeof value === 'number') return finite(value)
  if ('date' in value) return `DATE ${dialect.text(calendarDay(value.date))}`
  if ('localTimestampMs' in value)
    return dialect.localTimestamp(instant(value.localTimestampMs).replace('T', ' ').replace('Z', ''))
  return dialect.timestamp(instant(value.timestampMs))
}

const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n

function inLong(value: bigint): string {
  if (value >= longMin && value <= longMax) return String(value)
  throw unusable(`${value}`, 'Give a value of 64 bits.')
}

function finite(value: number): string {
  if (!Number.isFinite(value)) throw unusable(String(value), 'Give a finite number.')
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw unusable(String(value), 'Give integers beyond 2^53 as bigint.')
  // With an exponent a literal is a double in both engines, and so the column is compared as one.
  return String(value)
}

function calendarDay(day: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day) && new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) === day
  if (isDay) return day
  throw unusable(describeValue(day), 'Give a day of the calendar as YYYY-MM-DD.')
}

function instant(ms: number): string {
  const date = new Date(ms)
  const year = date.getUTCFullYear()
  if (Number.isInteger(ms) && year >= 1 && year <= 9999) return date.toISOString()
  throw unusable(String(ms), 'Give milliseconds since the epoch, of the years 1 to 9999.')
}

function unusable(value: string, remedy: string): TidewaterError {
  return new TidewaterError('CONFIG_INVALID', `Not a usable value of a predicate: ${value}`, { remedy })
}

function emptyList(what: string): TidewaterError {
  return new TidewaterError('CONFIG_INVALID', `The ${what} in a predicate is empty`, {
    remedy: 'Name at least one.',
  })
}
