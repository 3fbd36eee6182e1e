import { describeValue, messageOf } from '@tidewater/core'
import { damaged } from '../damage.js'

/** An Avro schema with its names resolved; a recursive one is a cycle of objects. */
export type AvroType =
  | { readonly kind: AvroPrimitive; readonly logical?: AvroLogical }
  | { readonly kind: 'fixed'; readonly size: number; readonly logical?: AvroLogical }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord

export interface AvroRecord {
  readonly kind: 'record'
  readonly fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  /** Iceberg's id of the field (Iceberg specification, "Avro": `field-id`). */
  readonly id?: number
  readonly type: AvroType
}

export type AvroPrimitive = (typeof primitives)[number]

/** The annotations that say how a partition value is written out. */
export interface AvroLogical {
  readonly name: string
  readonly precision?: number
  readonly scale?: number
  /** Iceberg's `adjust-to-utc`: a timestamp with a zone. */
  readonly inUtc?: boolean
}

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const

type Json = Readonly<Record<string, unknown>>
type Names = Map<string, AvroType>

/** @throws TidewaterError `METADATA_CORRUPT` */
export function parseAvroSchema(text: string): AvroType {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw damaged('schema', `the header's avro.schema is no JSON: ${messageOf(cause)}`, {}, cause)
  }
  return readType(json, '', new Map())
}

function readType(json: unknown, namespace: string, names: Names): AvroType {
  if (typeof json === 'string') return named(json, namespace, names)
  if (Array.isArray(json)) {
    return { kind: 'union', branches: json.map((branch) => readType(branch, namespace, names)) }
  }
  if (typeof json !== 'object' || json === null) throw invalid(json)
  const schema = json as Json
  switch (schema.type) {
    case 'record':
      return readRecord(schema, namespace, names)
    case 'array':
      return { kind: 'array', items: readType(schema.items, namespace, names) }
    case 'map':
      return { kind: 'map', values: readType(schema.values, namespace, names) }
    case 'enum': {
      if (!Array.isArray(schema.symbols)) throw invalid(schema.symbols)
      return register(schema, namespace, names, { kind: 'enum', symbols: schema.symbols.map(String) })
    }
    case 'fixed': {
      const { size } = schema
      if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(size)
      return register(schema, namespace, names, { kind: 'fixed', size, ...logicalOf(schema) })
    }
    default: {
      const type = readType(schema.type, namespace, names)
      return isPrimitive(type.kind) ? ({ ...type, ...logicalOf(schema) } as AvroType) : type
    }
  }
}

function readRecord(schema: Json, namespace: string, names: Names): AvroType {
  if (!Array.isArray(schema.fields)) throw invalid(schema.fields)
  const fields: AvroField[] = []
  const fullName = fullNameOf(schema, namespace)
  const record = register(schema, namespace, names, { kind: 'record', fields })
  const inside = fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')))
  for (const field of schema.fields as Json[]) {
    if (typeof field?.name !== 'string') throw invalid(field)
    const id = field['field-id']
    fields.push({
      name: field.name,
      ...(typeof id === 'number' ? { id } : {}),
      type: readType(field.type, inside, names),
    })
  }
  return record
}

function register(schema: Json, namespace: string, names: Names, type: AvroType): AvroType {
  names.set(fullNameOf(schema, namespace), type)
  return type
}

/** Avro specification 1.11, "Names". */
function fullNameOf({ name, namespace: own }: Json, namespace: string): string {
  if (typeof name !== 'string') throw invalid(name)
  const space = typeof own === 'string' ? own : namespace
  return name.includes('.') || space === '' ? name : `${space}.${name}`
}

function named(name: string, namespace: string, names: Names): AvroType {
  if (isPrimitive(name)) return { kind: name }
  const known = names.get(fullNameOf({ name }, namespace)) ?? names.get(name)
  if (known === undefined) throw invalid(name)
  return known
}

function isPrimitive(name: string): name is AvroPrimitive {
  return (primitives as readonly string[]).includes(name)
}

function logicalOf(schema: Json): { logical?: AvroLogical } {
  const { logicalType, precision, scale } = schema
  if (typeof logicalType !== 'string') return {}
  return {
    logical: {
      name: logicalType,
      ...(typeof precision === 'number' ? { precision } : {}),
      ...(typeof scale === 'number' ? { scale } : {}),
      ...(schema['adjust-to-utc'] === true ? { inUtc: true } : {}),
    },
  }
}

function invalid(what: unknown) {
  return damaged('schema', `${describeValue(what)} is no Avro schema`)
}
