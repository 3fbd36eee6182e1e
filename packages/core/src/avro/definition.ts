/** An Avro schema as JSON: a type name, a union, or a complex type (Avro specification 1.11, "Schema Declaration"). */
export type AvroDefinition = string | readonly AvroDefinition[] | ComplexDefinition

export interface ComplexDefinition {
  readonly type: string
  /** Custom attributes are legal in Avro and kept. */
  readonly [attribute: string]: unknown
}

export interface FieldDefinition {
  readonly name: string
  readonly type: AvroDefinition
  readonly doc?: string
  readonly default?: unknown
  readonly aliases?: readonly string[]
  readonly [attribute: string]: unknown
}

export interface RecordDefinition {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
  readonly aliases?: readonly string[]
  readonly fields: readonly FieldDefinition[]
  readonly [attribute: string]: unknown
}

export const primitiveNames = [
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
] as const

export type PrimitiveName = (typeof primitiveNames)[number]

export function isPrimitiveName(name: unknown): name is PrimitiveName {
  return primitiveNames.includes(name as PrimitiveName)
}
