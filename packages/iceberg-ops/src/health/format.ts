const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `12.3 MiB`: three digits at most. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${byteUnits[unit]}`
}

export function countText(count: number): string {
  return count.toLocaleString('en-US')
}

/** `12 files`, `1 file`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

export function percentText(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
}

const durations = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** `3.2 d`, `45 s`. */
export function durationText(ms: number): string {
  for (const [unit, length] of durations) {
    if (ms >= length) return `${(ms / length).toFixed(ms >= 10 * length ? 0 : 1)} ${unit}`
  }
  return `${Math.round(ms)} ms`
}

/** An instant in UTC, to the second. */
export function instantText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
