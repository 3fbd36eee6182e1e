/** JSON as it came over the wire. */
export type WireRecord = Readonly<Record<string, unknown>>

export function isWireRecord(value: unknown): value is WireRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function wireRecord(value: unknown): WireRecord {
  return isWireRecord(value) ? value : {}
}

export function wireRecords(value: unknown): readonly WireRecord[] {
  return Array.isArray(value) ? value.filter(isWireRecord) : []
}

export function wireStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** undefined for an absent or empty text. */
export function wireString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Strings by string, such as tags. */
export function wireMap(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(wireRecord(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

/** The object in a body; empty when there is none. */
export function wireBody(body: Buffer): WireRecord {
  try {
    return wireRecord(JSON.parse(body.toString('utf8')))
  } catch {
    return {}
  }
}

/** A page of a list, and the marker of the next one. A marker says how many came before. */
export function pageOf<T>(
  items: readonly T[],
  marker: unknown,
  size: number,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const start = Number(wireString(marker) ?? 0)
  const end = start + size
  return { items: items.slice(start, end), next: end < items.length ? String(end) : undefined }
}

/** How AWS JSON writes an instant. */
export function epochSeconds(atMs: number | undefined): number | undefined {
  return atMs === undefined ? undefined : atMs / 1_000
}
