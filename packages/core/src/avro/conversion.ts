import { formatCalendarDate, parseCalendarDate } from './calendar-date.js'
import { decodeUnscaled, encodeUnscaled, formatDecimal, parseDecimal } from './decimal.js'
import type { AvroDuration } from './infer-logical.js'
import { type LogicalType, type SimpleLogicalName, signatureOf } from './logical.js'
import { isPlainObject, type ValueKind } from './value-kind.js'

/** Between the value a user sees and the one avsc writes for the underlying type. Undefined means "not valid". */
export interface Conversion {
  readonly kind: ValueKind
  /** How an error names what was expected. */
  readonly expected: string
  /** The logical type's signature; a writer that states another can't be read as this one. */
  readonly signature?: string
  toAvro(value: unknown): unknown
  fromAvro(stored: unknown): unknown
}

// ECMA-262, "Time Values and Time Range".
const maxDateMs = 8_640_000_000_000_000

export function conversionFor(logical: LogicalType): Conversion {
  if (logical.name !== 'decimal') return { signature: logical.name, ...simple[logical.name] }
  const signature = signatureOf(logical)
  return {
    kind: 'string',
    signature,
    expected: `${signature} as a string`,
    toAvro: (value) => {
      const unscaled = typeof value === 'string' ? parseDecimal(value, logical) : undefined
      return unscaled === undefined ? undefined : encodeUnscaled(unscaled, logical.fixedSizeBytes)
    },
    fromAvro: (stored) => {
      const unscaled = decodeUnscaled(stored as Uint8Array)
      return unscaled === undefined ? undefined : formatDecimal(unscaled, logical)
    },
  }
}

const simple: Record<SimpleLogicalName, Conversion> = {
  date: {
    kind: 'string',
    expected: 'date as "YYYY-MM-DD"',
    toAvro: (value) => (typeof value === 'string' ? parseCalendarDate(value) : undefined),
    fromAvro: (stored) => formatCalendarDate(stored as number),
  },
  'timestamp-millis': {
    kind: 'date',
    expected: 'timestamp-millis as a valid Date',
    toAvro: (value) => {
      const epochMs = value instanceof Date ? value.getTime() : Number.NaN
      return Number.isNaN(epochMs) ? undefined : epochMs
    },
    fromAvro: (stored) => (Math.abs(stored as number) <= maxDateMs ? new Date(stored as number) : undefined),
  },
  // A Date has no microseconds.
  'timestamp-micros': bigintOf('timestamp-micros'),
  // A Date is an instant; a local timestamp is none until someone names a zone.
  'local-timestamp-millis': integerWithin(
    'local-timestamp-millis',
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  ),
  'local-timestamp-micros': bigintOf('local-timestamp-micros'),
  'time-millis': integerWithin('time-millis', 0, 86_399_999),
  'time-micros': integerWithin('time-micros', 0, 86_399_999_999),
  uuid: {
    kind: 'string',
    expected: 'uuid',
    toAvro: uuidOrUndefined,
    fromAvro: uuidOrUndefined,
  },
  duration: {
    kind: 'object',
    expected: 'duration as { months, days, milliseconds }, each an unsigned 32-bit integer',
    toAvro: (value) => {
      if (!isPlainObject(value)) return undefined
      const parts = [value.months, value.days, value.milliseconds]
      if (!parts.every(isUnsigned32)) return undefined
      const stored = Buffer.alloc(12)
      for (const [index, part] of parts.entries()) stored.writeUInt32LE(part as number, index * 4)
      return stored
    },
    fromAvro: (stored): AvroDuration => {
      const bytes = stored as Buffer
      return {
        months: bytes.readUInt32LE(0),
        days: bytes.readUInt32LE(4),
        milliseconds: bytes.readUInt32LE(8),
      }
    },
  },
}

function integerWithin(name: string, low: number, high: number): Conversion {
  const check = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high ? value : undefined
  return {
    kind: 'number',
    expected: `${name} as an integer from ${low} to ${high}`,
    toAvro: check,
    fromAvro: check,
  }
}

function bigintOf(name: string): Conversion {
  return {
    kind: 'bigint',
    expected: `${name} as a 64-bit bigint`,
    toAvro: (value) => (typeof value === 'bigint' ? value : undefined),
    fromAvro: (stored) => stored,
  }
}

function uuidOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? value
    : undefined
}

function isUnsigned32(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff
}
