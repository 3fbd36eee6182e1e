import type { AvroLogical, AvroType } from '../avro/schema.js'
import type { PartitionField } from '../table/model.js'

export type PartitionValue = null | boolean | number | bigint | string | Uint8Array

interface NamedField extends PartitionField {
  /** How the manifest encodes the value: its annotations tell a date from a number. */
  readonly type: AvroType | undefined
}

/**
 * The path that Iceberg's Java library makes of a partition (`PartitionSpec.partitionToPath`), empty where all fields were
 * dropped: version 1 keeps them as `void`, and files lie as in an unpartitioned table.
 */
export function partitionName(fields: readonly NamedField[], values: readonly PartitionValue[]): string {
  if (fields.every(({ transform }) => transform === 'void')) return ''
  return fields
    .map((field, at) => `${escapeUrl(field.name)}=${escapeUrl(textOf(field, values[at] ?? null))}`)
    .join('/')
}

function textOf({ transform, type }: NamedField, value: PartitionValue): string {
  if (value === null) return 'null'
  if (typeof value === 'number') {
    switch (transform) {
      case 'year':
        return padded(1970 + value, 4)
      case 'month':
        return `${padded(1970 + Math.floor(value / 12), 4)}-${padded(modulo(value, 12) + 1, 2)}`
      case 'day':
        return dateText(value)
      case 'hour':
        return `${dateText(Math.floor(value / 24))}-${padded(modulo(value, 24), 2)}`
    }
  }
  return valueText(value, logicalOf(type))
}

function valueText(value: Exclude<PartitionValue, null>, logical: AvroLogical | undefined): string {
  switch (logical?.name) {
    case 'date':
      return dateText(Number(value))
    case 'time-micros':
      return timeText(BigInt(value as number), 6)
    case 'timestamp-millis':
      return timestampText(BigInt(value as number), 3, logical)
    case 'timestamp-micros':
      return timestampText(BigInt(value as number), 6, logical)
    case 'timestamp-nanos':
      return timestampText(BigInt(value as number), 9, logical)
    case 'decimal':
      return decimalText(value as Uint8Array, logical.scale ?? 0)
    case 'uuid':
      return uuidText(value as Uint8Array)
  }
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value)
}

function logicalOf(type: AvroType | undefined): AvroLogical | undefined {
  if (type === undefined) return undefined
  if (type.kind === 'union') return logicalOf(type.branches.find(({ kind }) => kind !== 'null'))
  return 'logical' in type ? type.logical : undefined
}

const dayMs = 86_400_000

function dateText(days: number): string {
  const date = new Date(days * dayMs)
  if (Number.isNaN(date.getTime())) return String(days)
  return `${padded(date.getUTCFullYear(), 4)}-${padded(date.getUTCMonth() + 1, 2)}-${padded(date.getUTCDate(), 2)}`
}

/** @param digits of the fraction of a second that the value counts */
function timestampText(value: bigint, digits: number, { inUtc }: AvroLogical): string {
  const perDay = 86_400n * 10n ** BigInt(digits)
  const rest = ((value % perDay) + perDay) % perDay
  return `${dateText(Number((value - rest) / perDay))}T${timeText(rest, digits)}${inUtc === true ? '+00:00' : ''}`
}

/** ISO 8601, without seconds and fractions that are zero, in groups of three digits, as Java writes it. */
function timeText(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits)
  const seconds = value / unit
  const fraction = (value % unit)
    .toString()
    .padStart(digits, '0')
    .replace(/(?:000)+$/, '')
  const time = `${padded(Number(seconds / 3600n), 2)}:${padded(Number((seconds / 60n) % 60n), 2)}`
  const second = seconds % 60n
  if (fraction === '') return second === 0n ? time : `${time}:${padded(Number(second), 2)}`
  return `${time}:${padded(Number(second), 2)}.${fraction}`
}

/** Two's complement, big-endian. */
function decimalText(bytes: Uint8Array, scale: number): string {
  const unsigned = bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  const value = BigInt.asIntN(8 * bytes.length, unsigned)
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** As `java.net.URLEncoder` does it. */
function escapeUrl(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

function padded(value: number, digits: number): string {
  return value < 0 ? `-${String(-value).padStart(digits, '0')}` : String(value).padStart(digits, '0')
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
