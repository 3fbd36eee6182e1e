import type { Partition } from '../metadata/manifest/partition.js'
import type { PartitionValue } from '../metadata/manifest/partition-name.js'
import type { PartitionField, SchemaField, TableMetadata } from '../metadata/table/model.js'
import type { Literal, Predicate } from '../statement/predicate.js'

/**
 * What selects a partition's files by the table's columns (Iceberg specification, "Partition Transforms"); null where nothing
 * does: buckets, texts cut short, nested columns, and values that SQL has no literal for here.
 */
export function partitionPredicate(
  { specId, values }: Partition,
  { partitionSpecs, schemas, currentSchemaId }: TableMetadata,
): Predicate | null {
  const spec = partitionSpecs.find((one) => one.specId === specId)
  const schema = schemas.find(({ schemaId }) => schemaId === currentSchemaId)
  if (spec === undefined || schema === undefined) return null
  const parts: Predicate[] = []
  for (const [at, field] of spec.fields.entries()) {
    if (field.transform === 'void') continue
    const column = schema.fields.find(({ id }) => id === field.sourceIds[0])
    const part = column === undefined ? null : fieldPredicate(field, column, values[at] ?? null)
    if (part === null) return null
    parts.push(part)
  }
  const [first, ...rest] = parts
  if (first === undefined) return null
  return rest.length === 0 ? first : { and: [first, ...rest] }
}

const dayMs = 86_400_000

function fieldPredicate(
  { transform }: PartitionField,
  column: SchemaField,
  value: PartitionValue,
): Predicate | null {
  const { name } = column
  if (value === null) return { column: name, is: 'null' }
  if (transform === 'identity') {
    const literal = identityLiteral(column, value)
    return literal === null ? null : { column: name, is: '=', value: literal }
  }
  if (typeof value !== 'number') return null
  switch (transform) {
    case 'year':
      return between(column, Date.UTC(1970 + value, 0), Date.UTC(1971 + value, 0))
    case 'month':
      return between(column, Date.UTC(1970, value), Date.UTC(1970, value + 1))
    case 'day':
      return between(column, value * dayMs, (value + 1) * dayMs)
    case 'hour':
      return between(column, value * 3_600_000, (value + 1) * 3_600_000)
  }
  const width = Number(/^truncate\[(\d+)\]$/.exec(transform)?.[1])
  if (!(width > 0) || (column.type !== 'int' && column.type !== 'long')) return null
  return range(name, value, value + width)
}

function between({ name, type }: SchemaField, fromMs: number, toMs: number): Predicate | null {
  switch (type) {
    case 'date':
      return range(name, { date: dayOf(fromMs) }, { date: dayOf(toMs) })
    case 'timestamptz':
      return range(name, { timestampMs: fromMs }, { timestampMs: toMs })
    case 'timestamp':
      return range(name, { localTimestampMs: fromMs }, { localTimestampMs: toMs })
    default:
      return null
  }
}

function range(column: string, from: Literal, to: Literal): Predicate {
  return {
    and: [
      { column, is: '>=', value: from },
      { column, is: '<', value: to },
    ],
  }
}

function identityLiteral({ type }: SchemaField, value: Exclude<PartitionValue, null>): Literal | null {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'int':
    case 'long':
      return typeof value === 'number' || typeof value === 'bigint' ? value : null
    case 'date':
      return typeof value === 'number' ? { date: dayOf(value * dayMs) } : null
    case 'timestamptz':
    case 'timestamp': {
      const ms = Number(value) / 1_000
      if (!Number.isInteger(ms)) return null
      return type === 'timestamp' ? { localTimestampMs: ms } : { timestampMs: ms }
    }
    default:
      return null
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
