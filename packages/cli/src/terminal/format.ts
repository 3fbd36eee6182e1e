/** A bar of `width` cells, `share` of them filled. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, share)) * width)
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`
}

/** A count with thousands separators. */
export function count(value: number | bigint): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** `12.3 s`; from two minutes on `3 min 04 s`. */
export function seconds(value: number): string {
  if (value < 120) return `${value.toFixed(1)} s`
  return `${Math.floor(value / 60)} min ${String(Math.floor(value % 60)).padStart(2, '0')} s`
}

/** `1.5 MiB`. */
export function bytes(value: number | bigint): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let amount = Number(value)
  let unit = 0
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit += 1
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`
}

/** Rows under a header, columns aligned; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const isNumeric = header.map((_, column) =>
    rows.every((row) => /^-?[\d,.]+( \S+)?$/.test(row[column] ?? '')),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(header), ...rows.map(line)].map((text) => `  ${text}\n`).join('')
}
