import type { ConsumedRecord, ProduceRecord } from '@tidewater/core'

/** A record as a reader saw it, bytes in hexadecimal. */
export interface ReadRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly timestampMs: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string])[]
}

/** What readers have to see of the records that a partition begins with. */
export function expected(
  topic: string,
  partition: number,
  records: readonly (ProduceRecord & { readonly timestampMs: number })[],
): ReadRecord[] {
  return records.map(({ timestampMs, ...record }, index) =>
    readRecord(topic, partition, { offset: BigInt(index), timestampMs, key: null, headers: {}, ...record }),
  )
}

export function readRecord(
  topic: string,
  partition: number,
  {
    offset,
    timestampMs,
    key,
    value,
    headers,
  }: Omit<ConsumedRecord, 'headers' | 'key'> & Required<Pick<ProduceRecord, 'key' | 'headers'>>,
): ReadRecord {
  return {
    topic,
    partition,
    offset: String(offset),
    timestampMs: String(timestampMs),
    key: hex(key),
    value: hex(value),
    headers: Object.entries(headers).map(([name, bytes]) => [hex(name), hex(bytes)] as const),
  }
}

function hex(bytes: Uint8Array | string): string
function hex(bytes: Uint8Array | string | null | undefined): string | null
function hex(bytes: Uint8Array | string | null | undefined): string | null {
  return bytes == null ? null : Buffer.from(bytes as Uint8Array).toString('hex')
}

export const inOrder = (records: readonly ReadRecord[]) =>
  [...records].sort((a, b) => a.partition - b.partition || Number(BigInt(a.offset) - BigInt(b.offset)))
