const dayMs = 86_400_000

// The days a JavaScript Date can hold (ECMA-262, "Time Values and Time Range").
const maxDays = 100_000_000

/** Days since 1970-01-01 of a proleptic Gregorian `YYYY-MM-DD`; undefined when the text isn't such a date. */
export function parseCalendarDate(text: string): number | undefined {
  if (!/^(?:\d{4}|[+-]\d{6})-\d{2}-\d{2}$/.test(text)) return undefined
  const epochMs = Date.parse(`${text}T00:00:00.000Z`)
  if (Number.isNaN(epochMs)) return undefined
  const days = epochMs / dayMs
  // Date.parse rolls 2025-02-30 over to March.
  return formatCalendarDate(days) === text ? days : undefined
}

/** `YYYY-MM-DD`, or ECMAScript's `±YYYYYY-MM-DD` outside the years 0 to 9999; undefined beyond the range of Date. */
export function formatCalendarDate(days: number): string | undefined {
  if (Math.abs(days) > maxDays) return undefined
  return new Date(days * dayMs).toISOString().slice(0, -'T00:00:00.000Z'.length)
}
