import { type DecimalShape, maxPrecision } from './decimal.js'
import type { ComplexDefinition } from './definition.js'

export type LogicalType =
  | { readonly name: SimpleLogicalName }
  | ({ readonly name: 'decimal'; readonly fixedSizeBytes?: number } & DecimalShape)

export type SimpleLogicalName = keyof typeof underlyingTypes

const underlyingTypes = {
  date: 'int',
  'time-millis': 'int',
  'time-micros': 'long',
  'timestamp-millis': 'long',
  'timestamp-micros': 'long',
  'local-timestamp-millis': 'long',
  'local-timestamp-micros': 'long',
  uuid: 'string',
  duration: 'fixed',
} as const

// Spark's DecimalType and Iceberg's decimal both end here.
const maxTableDecimalPrecision = 38

/**
 * The logical type that annotates a definition. One that Avro doesn't know is undefined: the specification has readers
 * ignore it. A known one that is misused is a problem, where the specification would ignore it as well: a decimal that
 * silently turns into bytes is a table with the wrong column.
 */
export function readLogicalType(
  definition: ComplexDefinition,
): LogicalType | { problem: string } | undefined {
  const { logicalType: name, type } = definition
  if (name === 'decimal') return readDecimal(definition)
  if (typeof name !== 'string' || !Object.hasOwn(underlyingTypes, name)) return undefined
  const underlying = underlyingTypes[name as SimpleLogicalName]
  if (type !== underlying)
    return { problem: `logicalType ${name} annotates ${underlying}, not ${String(type)}` }
  if (name === 'duration' && definition.size !== 12)
    return { problem: `logicalType duration needs a fixed of size 12, got ${String(definition.size)}` }
  return { name: name as SimpleLogicalName }
}

function readDecimal(definition: ComplexDefinition): LogicalType | { problem: string } {
  const { type, precision, scale = 0, size } = definition
  if (type !== 'bytes' && type !== 'fixed')
    return { problem: `logicalType decimal annotates bytes or fixed, not ${String(type)}` }
  if (!isIntegerWithin(precision, 1, maxTableDecimalPrecision))
    return {
      problem: `decimal precision must be an integer from 1 to ${maxTableDecimalPrecision}, got ${String(precision)}`,
    }
  if (!isIntegerWithin(scale, 0, precision))
    return {
      problem: `decimal scale must be an integer from 0 to the precision ${precision}, got ${String(scale)}`,
    }
  if (type === 'bytes') return { name: 'decimal', precision, scale }
  if (typeof size !== 'number' || precision > maxPrecision(size))
    return { problem: `decimal precision ${precision} needs a fixed larger than ${String(size)} bytes` }
  return { name: 'decimal', precision, scale, fixedSizeBytes: size }
}

/** Two logical types with the same signature store the same number for the same value. */
export function signatureOf(logical: LogicalType): string {
  return logical.name === 'decimal' ? `decimal(${logical.precision},${logical.scale})` : logical.name
}

function isIntegerWithin(value: unknown, low: number, high: number): value is number {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high
}
